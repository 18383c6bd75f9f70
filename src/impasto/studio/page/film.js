/* The strip of earlier steps: look at one, and go on from it. */

import { api, urls } from "./api.js";
import { button, el } from "./dom.js";
import { say, trouble } from "./notice.js";
import { asking } from "./jobs.js";
import { isLive } from "./words.js";

/** Make the strip; `look(step | null)` shows a step on the stage. Returns {node, show(job), leave()}. */
export function film(look) {
  const row = el("div", { class: "film-row", role: "group", "aria-label": "Earlier steps" });
  const ask = el("div", { class: "film-ask", hidden: true });
  const node = el("section", { class: "film", "aria-label": "Film strip", hidden: true }, row, ask);
  const frames = new Map();
  let job = null;
  let chosen = null;
  let follows = true; // the newest step, until somebody scrolls back
  row.addEventListener("scroll", () => (follows = row.scrollLeft + row.clientWidth >= row.scrollWidth - 60));

  const leave = () => choose(null);
  const choose = (step) => {
    chosen = step;
    for (const [n, frame] of frames) frame.setAttribute("aria-pressed", String(step !== null && n === step.n));
    ask.hidden = step === null;
    if (step) {
      const goes = isLive(job);
      ask.replaceChildren(
        el("span", { text: `Level ${step.level}, evaluation ${step.n}` }),
        goes ? button({ text: "Go on from here", kind: "second small", onClick: () => goBack(step) }) : "",
        button({ text: "Back to now", kind: "link", onClick: leave }),
      );
    }
    look(step);
  };
  const goBack = async (step) => {
    try {
      await asking(() => api.back(job.id, step.n));
      say("Going on from the earlier step");
      leave();
    } catch (error) {
      trouble(error);
    }
  };

  const show = (now) => {
    job = now;
    const steps = now.steps || [];
    node.hidden = !steps.length;
    const present = new Set(steps.map(({ n }) => n));
    for (const [n, frame] of frames) {
      if (!present.has(n)) {
        frame.remove();
        frames.delete(n);
        if (chosen && chosen.n === n) leave();
      }
    }
    const before = frames.size;
    for (const step of steps) {
      if (frames.has(step.n)) continue;
      const label = `Level ${step.level}, evaluation ${step.n}`;
      const frame = el(
        "button",
        { type: "button", class: "frame", title: label, "aria-label": `Look at: ${label}`, "aria-pressed": "false", on: { click: () => choose(chosen && chosen.n === step.n ? null : step) } },
        el("img", { src: urls.step(now.id, step.n), alt: "", loading: "lazy", decoding: "async" }),
      );
      // Known before the picture is, so that the strip can stay at its end.
      if (now.size) frame.style.aspectRatio = `${now.size[0]} / ${now.size[1]}`;
      frames.set(step.n, frame);
      row.append(frame);
    }
    if (follows && frames.size > before) requestAnimationFrame(() => (row.scrollLeft = row.scrollWidth));
  };
  return { node, show, leave };
}
