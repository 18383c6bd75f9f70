/* How far a picture is: a bar with a part for each level, and what is left in words. */

import { el } from "./dom.js";
import { duration, isLive, stateOf } from "./words.js";

/** Make the bar and its line of words; returns {node, show(job)}. `small` leaves the words out. */
export function progress({ small = false } = {}) {
  const bar = el("div", { class: `progress${small ? " small" : ""}`, role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "aria-label": "Painted" });
  const words = el("p", { class: "progress-words" });
  const left = el("span", { class: "progress-left" });
  const state = el("span", { class: "progress-state" });
  words.append(state, left);
  const node = el("div", { class: "progress-block" }, small ? null : words, bar);
  const show = (job) => {
    const { progress: now } = job;
    const levels = (now && now.levels) || 1;
    fit(bar, levels);
    [...bar.children].forEach((part, i) => part.style.setProperty("--share", String(shareOf(job, i, levels))));
    const percent = Math.round(100 * overall(job));
    bar.setAttribute("aria-valuenow", String(percent));
    bar.setAttribute("aria-valuetext", wordsOf(job));
    bar.hidden = !isLive(job);
    bar.classList.toggle("waits", job.state === "queued" || (job.state === "running" && !now));
    state.textContent = headline(job);
    left.textContent = leftOf(job);
  };
  return { node, show };
}

function fit(bar, levels) {
  while (bar.children.length > levels) bar.lastElementChild.remove();
  while (bar.children.length < levels) bar.append(el("span", { class: "level" }));
}

const overall = (job) => (job.state === "done" ? 1 : job.progress ? job.progress.fraction || 0 : 0);

function shareOf(job, i, levels) {
  if (job.state === "done") return 1;
  const now = job.progress;
  if (!now) return 0;
  // `level` counts from 1 at the coarsest.
  const at = Math.min(levels, Math.max(1, now.level || 1)) - 1;
  if (i < at) return 1;
  return i > at ? 0 : Math.min(1, (now.iteration || 0) / (now.iterations || 1));
}

function headline(job) {
  const now = job.progress;
  if (job.wish && (job.state === "running" || job.state === "paused")) return job.wish === "cancel" ? "Cancelling…" : "Stopping…";
  if (job.state === "queued") return job.position > 1 ? `Waiting, number ${job.position} in the queue` : "Waiting its turn";
  if (job.state === "running" && !now) return "Getting ready";
  if ((job.state === "running" || job.state === "paused") && now) {
    const size = now.width ? `${now.width} × ${now.height}` : "";
    const level = now.levels > 1 ? `Level ${now.level} of ${now.levels}` : "Painting";
    // Told where there are several devices alone.
    const where = job.device && job.state === "running" ? `on ${job.device}` : "";
    return [job.state === "paused" ? "Paused" : level, size, where].filter(Boolean).join(" · ");
  }
  if (job.state === "interrupted") return "Interrupted; it goes on from where it was";
  return stateOf(job);
}

function leftOf(job) {
  if (job.state === "running" && job.progress && job.progress.seconds_left !== null && job.progress.seconds_left !== undefined) {
    return `${duration(job.progress.seconds_left)} left`;
  }
  if (!isLive(job) && job.size) return `${job.size[0]} × ${job.size[1]}`;
  return "";
}

const wordsOf = (job) => [headline(job), `${Math.round(100 * overall(job))} %`, leftOf(job)].filter(Boolean).join(", ");
