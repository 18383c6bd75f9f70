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
    keep(grid, done, jobs.filter((job) => !isLive(job)), card);
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

function card(first) {
  const image = el("img", { alt: "", loading: "lazy", decoding: "async" });
  const open = el("a", { class: "gallery-picture", href: `#/job/${first.id}` }, image);
  const name = el("a", { class: "name", href: `#/job/${first.id}`, text: nameOf(first) });
  const about = el("p", { class: "quiet small-text" });
  const settings = el("p", { class: "quiet small-text name" });
  const small = "icon-button small";
  const again = button({
    label: `Again with changes: ${nameOf(first)}`,
    symbol: "again",
    kind: small,
    onClick: async () => {
      await openAsked(first);
      location.hash = "#/start";
    },
  });
  const remove = button({ label: `Delete ${nameOf(first)}`, symbol: "trash", kind: small, onClick: () => take(first) });
  open.setAttribute("aria-hidden", "true");
  open.tabIndex = -1;
  const node = el("li", { class: "gallery-card" }, open, el("div", { class: "gallery-words" }, el("div", { class: "gallery-name" }, name, about, settings), el("div", { class: "gallery-tools" }, again, remove)));
  const show = (job) => {
    put(image, thumbOf(job));
    const [width, height] = job.size || [3, 2];
    node.style.setProperty("--ratio", String(Math.min(2.2, Math.max(0.6, width / height))));
    const state = job.state === "done" ? "" : `${stateOf(job)} · `;
    about.textContent = `${state}${moment(job.ended || job.created)}`;
    settings.textContent = settingsInShort(job.asked);
    node.classList.toggle("faint", !job.preview);
  };
  return { node, show };
}

/** Delete a job a little later, so that it can be undone. */
function take(job) {
  leaving.add(job.id);
  refresh();
  say(`${nameOf(job)} deleted`);
  notice(`Deleted ${nameOf(job)}.`, {
    action: { text: "Undo", run: () => {} },
    onGone: async (undone) => {
      if (!undone) {
        try {
          await api.remove(job.id);
          forget(job.id);
        } catch (error) {
          trouble(error);
        }
      }
      leaving.delete(job.id);
      refresh();
    },
  });
}

const refresh = () => readJobs().catch(() => {});
