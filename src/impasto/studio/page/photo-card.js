/* The photograph of a new picture: where it is dropped, and what can be done with it. */

import { urls } from "./api.js";
import { draft, edit, takePhoto } from "./draft.js";
import { button, el, icon } from "./dom.js";
import { choose, ifGone, takeDrops, upload } from "./intake.js";
import { openRecipe } from "./recipe.js";
import { openRegions } from "./regions.js";

/** Take uploaded pictures as the photograph, or as a recipe where they carry one. */
export async function takeAsPhoto(files) {
  const [picture] = await upload(files.slice(0, 1));
  if (!picture) return;
  if (picture.recipe) await openRecipe(picture);
  else takePhoto(picture);
}

/** Make the card; returns {node, show()}. */
export function photoCard() {
  const well = el("div", { class: "well" });
  const node = el("section", { class: "card photo-card", "aria-labelledby": "photo-heading" });
  const heading = el("h2", { id: "photo-heading", text: "Photograph" });
  const tools = el("div", { class: "card-tools" });
  node.append(el("div", { class: "card-head" }, heading, tools), well);
  takeDrops(node, takeAsPhoto);
  let shown;
  const show = () => {
    const key = JSON.stringify([draft.content, draft.regions, draft.protect]);
    if (key === shown) return;
    shown = key;
    well.classList.toggle("full", Boolean(draft.content));
    well.replaceChildren(draft.content ? picture(draft.content) : invitation());
    tools.replaceChildren(...(draft.content ? toolsOf() : []));
  };
  return { node, show };
}

const pick = async () => {
  const files = await choose(false);
  if (files.length) await takeAsPhoto(files);
};

function invitation() {
  return el(
    "div",
    { class: "invitation" },
    icon("picture"),
    el("p", { class: "invite", text: "Drop a photograph here" }),
    el("p", { class: "quiet", text: "or paste one, or" }),
    button({ text: "Choose a file", kind: "second", onClick: pick }),
  );
}

function picture(content) {
  const image = el("img", { src: urls.picture(content.id, 1200), alt: `The photograph ${content.name}`, decoding: "async" });
  image.addEventListener("error", () => ifGone(content.id, () => edit({ content: null, regions: null, protect: null })), { once: true });
  const size = content.width ? `${content.width} × ${content.height}` : "";
  return el("figure", {}, el("div", { class: "hung" }, image), el("figcaption", {}, el("span", { class: "name", text: content.name }), el("span", { text: size })));
}

function toolsOf() {
  const marked = Boolean(draft.regions || draft.protect);
  const regions = button({
    text: "Regions",
    label: marked ? "Regions, painted" : "Regions",
    symbol: "regions",
    kind: `quiet-button${marked ? " marked" : ""}`,
    onClick: () => openRegions(),
  });
  return [
    regions,
    button({ text: "Replace", kind: "quiet-button", onClick: pick }),
    button({ label: "Remove the photograph", symbol: "close", kind: "icon-button small", onClick: () => takePhoto(null) }),
  ];
}
