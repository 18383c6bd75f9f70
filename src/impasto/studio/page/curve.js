/* The losses of a run as a curve: logarithmic, with a mark where something was changed. */

import { el, svg } from "./dom.js";
import { plain, titleOf } from "./words.js";

const WIDTH = 320;
const HEIGHT = 132;
const EDGE = { left: 4, right: 4, top: 10, bottom: 8 };
const LINES = [
  { name: "total", column: 1 },
  { name: "content", column: 2 },
  { name: "style", column: 3 },
];

/** Make the curve; returns {node, show(job)}. */
export function curve() {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve", role: "img", preserveAspectRatio: "none" });
  const legend = el("ul", { class: "legend" });
  const values = LINES.map(({ name }) => {
    const value = el("span", { class: "legend-value" });
    legend.append(el("li", {}, el("span", { class: `legend-line ${name}` }), el("span", {}, el("span", { class: "legend-name", text: titleOf(name) }), value)));
    return value;
  });
  const changes = el("ol", { class: "changes" });
  const node = el("section", { class: "losses", "aria-label": "Losses" }, el("h3", { text: "Loss" }), drawing, legend, changes);
  let drawn = "";
  const show = (job) => {
    const { losses } = job;
    node.hidden = losses.length < 2;
    const last = losses[losses.length - 1];
    const key = `${losses.length}/${last}/${job.changes.length}`;
    if (node.hidden || key === drawn) return;
    drawn = key;
    draw(drawing, losses, job.changes);
    drawing.setAttribute("aria-label", told(losses, job.changes));
    LINES.forEach(({ column }, i) => (values[i].textContent = plain(last[column])));
    changes.replaceChildren(...job.changes.map((change) => el("li", { text: saidOf(change) })));
    changes.hidden = !job.changes.length;
  };
  return { node, show };
}

function draw(drawing, losses, changes) {
  const positive = losses.flatMap((point) => LINES.map(({ column }) => point[column])).filter((value) => value > 0);
  const low = Math.log(Math.min(...positive));
  const high = Math.log(Math.max(...positive));
  const first = losses[0][0];
  const last = losses[losses.length - 1][0];
  const x = (evaluation) => EDGE.left + ((evaluation - first) / (last - first || 1)) * (WIDTH - EDGE.left - EDGE.right);
  const y = (value) => EDGE.top + ((high - Math.log(value)) / (high - low || 1)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const parts = decades(low, high).map((value) => svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: y(value), y2: y(value) }));
  for (const change of changes) {
    if (typeof change.evaluations !== "number") continue;
    const at = x(change.evaluations);
    const mark = svg("g", { class: "mark-change" }, svg("line", { x1: at, x2: at, y1: 0, y2: HEIGHT }));
    mark.append(svg("circle", { cx: at, cy: 5, r: 3.5 }));
    const title = svg("title");
    title.textContent = saidOf(change);
    mark.append(title);
    parts.push(mark);
  }
  for (const { name, column } of LINES) {
    const points = losses.filter((point) => point[column] > 0).map((point) => `${x(point[0]).toFixed(1)},${y(point[column]).toFixed(1)}`);
    parts.push(svg("polyline", { class: `line ${name}`, points: points.join(" ") }));
  }
  drawing.replaceChildren(...parts);
}

function decades(low, high) {
  const found = [];
  for (let power = Math.ceil(low / Math.LN10); power <= Math.floor(high / Math.LN10); power += 1) found.push(10 ** power);
  return found;
}

/** A change in words: "After 42: strength 60". */
export function saidOf({ evaluations, options = {}, protect }) {
  const parts = Object.entries(options).map(([name, value]) => `${titleOf(name).toLowerCase()} ${Array.isArray(value) ? value.map(plain).join(" : ") : plain(value)}`);
  if (protect) parts.push("protection");
  const what = parts.join(", ") || "went on from an earlier step";
  return typeof evaluations === "number" ? `After ${evaluations}: ${what}` : what;
}

function told(losses, changes) {
  const [start, end] = [losses[0], losses[losses.length - 1]];
  const changed = changes.length ? ` ${changes.map(saidOf).join(". ")}.` : "";
  return `Losses over ${end[0]} evaluations: total fell from ${plain(start[1])} to ${plain(end[1])}, content is ${plain(end[2])}, style ${plain(end[3])}.${changed}`;
}
