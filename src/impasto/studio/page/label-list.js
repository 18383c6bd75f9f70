/* The list of labels: which one the brush paints, its name, and which style serves it. */

import { button, el, refill } from "./dom.js";
import { another, inkOn, MOST_LABELS } from "./labels.js";

/**
 * Make the list. `labels` is kept as an array that is changed in place; `pick(n)` chooses the
 * brush's label, `changed()` follows a new name or label. Returns {node, show(labels, chosen, fixed)}.
 */
export function labelList({ pick, changed }) {
  const list = el("div", { class: "labels", role: "radiogroup", "aria-label": "Label to paint" });
  const add = button({ text: "Another label", symbol: "add", kind: "quiet-button" });
  const node = el("div", {}, el("h3", { text: "Labels" }), list, add);
  let labels = [];
  add.addEventListener("click", () => {
    labels.push(another(labels));
    changed();
    pick(labels.length - 1);
  });
  const show = (now, chosen, fixed) => {
    labels = now;
    add.hidden = fixed || labels.length >= MOST_LABELS;
    refill(list, labels.map((label, n) => row(label, n, n === chosen, fixed, { pick, changed })));
  };
  return { node, show };
}

function row(label, n, chosen, fixed, { pick, changed }) {
  const field = el("input", { type: "radio", name: "label", checked: chosen, "data-key": `pick-${n}`, "aria-label": `Paint ${label.name}`, on: { change: () => pick(n) } });
  const dot = el("span", { class: "swatch", text: String(n + 1), style: { backgroundColor: label.colour, color: inkOn(label.colour) } });
  const name = fixed
    ? el("span", { class: "label-name", text: label.name })
    : el("input", { type: "text", class: "label-name", value: label.name, maxLength: 40, "data-key": `name-${n}`, "aria-label": `Name of label ${n + 1}` });
  name.addEventListener("change", () => {
    label.name = name.value.trim() || `Label ${n + 1}`;
    changed();
  });
  return el("div", { class: `label-row${chosen ? " chosen" : ""}` }, el("label", { class: "swatch-field" }, field, dot), name);
}

/**
 * Make the choice of what each style serves: every region, one label, or parts of its own map.
 * `serves` is an array of "all", "#rrggbb" or "own", changed in place.
 */
export function assignment(styles, serves, changed) {
  const list = el("div", { class: "assignment" });
  const node = el("div", {}, el("h3", { text: "Styles" }), list);
  const show = (labels) => {
    refill(
      list,
      styles.map((style, i) => {
        const choices = [["all", "Every region"], ...labels.map(({ colour, name }) => [colour, `Only ${name}`]), ["own", "Parts painted on it"]];
        const field = el("select", { "aria-label": `Regions in the style ${style.name}`, "data-key": `serves-${i}` }, choices.map(([value, text]) => el("option", { value, text })));
        field.value = serves[i];
        if (field.selectedIndex < 0) field.value = "all";
        field.addEventListener("change", () => {
          serves[i] = field.value;
          changed();
        });
        return el("div", { class: "assign-row" }, el("img", { src: style.url, alt: "" }), field);
      }),
    );
  };
  return { node, show };
}
