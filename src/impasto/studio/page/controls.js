/* One control for one option: a name, its value, a way to set it, help, and the way back. */

import { button, el, newId } from "./dom.js";
import { plain, titleOf } from "./words.js";

// Where an option has no upper end, or a very far one, the slider covers the useful part; the
// field beside it takes the rest. Steps are even in logarithms where `log` is true.
const SLIDERS = {
  size: { stops: [128, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096] },
  style_scale: { low: 0.25, high: 4, log: true },
  smoothness: { low: 0, high: 4, step: 0.1 },
  content_weight: { low: 0.1, high: 100, log: true },
  style_weight: { low: 10, high: 100000, log: true },
};
const FEW_CHOICES = 4;
const LOG_STEPS = 200;

/**
 * Make a control. `option` is of GET /api/options; `onChange(name, value)` gets every new value,
 * undefined for "as the preset has it". Returns {node, show(value, base, changed), fault(text)}.
 */
export function control(option, onChange, label = titleOf(option.name)) {
  const set = (value) => onChange(option.name, value);
  const made = body(option, set, label);
  const helpId = newId("help");
  const help = el("p", { class: "help", id: helpId, hidden: true, text: explained(option) });
  const about = button({
    label: `About ${label.toLowerCase()}`,
    symbol: "help",
    kind: "icon-button tiny about",
    "aria-expanded": "false",
    "aria-controls": helpId,
    onClick: () => {
      help.hidden = !help.hidden;
      about.setAttribute("aria-expanded", String(!help.hidden));
    },
  });
  const reset = button({
    label: `Reset ${label.toLowerCase()}`,
    symbol: "reset",
    kind: "icon-button tiny reset",
    onClick: () => {
      set(undefined);
      made.focus();
    },
  });
  const wrong = el("p", { class: "wrong", id: newId("wrong"), hidden: true });
  const name = el(made.labelled ? "label" : "span", { class: "control-name", text: label });
  if (made.labelled) name.htmlFor = made.labelled;
  else name.id = made.labelId;
  const head = el("div", { class: "control-head" }, name, about, reset, made.value);
  const node = el("div", { class: "control", data: { option: option.name } }, head, made.node, help, wrong);

  const show = (value, changed) => {
    made.show(value);
    node.classList.toggle("changed", changed);
    reset.hidden = !changed;
  };
  const fault = (text) => {
    wrong.textContent = text || "";
    wrong.hidden = !text;
    node.classList.toggle("faulty", Boolean(text));
    if (text) {
      for (let part = node.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
      made.focus();
      node.scrollIntoView({ block: "nearest" });
    }
  };
  return { node, show, fault };
}

function explained(option) {
  const range = [];
  if (Number.isFinite(option.low) && Number.isFinite(option.high)) range.push(`${plain(option.low)} to ${plain(option.high)}`);
  else if (Number.isFinite(option.low)) range.push(`${plain(option.low)} or more`);
  if (range.length && option.unit) range.push(option.unit);
  return range.length ? `${option.help} ${range.join(" ")}.` : option.help;
}

function body(option, set, label) {
  if (option.kind === "choice") {
    const few = option.choices.length <= FEW_CHOICES && option.choices.join("").length <= 34;
    return few ? segments(option.choices, set) : menu(option.choices, set);
  }
  if (option.kind === "boolean") return checkbox(set);
  if (option.kind === "number" || option.kind === "integer") return number(option, set, label);
  return text(option, set);
}

/** A row of choices, one of which is pressed: radio buttons in disguise. */
export function segments(choices, set, { titles = {}, kind = "" } = {}) {
  const group = newId("choice");
  const labelId = newId("label");
  const fields = choices.map((choice) => {
    const field = el("input", { type: "radio", name: group, value: choice, on: { change: () => set(choice) } });
    return [field, el("label", { class: "segment" }, field, el("span", { text: titles[choice] || choice }))];
  });
  const node = el("div", { class: `segments ${kind}`, role: "radiogroup", "aria-labelledby": labelId }, fields.map(([, part]) => part));
  return {
    node,
    labelId,
    value: null,
    show: (value) => fields.forEach(([field]) => (field.checked = field.value === String(value))),
    focus: () => (fields.find(([field]) => field.checked) || fields[0])[0].focus(),
  };
}

function menu(choices, set) {
  const id = newId("menu");
  const field = el("select", { id, on: { change: () => set(field.value) } }, choices.map((choice) => el("option", { value: choice, text: choice })));
  return { node: field, labelled: id, value: null, show: (value) => (field.value = value), focus: () => field.focus() };
}

function checkbox(set) {
  const id = newId("check");
  const field = el("input", { type: "checkbox", id, on: { change: () => set(field.checked) } });
  return { node: field, labelled: id, value: null, show: (value) => (field.checked = Boolean(value)), focus: () => field.focus() };
}

function text(option, set) {
  const words = chips(option, set);
  const id = newId("text");
  const field = el("input", { type: "text", id, spellcheck: false, autocomplete: "off", placeholder: option.default === null ? "" : asText(option.default) });
  field.addEventListener("change", () => set(field.value.trim() === "" ? undefined : field.value.trim()));
  const show = (value) => {
    field.value = asText(value);
    words.show(value);
  };
  return { node: field, labelled: id, value: words.node, show, focus: () => field.focus() };
}

/** The words that stand for a value, as "auto" or "original". */
function chips(option, set) {
  const words = option.words || [];
  let shown;
  const made = words.map((word) => button({ text: word, kind: "chip", "aria-pressed": "false", onClick: () => set(shown === word ? undefined : word) }));
  const show = (value) => {
    shown = value;
    made.forEach((chip, i) => chip.setAttribute("aria-pressed", String(words[i] === value)));
  };
  return { node: words.length ? el("span", { class: "value" }, made) : null, made, show };
}

/** Layers and lists as they are written on the command line. */
function asText(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(asText).join(",");
  if (typeof value === "object") return Object.entries(value).map(([name, weight]) => `${name}:${weight}`).join(",");
  return String(value);
}

function number(option, set, label) {
  const id = newId("number");
  const words = chips(option, set);
  const field = el("input", { type: "text", inputMode: "decimal", id, class: "number", autocomplete: "off", spellcheck: false });
  const whole = option.kind === "integer";
  const typed = () => {
    const written = field.value.trim().replace(",", ".");
    if (written === "") set(undefined);
    else if ((option.words || []).includes(written)) set(written);
    else if (Number.isFinite(Number(written))) set(bounded(option, whole ? Math.round(Number(written)) : Number(written)));
    else show(shown);
  };
  field.addEventListener("change", typed);
  let shown = option.default;
  const scale = sliderOf(option);
  const slider = scale && el("input", { type: "range", min: 0, max: scale.steps, step: 1, "aria-label": `${label}, slider` });
  const show = (given) => {
    // A list of one number, as of style_scale, arrives as text.
    const value = typeof given === "string" && given.trim() !== "" && Number.isFinite(Number(given)) ? Number(given) : given;
    shown = value;
    field.value = typeof value === "number" ? plainly(value) : value === null || value === undefined ? "" : String(value);
    if (slider && typeof value === "number") {
      slider.value = scale.position(value);
      fillTrack(slider);
      slider.setAttribute("aria-valuetext", `${field.value}${option.unit ? ` ${option.unit}` : ""}`);
    }
    if (slider) slider.classList.toggle("idle", typeof value !== "number");
    words.show(value);
  };
  if (slider) slider.addEventListener("input", () => set(scale.value(Number(slider.value))));
  const value = el("span", { class: "value" }, words.made, field, option.unit ? el("span", { class: "unit", text: option.unit }) : null);
  return { node: slider || el("span", { hidden: true }), labelled: id, value, show, focus: () => field.focus() };
}

const plainly = (value) => String(Number(value.toPrecision(6)));

function bounded(option, value) {
  const low = Number.isFinite(option.low) ? option.low : -Infinity;
  const high = Number.isFinite(option.high) ? option.high : Infinity;
  return Math.min(high, Math.max(low, value));
}

/** Colour a slider's track up to its thumb. */
export function fillTrack(slider) {
  const share = (Number(slider.value) - Number(slider.min)) / (Number(slider.max) - Number(slider.min) || 1);
  slider.style.setProperty("--share", String(share));
}

function sliderOf(option) {
  const known = SLIDERS[option.name];
  if (known && known.stops) return stops(known.stops);
  const low = known ? known.low : option.low;
  const high = known ? known.high : option.high;
  if (!Number.isFinite(low) || !Number.isFinite(high) || (!known && high - low > 100)) return null;
  if (known && known.log) return logarithmic(low, high);
  const whole = option.kind === "integer";
  const step = known && known.step ? known.step : whole || high - low >= 50 ? 1 : (high - low) / 100;
  return {
    steps: Math.round((high - low) / step),
    value: (position) => Number((low + position * step).toPrecision(6)),
    position: (value) => (value - low) / step,
  };
}

function logarithmic(low, high) {
  const span = Math.log(high / low);
  return {
    steps: LOG_STEPS,
    value: (position) => Number((low * Math.exp((span * position) / LOG_STEPS)).toPrecision(2)),
    position: (value) => (LOG_STEPS * Math.log(Math.max(value, low) / low)) / span,
  };
}

function stops(values) {
  return {
    steps: values.length - 1,
    value: (position) => values[position],
    position: (value) => {
      const gaps = values.map((stop) => Math.abs(Math.log(stop / value)));
      return gaps.indexOf(Math.min(...gaps));
    },
  };
}
