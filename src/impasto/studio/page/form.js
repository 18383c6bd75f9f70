/* The form of a new picture: presets, the few controls in sight, and all others folded by group. */

import { control, segments } from "./controls.js";
import { draft, edit, onDraft } from "./draft.js";
import { button, el } from "./dom.js";
import { say } from "./notice.js";
import { sentence, titleOf } from "./words.js";

// The page has its own means for these: the weights and scales of styles, maps, and so on.
const OWN = new Set(["style_blend"]);

// The few in sight, in the order in which people reach for them; others follow.
const ORDER = ["size", "strength", "style_scale", "detail", "smoothness", "colour", "seed"];

/** Make the form. `offer` is GET /api/options; returns {node, fault(field, text), end()}. */
export function makeForm(offer) {
  const options = offer.groups.flatMap((group) => group.options);
  const controls = new Map();
  const make = (option) => {
    const made = control(option, set);
    controls.set(option.name, { ...made, option });
    return made.node;
  };
  const mains = options.filter((option) => option.main && !OWN.has(option.name)).sort(byOrder).map(make);
  const folds = offer.groups.map((group) => fold(group, make)).filter(Boolean);
  const presets = presetChoice(offer.presets);
  const clear = button({ text: "Reset all", kind: "link", onClick: () => {
    edit({ options: {} });
    say("All options are as the preset has them");
  } });
  const node = el(
    "div",
    { class: "form" },
    presets.node,
    el("div", { class: "mains" }, mains),
    el("div", { class: "folds" }, el("div", { class: "folds-head" }, el("h3", { text: "More" }), clear), folds.map((one) => one.node)),
  );

  const show = () => {
    const preset = offer.presets.find((one) => one.name === draft.preset);
    for (const [name, made] of controls) {
      const base = preset && name in preset.options ? preset.options[name] : made.option.default;
      const changed = name in draft.options;
      made.show(changed ? draft.options[name] : base, changed);
    }
    presets.show();
    clear.hidden = !Object.keys(draft.options).length;
    for (const one of folds) one.show();
  };
  const end = onDraft(show);
  show();
  const fault = (field, text) => {
    for (const made of controls.values()) made.fault("");
    const made = controls.get(field);
    if (made) made.fault(text);
    return Boolean(made);
  };
  return { node, fault, end };
}

function byOrder(one, other) {
  const place = ({ name }) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return place(one) - place(other);
}

function set(name, value) {
  const options = { ...draft.options };
  if (value === undefined) delete options[name];
  else options[name] = value;
  edit({ options });
}

function fold(group, make) {
  const rest = group.options.filter((option) => !option.main && !OWN.has(option.name));
  if (!rest.length) return null;
  const mark = el("span", { class: "mark-count", hidden: true });
  const node = el("details", { class: "fold" }, el("summary", {}, el("span", { text: group.name }), mark), rest.map(make));
  const show = () => {
    const changed = rest.filter((option) => option.name in draft.options).length;
    mark.textContent = `${changed} changed`;
    mark.hidden = !changed;
  };
  return { node, show };
}

function presetChoice(presets) {
  const titles = Object.fromEntries(presets.map(({ name }) => [name, titleOf(name)]));
  const row = segments(presets.map(({ name }) => name), (preset) => edit({ preset }), { titles, kind: "presets" });
  const about = el("p", { class: "preset-about" });
  const heading = el("h3", { class: "unseen", id: row.labelId, text: "Preset" });
  const show = () => {
    row.show(draft.preset);
    const preset = presets.find(({ name }) => name === draft.preset);
    about.textContent = preset ? sentence(preset.description).replaceAll("`", "") : "";
  };
  return { node: el("div", { class: "preset" }, heading, row.node, about), show };
}
