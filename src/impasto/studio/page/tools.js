/* The tools of the easel: brush, eraser, fill, their size, undo and redo, and their keys. */

import { fillTrack } from "./controls.js";
import { button, el } from "./dom.js";

const TOOLS = [
  ["brush", "Brush", "b"],
  ["eraser", "Eraser", "e"],
  ["fill", "Fill", "f"],
];

/** Make the tools of an easel; returns {node, show(), key(event)}. */
export function easelTools(easel, { load, save }) {
  const pick = (tool) => {
    easel.tool = tool;
    show();
  };
  const picks = TOOLS.map(([tool, name, key]) => [
    tool,
    button({ label: `${name} (${key.toUpperCase()})`, symbol: tool, kind: "icon-button tool", "aria-pressed": "false", "aria-keyshortcuts": key, onClick: () => pick(tool) }),
  ]);
  const size = el("input", { type: "range", min: 2, max: 400, step: 1, "aria-label": "Size of the brush" });
  size.addEventListener("input", () => {
    easel.resize(Number(size.value));
    show();
  });
  const width = el("output", { class: "size-words" });
  const undo = button({ label: "Undo (Ctrl+Z)", symbol: "undo", kind: "icon-button tool", "aria-keyshortcuts": "Control+Z", onClick: () => easel.undo() });
  const redo = button({ label: "Redo (Ctrl+Shift+Z)", symbol: "redo", kind: "icon-button tool", "aria-keyshortcuts": "Control+Shift+Z", onClick: () => easel.redo() });
  const zoom = [["Smaller (−)", "minus", 1 / 1.5], ["Larger (+)", "plus", 1.5], ["Fit (0)", "fit", 0]].map(([label, symbol, factor]) =>
    button({ label, symbol, kind: "icon-button tool", onClick: () => easel.magnify(factor) }),
  );
  const node = el(
    "div",
    { class: "easel-tools", role: "toolbar", "aria-label": "Tools" },
    el("div", { class: "tool-group" }, picks.map(([, made]) => made)),
    el("label", { class: "size" }, size, width),
    el("div", { class: "tool-group" }, undo, redo),
    el("div", { class: "tool-group" }, zoom),
    el("div", { class: "tool-group end" }, button({ text: "Load", label: "Load a map from a PNG", symbol: "load", kind: "quiet-button", onClick: load }), button({ text: "Save", label: "Save this map as a PNG", symbol: "download", kind: "quiet-button", onClick: save })),
  );
  const show = () => {
    for (const [tool, made] of picks) made.setAttribute("aria-pressed", String(tool === easel.tool));
    size.value = easel.size;
    size.setAttribute("aria-valuetext", `${easel.size} px`);
    width.textContent = `${easel.size} px`;
    fillTrack(size);
    for (const [made, edits] of [[undo, "past"], [redo, "future"]]) {
      const had = document.activeElement === made;
      made.disabled = !easel.map || !easel.map[edits].length;
      // A button that goes out of use would drop the focus, and the keys with it.
      if (had && made.disabled) easel.canvas.focus();
    }
  };
  /** Act on a key of the dialog; returns whether it was one of ours. */
  const key = (event) => {
    const letter = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (letter === "z") event.shiftKey ? easel.redo() : easel.undo();
      else if (letter === "y") easel.redo();
      else return false;
      return true;
    }
    if (event.altKey || event.target.matches("input:not([type=range]):not([type=radio]), select")) return false;
    const tool = TOOLS.find(([, , one]) => one === letter);
    if (tool) pick(tool[0]);
    else if (letter === "[") easel.resize(easel.size / 1.25);
    else if (letter === "]") easel.resize(easel.size * 1.25 + 1);
    else if (letter === "+" || letter === "=") easel.magnify(1.5);
    else if (letter === "-") easel.magnify(1 / 1.5);
    else if (letter === "0") easel.magnify(0);
    else return false;
    show();
    return true;
  };
  return { node, show, key };
}
