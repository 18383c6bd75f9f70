/* Four looks: small variants side by side as they paint; one is chosen, and painted large. */

import { api, urls } from "./api.js";
import { button, el } from "./dom.js";
import { allJobs, asking, onJobs, readJob, readJobs } from "./jobs.js";
import { trouble } from "./notice.js";
import { progress } from "./progress.js";
import { askedAgain, openAsked } from "./recipe.js";
import { isLive, plain, sentence } from "./words.js";

/** Fill `main` with the looks of a group; returns how to end it. */
export async function looksView(main, group) {
  if (!allJobs().some((job) => job.group === group)) await readJobs();
  const ids = allJobs().filter((job) => job.group === group).map(({ id }) => id).reverse();
  const jobs = await Promise.all(ids.map(readJob));
  if (!jobs.length) {
    main.replaceChildren(absent());
    return () => {};
  }
  let chosen = null;
  const choose = async (job) => {
    chosen = job;
    show();
    await openAsked(job);
  };
  const cards = jobs.map((job) => [job, card(job, () => choose(job))]);
  const large = button({ text: "Paint large", kind: "first" });
  const take = button({ text: "Change settings", kind: "second", onClick: () => (location.hash = "#/start") });
  const stop = button({ text: "Stop", kind: "link", title: "Paint these no further", onClick: () => jobs.forEach(({ id }) => asking(() => api.cancel(id)).catch(trouble)) });
  const hint = el("p", { class: "quiet" });
  large.addEventListener("click", async () => {
    try {
      const job = await asking(() => api.paint(askedAgain(chosen)));
      // What is not wanted any more need not be painted.
      for (const other of jobs) if (isLive(now(other.id))) asking(() => api.cancel(other.id)).catch(() => {});
      location.hash = `#/job/${job.id}`;
    } catch (error) {
      trouble(error);
    }
  });
  const head = el("div", { class: "page-head" }, el("div", {}, el("h1", { text: "Four looks" }), hint), el("div", { class: "head-buttons" }, stop, take, large));
  const grid = el("div", { class: "looks-grid", role: "radiogroup", "aria-label": "Looks" }, cards.map(([, { node }]) => node));
  main.replaceChildren(el("div", { class: "looks" }, head, grid));

  const now = (id) => allJobs().find((job) => job.id === id) || {};
  const show = () => {
    for (const [job, { show: put }] of cards) put({ ...job, ...now(job.id) }, chosen === job);
    stop.hidden = !jobs.some(({ id }) => isLive(now(id)));
    large.disabled = take.disabled = !chosen;
    hint.textContent = chosen ? `${chosen.look.name}: ${said(chosen.look.options)}.` : "Small variants of one picture. Choose the one you like.";
  };
  show();
  return onJobs(show);
}

function absent() {
  return el("div", { class: "absent" }, el("h1", { text: "These looks are not here" }), el("a", { class: "button second", href: "#/start", text: "Begin a new picture" }));
}

function card(first, choose) {
  const { look } = first;
  const image = el("img", { alt: "", decoding: "async" });
  const bar = progress({ small: true });
  const field = el("input", { type: "radio", name: "look", class: "unseen", "aria-label": `${look.name}: ${said(look.options)}`, on: { change: choose } });
  const frame = el("span", { class: "look-picture" }, image, bar.node);
  const wrong = el("span", { class: "wrong", hidden: true });
  const words = el("span", { class: "look-words" }, el("strong", { text: look.name }), el("span", { class: "quiet", text: said(look.options) }), wrong);
  const node = el("label", { class: "look" }, field, frame, words);
  const show = (job, chosen) => {
    field.checked = chosen;
    bar.show(job);
    bar.node.hidden = !isLive(job) || !job.progress;
    const url = job.preview ? urls.preview(job.id, job.preview) : job.asked.content ? urls.picture(job.asked.content, 400) : "";
    if (url && image.dataset.url !== url) {
      image.dataset.url = url;
      image.src = url;
    }
    image.alt = job.preview ? `${look.name}, painted small` : "";
    frame.classList.toggle("waits", !job.preview);
    wrong.hidden = !job.error;
    wrong.textContent = job.error ? sentence(job.error.message) : "";
  };
  return { node, show };
}

function said(options) {
  const parts = Object.entries(options).map(([name, value]) => `${name.replaceAll("_", " ")} ${plain(value)}`);
  return parts.length ? parts.join(", ") : "the settings as they are";
}
