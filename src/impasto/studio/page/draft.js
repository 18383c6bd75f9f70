/* What the person is about to ask for: pictures, their maps, preset and options; kept over reloads. */

import { bareName } from "./words.js";

const KEY = "impasto.draft";
const MOST_LETTERS = 200; // of a title
const listeners = new Set();

/** A fresh draft; pictures are {id, name, width, height}, styles {picture, weight, scale, regions}. */
const empty = () => ({
  content: null,
  styles: [],
  regions: null, // a map's picture id
  labels: [], // {colour, name}, as they were painted
  protect: null,
  preset: "standard",
  options: {},
});

export const draft = { ...empty(), ...stored() };

function stored() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY)) || {};
    return isDraft({ ...empty(), ...found }) ? found : {};
  } catch {
    return {};
  }
}

/** Whether it has the shape of a draft: another version may have kept it. */
function isDraft({ content, styles, labels, preset, options }) {
  const isPicture = (value) => typeof value?.id === "string" && typeof value.name === "string";
  return (
    (content === null || isPicture(content)) &&
    Array.isArray(styles) &&
    styles.every((style) => isPicture(style?.picture)) &&
    Array.isArray(labels) &&
    typeof preset === "string" &&
    typeof options === "object" &&
    options !== null
  );
}

/** Change the draft and tell everybody who shows it. */
export function edit(changes) {
  Object.assign(draft, changes);
  try {
    localStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    /* it lasts until the page is left */
  }
  for (const listener of [...listeners]) listener();
}

export function onDraft(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Take another photograph; maps painted over the old one go. */
export function takePhoto(picture) {
  const same = draft.content && picture && draft.content.id === picture.id;
  edit(same ? { content: picture } : { content: picture, regions: null, protect: null, labels: [], styles: withoutMaps() });
}

const withoutMaps = () => draft.styles.map((style) => ({ ...style, regions: null }));

export const newStyle = (picture) => ({ picture, weight: 1, scale: 1, regions: null });

export function addStyle(picture) {
  edit({ styles: [...draft.styles, newStyle(picture)] });
}

/** Return what is posted to the server for a draft. */
export function asked() {
  const many = draft.styles.length > 1;
  return {
    content: draft.content ? draft.content.id : null,
    styles: draft.styles.map(({ picture, weight, scale, regions }) => ({
      picture: picture.id,
      weight: many ? weight : 1,
      scale: scale || 1,
      regions: draft.regions ? regions : null,
    })),
    regions: draft.regions,
    protect: draft.protect,
    options: draft.options,
    preset: draft.preset,
    title: title(),
  };
}

function title() {
  const names = draft.styles.map(({ picture }) => bareName(picture.name)).join(" and ");
  const whole = draft.content ? `${bareName(draft.content.name)} in ${names}` : names;
  return [...whole].slice(0, MOST_LETTERS).join("");
}
