/* The view of one picture: as it is painted, and once it is done. */

import { api, ApiError, urls } from "./api.js";
import { curve } from "./curve.js";
import { button, el, icon } from "./dom.js";
import { film } from "./film.js";
import { asking, jobOf, onJobs, readJob } from "./jobs.js";
import { live } from "./live.js";
import { notice, say, trouble } from "./notice.js";
import { progress } from "./progress.js";
import { named, openAsked } from "./recipe.js";
import { Stage } from "./stage.js";
import { options } from "./start.js";
import { isLive, moment, sentence, settingsInShort, stateOf, titleOfJob } from "./words.js";

const hasResult = (job) => Boolean(job.files && job.files.result);
const isRefused = (job) => job.state === "failed" && job.error && job.error.code === 2;
const isFinished = (job) => hasResult(job) && !isLive(job);

/** Fill `main` with the view of a job; returns how to end it. */
export async function paintView(main, id) {
  let job;
  const offer = await options();
  try {
    job = await readJob(id);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    main.replaceChildren(absent());
    return () => {};
  }

  const photo = job.asked.content ? await named(job.asked.content) : null;
  const stage = new Stage();
  const strip = film((step) => {
    looked = step;
    show(jobOf(id) || job);
  });
  let looked = null;
  let against = "none";
  const compares = compareTools(job, (to) => {
    against = to;
    show(jobOf(id) || job);
  });
  const parts = [progress(), troubles(), actions(id), results(), live(offer, job), curve(), facts(job)];
  const heading = el("h1", { class: "paint-title", text: titleOfJob(job) });
  const panel = el("aside", { class: "panel", "aria-label": "This picture" }, el("div", { class: "panel-body" }, heading, parts.map((part) => part.node)));
  const tools = el("div", { class: "stage-tools" }, compares.node, stage.tools);
  const hall = el("section", { class: "hall", "aria-label": "Picture" }, stage.port, tools, strip.node);
  main.replaceChildren(el("div", { class: "paint split" }, hall, panel));

  const show = (now) => {
    const state = now.state;
    document.title = isLive(now) && now.progress ? `${Math.round(100 * now.progress.fraction)} % · ${titleOfJob(now)}` : `${titleOfJob(now)} · impasto`;
    for (const part of parts) part.show(now);
    strip.show(now);
    compares.show(against, now);
    stage.show(onStage(now, photo, looked, against));
    if (before && before !== state) say(`${titleOfJob(now)}: ${stateOf(now)}`);
    before = state;
  };
  let before = null;
  show(job);
  const end = onJobs((changed) => {
    if (changed && changed.id !== id) return;
    const now = jobOf(id);
    if (now && now.asked) show(now);
    // What an event does not carry (all losses) is read once a run ends.
    if (now && !isLive(now) && isLive(job)) readJob(id).catch(() => {});
    if (now) job = now;
  });
  return end;
}

function onStage(job, photo, looked, against) {
  const size = job.size || guessed(job) || (photo ? [photo.width, photo.height] : [3, 2]);
  let picture = null;
  if (looked) picture = urls.step(job.id, looked.n);
  else if (isFinished(job) && Math.max(...size) <= 900) picture = urls.view(job.id, job.preview);
  else if (job.preview) picture = urls.preview(job.id, job.preview);
  const { content, styles = [] } = job.asked;
  let other = null;
  if (against === "photo" && content) other = { url: urls.picture(content, 1200), name: "Photograph" };
  if (against.startsWith("style") && styles.length) {
    const n = Math.min(styles.length - 1, Number(against.slice(5)) || 0);
    other = { url: urls.picture(styles[n].picture, 1200), name: styles.length > 1 ? `Style ${n + 1}` : "Style", cover: true };
  }
  // Before the first preview the photograph stands in, faintly: it is what the painting starts from.
  const waiting = !picture && content ? urls.picture(content, 1200) : null;
  return {
    picture: picture || waiting,
    waits: !picture,
    size,
    against: picture ? other : null,
    crop: isFinished(job) && !looked ? (rect, of) => urls.crop(job.id, rect, of, job.preview) : null,
    alt: looked ? "An earlier step of the painting" : picture ? `The painting ${titleOfJob(job)}` : "The photograph, not painted yet",
    empty: job.state === "failed" ? "Nothing was painted." : "The first brush strokes will be here soon.",
  };
}

/** The finished size, before the plan is known: each level has twice the side of the one below. */
function guessed({ progress: now }) {
  if (!now || !now.width) return null;
  const factor = 2 ** (now.levels - now.level);
  return [now.width * factor, now.height * factor];
}

function compareTools(job, choose) {
  const { content, styles = [] } = job.asked;
  const offered = [
    content && ["photo", "Photograph"],
    ...styles.map((_, i) => [`style${i}`, styles.length > 1 ? `Style ${i + 1}` : "Style"]),
  ].filter(Boolean);
  let current = "none";
  const buttons = offered.map(([key, text]) => [
    key,
    el("button", { type: "button", class: "toggle", "aria-pressed": "false", text, on: { click: () => choose(current === key ? "none" : key) } }),
  ]);
  const node = el("div", { class: "stage-compare", role: "group", "aria-label": "Compare with" }, icon("compare"), buttons.map(([, made]) => made));
  const show = (against, now) => {
    current = against;
    for (const [key, made] of buttons) {
      made.setAttribute("aria-pressed", String(key === against));
      made.disabled = !now.preview && !hasResult(now);
    }
  };
  return { node, show };
}

function actions(id) {
  const act = (work, done) => async () => {
    try {
      await asking(() => work(id));
      if (done) done();
    } catch (error) {
      trouble(error);
    }
  };
  const pause = button({ text: "Pause", symbol: "pause", kind: "second", onClick: act(api.pause) });
  const go = button({ text: "Go on", symbol: "go", kind: "first", onClick: act(api.go) });
  const stop = button({ text: "Stop and keep", symbol: "stop", kind: "second", title: "End here and save the picture as it is", onClick: act(api.stop) });
  const cancel = button({ text: "Cancel", kind: "link danger", onClick: act(api.cancel, () => notice("Cancelled. What was painted so far is kept with its files.")) });
  const node = el("div", { class: "actions" }, pause, go, stop, cancel);
  const show = (job) => {
    const { state, preview, wish } = job;
    const live = isLive(job);
    const ended = ["stopped", "cancelled", "failed"].includes(state);
    const swapping = document.activeElement === pause || document.activeElement === go;
    node.hidden = (!live && !ended) || isRefused(job);
    pause.hidden = state !== "running";
    // What cannot be asked for cannot be tried again: it is to be changed.
    go.hidden = (state !== "paused" && !ended) || isRefused(job);
    go.className = state === "paused" ? "first" : "second";
    go.querySelector("span").textContent = state === "failed" ? "Try again" : "Go on";
    cancel.hidden = !live;
    for (const each of [pause, stop, cancel]) each.disabled = Boolean(wish);
    stop.hidden = !(state === "running" || state === "paused") || !preview;
    // Whoever pressed one of them by keyboard stands on the other now.
    if (swapping && live && document.activeElement.hidden) (pause.hidden ? go : pause).focus();
  };
  return { node, show };
}

function troubles() {
  const node = el("div", { class: "trouble-card", hidden: true });
  const show = (job) => {
    node.hidden = !job.error;
    if (job.error) node.replaceChildren(el("p", { text: sentence(job.error.message || String(job.error)) }));
  };
  return { node, show };
}

const FILES = [
  ["recipe", "Recipe", "recipe", "Everything that makes this picture again"],
  ["timelapse", "Timelapse", "film", "How it came about, as a film"],
  ["sheet", "Contact sheet", "sheet", "The run's steps on one sheet"],
];

function results() {
  const main = el("a", { class: "button first", download: "" }, icon("download"), el("span", { text: "Download" }));
  const list = el("div", { class: "file-links" });
  const again = button({ text: "Paint again with changes", symbol: "again", kind: "second" });
  const node = el("section", { class: "results", "aria-label": "Files", hidden: true }, main, list, again);
  let job = null;
  again.addEventListener("click", async () => {
    await openAsked(job);
    location.hash = "#/start";
  });
  const show = (now) => {
    job = now;
    node.hidden = isLive(now);
    main.hidden = !hasResult(now);
    again.className = isRefused(now) ? "first" : "second";
    if (hasResult(now)) main.href = now.files.result;
    const links = FILES.filter(([key]) => now.files && now.files[key]).map(([key, text, symbol, title]) =>
      el("a", { class: "quiet-button", href: now.files[key], download: "", title }, icon(symbol), el("span", { text })),
    );
    list.replaceChildren(...links);
  };
  return { node, show };
}

function facts(job) {
  const node = el("section", { class: "facts", "aria-label": "About this picture" });
  const settings = el("p", { text: settingsInShort(job.asked) });
  const when = el("p", { text: moment(job.created) });
  const notes = el("ul", { class: "notes" });
  node.append(pictures(job.asked), settings, when, notes);
  const show = (now) => {
    notes.replaceChildren(...(now.notes || []).map((text) => el("li", { text: sentence(text) })));
    notes.hidden = !(now.notes || []).length;
  };
  return { node, show };
}

/** The photograph and its styles, small. */
function pictures({ content, styles = [] }) {
  const some = [content && ["The photograph", content], ...styles.map(({ picture }) => ["A style", picture])].filter(Boolean);
  return el("div", { class: "fact-pictures" }, some.map(([alt, id]) => el("img", { src: urls.picture(id, 200), alt, loading: "lazy" })));
}

function absent() {
  return el("div", { class: "absent" }, el("h1", { text: "This picture is not here" }), el("p", { class: "quiet", text: "It was deleted, or belongs to another folder." }), el("a", { class: "button second", href: "#/queue", text: "See all pictures" }));
}
