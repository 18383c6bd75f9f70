/* The styles of a new picture: one large, or several with their weights, in an order. */

import { urls } from "./api.js";
import { fillTrack } from "./controls.js";
import { addStyle, draft, edit, newStyle } from "./draft.js";
import { button, el, icon, refill } from "./dom.js";
import { choose, ifGone, takeDrops, upload } from "./intake.js";
import { say } from "./notice.js";
import { bareName } from "./words.js";

/** Take uploaded pictures as styles. */
export async function takeAsStyles(files) {
  for (const picture of await upload(files)) addStyle(picture);
}

/** Make the card; returns {node, show(), take(picture)} where `take` is of a strip. */
export function styleCard() {
  const well = el("div", { class: "well styles" });
  const heading = el("h2", { id: "style-heading", text: "Style" });
  const tools = el("div", { class: "card-tools" });
  const node = el("section", { class: "card style-card", "aria-labelledby": "style-heading" }, el("div", { class: "card-head" }, heading, tools), well);
  let adding = false;
  let shown;

  const setAdding = (now) => {
    adding = now;
    show();
    if (now) well.querySelector(".slot button").focus();
  };
  takeDrops(node, async (files) => {
    await takeAsStyles(files);
    setAdding(false);
  });

  const pick = async () => {
    const files = await choose(true);
    if (files.length) await takeAsStyles(files);
    setAdding(false);
  };

  const show = () => {
    const many = draft.styles.length + Number(adding) > 1;
    const key = JSON.stringify([draft.styles.map(({ picture }) => picture.id), adding]);
    heading.textContent = draft.styles.length > 1 ? "Styles" : "Style";
    if (key !== shown) {
      shown = key;
      well.classList.toggle("full", draft.styles.length > 0);
      well.classList.toggle("many", many);
      const parts = draft.styles.map((style, i) => tile(style, i));
      if (adding || !parts.length) parts.push(slot(pick, parts.length > 0 ? () => setAdding(false) : null));
      refill(well, parts);
      tools.replaceChildren(...toolsOf());
    }
    draft.styles.forEach((style, i) => {
      const slider = well.querySelector(`input[data-key="weight-${i}"]`);
      if (slider) showWeight(slider, style.weight);
    });
  };

  const toolsOf = () => {
    if (!draft.styles.length || adding) return [];
    const add = button({ text: "Add", label: "Add another style", symbol: "add", kind: "quiet-button", onClick: () => setAdding(true) });
    return draft.styles.length > 1 ? [add] : [add, button({ text: "Replace", kind: "quiet-button", onClick: replace })];
  };
  const replace = async () => {
    const files = await choose(false);
    const [picture] = files.length ? await upload(files) : [];
    if (picture) edit({ styles: [newStyle(picture)] });
  };

  const take = (picture) => {
    const at = draft.styles.findIndex((style) => style.picture.id === picture.id);
    if (at >= 0 && draft.styles.length > 1) edit({ styles: draft.styles.filter((_, i) => i !== at) });
    else if (at < 0 && (adding || draft.styles.length > 1)) addStyle(picture);
    else edit({ styles: [newStyle(picture)] });
    if (adding) setAdding(false);
  };
  return { node, show, take };
}

function slot(pick, cancel) {
  return el(
    "div",
    { class: "slot" },
    icon("brush"),
    el("p", { class: "invite", text: cancel ? "Another style" : "Drop a painting here" }),
    el("p", { class: "quiet", text: "or pick an example below, or" }),
    button({ text: "Choose a file", kind: "second", onClick: pick }),
    cancel ? button({ text: "Cancel", kind: "link", onClick: cancel }) : null,
  );
}

function tile(style, i) {
  const { picture } = style;
  const name = bareName(picture.name);
  const image = el("img", { src: urls.picture(picture.id, 900), alt: `The style ${name}`, decoding: "async" });
  const drop = () => edit({ styles: draft.styles.filter((one) => one.picture.id !== picture.id) });
  image.addEventListener("error", () => ifGone(picture.id, drop), { once: true });
  const many = draft.styles.length > 1;
  const caption = el("figcaption", {}, el("span", { class: "name", text: picture.name }), many ? tools(i, name) : null);
  return el("figure", { class: "tile" }, el("div", { class: "hung" }, image), caption, many ? weight(i, name) : null);
}

function tools(i, name) {
  const move = (by) => {
    const styles = [...draft.styles];
    [styles[i], styles[i + by]] = [styles[i + by], styles[i]];
    edit({ styles });
    say(`${name} is now style ${i + by + 1}`);
  };
  const small = "icon-button tiny";
  return el(
    "span",
    { class: "tile-tools" },
    button({ label: `Move ${name} forward`, symbol: "left", kind: small, disabled: i === 0, "data-key": `left-${i}`, onClick: () => move(-1) }),
    button({ label: `Move ${name} back`, symbol: "right", kind: small, disabled: i === draft.styles.length - 1, "data-key": `right-${i}`, onClick: () => move(1) }),
    button({ label: `Remove ${name}`, symbol: "close", kind: small, onClick: () => edit({ styles: draft.styles.filter((_, at) => at !== i) }) }),
  );
}

function weight(i, name) {
  const slider = el("input", { type: "range", min: 0, max: 100, step: 1, "aria-label": `Weight of ${name}`, "data-key": `weight-${i}` });
  slider.addEventListener("input", () => {
    edit({ styles: draft.styles.map((style, at) => (at === i ? { ...style, weight: Number(slider.value) / 100 } : style)) });
  });
  return el("label", { class: "weight" }, el("span", { text: "Weight" }), slider, el("output", {}));
}

function showWeight(slider, share) {
  slider.value = Math.round(share * 100);
  slider.setAttribute("aria-valuetext", `${slider.value} %`);
  slider.nextElementSibling.textContent = `${slider.value} %`;
  fillTrack(slider);
}
