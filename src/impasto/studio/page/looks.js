/* Four looks: small variants side by side as they paint; one is chosen, and painted large. */

import { api, urls } from "./api.js";
import { button, el } from "./dom.js";
import { allJobs, onJobs, readJob, takeIn } from "./jobs.js";
import { trouble } from "./notice.js";
import { progress } from "./progress.js";
import { openAsked } from "./recipe.js";
import { isLive, plain } from "./words.js";

/** Fill `main` with the looks of a group; returns how to end it. */
export async function looksView(main, group) {
  const ids = allJobs().filter((job) => job.group === group).map(({ id }) => id).reverse();
  const jobs = await Promise.all(ids.map(readJob));
  if (!jobs.length) {
    main.replaceChildren(el("div", { class: "absent" }, el("h1", { text: "These looks are not here" }), el("a", { class: "button second", href: "#/start", text: "Begin a new picture" })));
    return () => {};
  }
  const cards = new Map(jobs.map((job) => [job.id, card(job)]));
  const stop = button({ text: "Stop the others", kind: "link", onClick: () => jobs.forEach(({ id }) => api.cancel(id).then(takeIn, trouble)) });
  const head = el(
    "div",
    { class: "page-head" },
    el("div", {}, el("h1", { text: "Four looks" }), el("p", { class: "quiet", text: "Small variants of one picture. Choose the one you like; it can be painted large at once." })),
    stop,
  );
  main.replaceChildren(el("div", { class: "looks" }, head, el("div", { class: "looks-grid" }, [...cards.values()].map(({ node }) => node))));
  const show = () => {
    const now = allJobs().filter((job) => job.group === group);
    for (const job of now) if (cards.has(job.id)) cards.get(job.id).show(job);
    stop.textContent = "Stop painting these";
    stop.hidden = !now.some(isLive);
  };
  show();
  return onJobs(show);
}

function card(first) {
  const look = first.look || { name: "As it is", options: {} };
  const image = el("img", { alt: "", decoding: "async" });
  const bar = progress({ small: true });
  const frame = el("div", { class: "look-picture" }, image, bar.node);
  const name = el("h2", { text: look.name });
  const differs = el("p", { class: "quiet", text: look.description || said(look.options) });
  const wrong = el("p", { class: "wrong", hidden: true });
  const form = { ...first.asked, options: { ...first.asked.options, ...look.options } };
  const large = button({
    text: "Paint large",
    kind: "first",
    "aria-label": `Paint large: ${look.name}`,
    onClick: async () => {
      try {
        const { group, look: _, ...asked } = form;
        const job = takeIn(await api.paint(asked));
        location.hash = `#/job/${job.id}`;
      } catch (error) {
        trouble(error);
      }
    },
  });
  const take = button({
    text: "Use these settings",
    kind: "second",
    "aria-label": `Use these settings: ${look.name}`,
    onClick: async () => {
      await openAsked(first.asked, look.options);
      location.hash = "#/start";
    },
  });
  const node = el("article", { class: "look" }, frame, el("div", { class: "look-words" }, name, differs, wrong), el("div", { class: "look-buttons" }, large, take));
  const show = (job) => {
    bar.show(job);
    bar.node.hidden = !isLive(job);
    const url = job.preview ? urls.preview(job.id, job.preview) : job.asked && job.asked.content ? urls.picture(job.asked.content, 600) : "";
    if (url && image.dataset.url !== url) {
      image.dataset.url = url;
      image.src = url;
    }
    if (job.size) frame.style.aspectRatio = `${job.size[0]} / ${job.size[1]}`;
    image.alt = job.preview ? `${look.name}, painted small` : "";
    frame.classList.toggle("waits", !job.preview);
    wrong.hidden = !job.error;
    wrong.textContent = job.error ? job.error.message : "";
  };
  return { node, show };
}

function said(options) {
  const parts = Object.entries(options).map(([name, value]) => `${name.replaceAll("_", " ")} ${plain(value)}`);
  return parts.length ? parts.join(", ") : "The settings as they are";
}
