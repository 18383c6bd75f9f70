/* All pictures: what is being painted and what waits, then everything that was painted. */

import { api, urls } from "./api.js";
import { button, el } from "./dom.js";
import { allJobs, asking, forget, onJobs, readJobs } from "./jobs.js";
import { notice, say, trouble } from "./notice.js";
import { progress } from "./progress.js";
import { openAsked } from "./recipe.js";
import { isLive, moment, settingsInShort, stateOf, titleOfJob } from "./words.js";

// Deleted on the page, not yet on the server: until the notice that can undo it has gone.
const leaving = new Set();

/** Fill `main` with the view; returns how to end it. */
export async function queueView(main) {
  await readJobs();
  const rows = el("ol", { class: "queue-rows" });
  const waiting = el("section", { class: "waiting", "aria-labelledby": "queue-heading" }, el("h2", { id: "queue-heading", text: "Being painted" }), rows);
  const grid = el("ul", { class: "gallery" });
  const none = el("div", { class: "absent", hidden: true }, el("p", { class: "invite", text: "Nothing painted yet" }), el("p", { class: "quiet", text: "Every picture you paint stays here, with its recipe." }), el("a", { class: "button first", href: "#/start", text: "Paint the first" }));
  const painted = el("section", { "aria-labelledby": "painted-heading" }, el("h2", { id: "painted-heading", text: "Painted" }), grid);
  main.replaceChildren(el("div", { class: "queue" }, el("h1", { class: "unseen", text: "Pictures" }), waiting, painted, none));

  const live = new Map();
  const done = new Map();
  const show = () => {
    const jobs = allJobs().filter(({ id }) => !leaving.has(id));
    const running = jobs.filter(isLive).sort((a, b) => (a.position || 0) - (b.position || 0) || a.created - b.created);
    keep(rows, live, running, row);
    keep(grid, done, cards(jobs.filter((job) => !isLive(job))), card);
    waiting.hidden = !running.length;
    painted.hidden = !done.size;
    none.hidden = running.length + done.size > 0;
  };
  show();
  return onJobs(show);
}

/** Keep one node for each job, in order, without rebuilding what is there. */
function keep(host, made, jobs, make) {
  const wanted = new Set(jobs.map(({ id }) => id));
  for (const [id, part] of made) {
    if (wanted.has(id)) continue;
    part.node.remove();
    made.delete(id);
  }
  jobs.forEach((job, i) => {
    if (!made.has(job.id)) made.set(job.id, make(job));
    const part = made.get(job.id);
    part.show(job);
    if (host.children[i] !== part.node) host.insertBefore(part.node, host.children[i] || null);
  });
}

const placeOf = (job) => (job.group && job.look ? `#/looks/${job.group}` : `#/job/${job.id}`);

function thumbOf(job) {
  if (job.preview) return urls.preview(job.id, job.preview);
  return job.asked && job.asked.content ? urls.picture(job.asked.content, 400) : "";
}

function put(image, url) {
  if (!url || image.dataset.url === url) return;
  image.dataset.url = url;
  image.src = url;
}

const nameOf = (job) => (job.look ? `${titleOfJob(job)}: ${job.look.name}` : titleOfJob(job));

function row(first) {
  const image = el("img", { alt: "", decoding: "async" });
  const link = el("a", { class: "row-name", href: placeOf(first), text: nameOf(first) });
  const bar = progress();
  const cancel = button({ label: `Cancel ${nameOf(first)}`, symbol: "close", kind: "icon-button", onClick: () => asking(() => api.cancel(first.id)).catch(trouble) });
  const node = el("li", { class: "queue-row" }, el("a", { class: "row-picture", href: placeOf(first), tabIndex: -1, "aria-hidden": "true" }, image), el("div", { class: "row-words" }, link, bar.node), cancel);
  const show = (job) => {
    put(image, thumbOf(job));
    bar.show(job);
  };
  return { node, show };
}

/** The four looks of a picture are one card; every other picture has its own. */
function cards(jobs) {
  const groups = new Map();
  for (const job of jobs) {
    const id = job.group && job.look ? job.group : job.id;
    groups.set(id, [job, ...(groups.get(id) || [])]);
  }
  return [...groups].map(([id, some]) => ({ ...some[0], id, jobs: some }));
}

function card(first) {
  const isLooks = Boolean(first.look);
  const title = isLooks ? `Four looks of ${titleOfJob(first)}` : titleOfJob(first);
  const images = el("a", { class: `gallery-picture${isLooks ? " four" : ""}`, href: placeOf(first), tabIndex: -1, "aria-hidden": "true" });
  const name = el("a", { class: "name", href: placeOf(first), text: title });
  const about = el("p", { class: "quiet small-text" });
  const settings = el("p", { class: "quiet small-text name" });
  const small = "icon-button small";
  const again = button({
    label: `Again with changes: ${title}`,
    symbol: "again",
    kind: small,
    onClick: async () => {
      await openAsked(isLooks ? { ...first, look: { ...first.look, options: {} } } : first);
      location.hash = "#/start";
    },
  });
  let shown = [];
  const remove = button({ label: `Delete ${title}`, symbol: "trash", kind: small, onClick: () => take(shown, title) });
  const node = el("li", { class: "gallery-card" }, images, el("div", { class: "gallery-words" }, el("div", { class: "gallery-name" }, name, about, settings), el("div", { class: "gallery-tools" }, again, remove)));
  const show = ({ jobs }) => {
    shown = jobs;
    const [job] = jobs;
    while (images.children.length > jobs.length) images.lastElementChild.remove();
    while (images.children.length < jobs.length) images.append(el("img", { alt: "", loading: "lazy", decoding: "async" }));
    jobs.forEach((one, i) => put(images.children[i], thumbOf(one)));
    const [width, height] = job.size || [3, 2];
    node.style.setProperty("--ratio", String(Math.min(2.2, Math.max(0.75, width / height))));
    const state = job.state === "done" || isLooks ? "" : `${stateOf(job)} · `;
    about.textContent = `${state}${moment(job.ended || job.created)}`;
    settings.textContent = settingsInShort(job.asked);
    node.classList.toggle("faint", !jobs.some(({ preview }) => preview));
  };
  return { node, show };
}

/** Delete jobs a little later, so that it can be undone. */
function take(jobs, title) {
  for (const { id } of jobs) leaving.add(id);
  refresh();
  say(`${title} deleted`);
  notice(`Deleted ${title}.`, {
    action: { text: "Undo", run: () => {} },
    onGone: async (undone) => {
      try {
        for (const { id } of undone ? [] : jobs) {
          await api.remove(id);
          forget(id);
        }
      } catch (error) {
        trouble(error);
      }
      for (const { id } of jobs) leaving.delete(id);
      refresh();
    },
  });
}

const refresh = () => readJobs().catch(() => {});
