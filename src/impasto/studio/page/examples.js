/* Strips of the example pictures, to begin with one click. */

import { api, urls } from "./api.js";
import { el } from "./dom.js";
import { bareName } from "./words.js";

let asked = null;

/** Return the examples, asked for once. */
export function examples() {
  asked ||= api.examples().catch((error) => {
    asked = null;
    throw error;
  });
  return asked;
}

/** An example as the draft holds a picture. */
export const asPicture = ({ picture, name, width, height }) => ({ id: picture, name, width, height });

/** Make a strip of some examples; `take` gets the chosen one. Returns {node, show(ids)}. */
export function strip(label, some, take) {
  const buttons = some.map((example) => {
    const image = el("img", { src: urls.picture(example.picture, 200), alt: "", loading: "lazy", decoding: "async" });
    const made = el("button", {
      type: "button",
      class: "thumb",
      title: bareName(example.name),
      "aria-label": `Use the example ${bareName(example.name)}`,
      "aria-pressed": "false",
      on: { click: () => take(asPicture(example)) },
    }, image);
    return [example.picture, made];
  });
  const node = el("div", { class: "strip", role: "group", "aria-label": label }, buttons.map(([, made]) => made));
  const show = (ids) => buttons.forEach(([id, made]) => made.setAttribute("aria-pressed", String(ids.includes(id))));
  return { node, show };
}
