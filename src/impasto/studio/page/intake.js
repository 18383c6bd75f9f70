/* Pictures into the studio: chosen, dropped or pasted, and uploaded. */

import { api } from "./api.js";
import { el } from "./dom.js";
import { notice, say, trouble } from "./notice.js";

/** Upload files; returns the server's answers, and shows what could not be read. */
export async function upload(files) {
  const taken = [];
  for (const file of files) {
    try {
      taken.push(await api.upload(file, file.name || "pasted.png"));
    } catch (error) {
      trouble(error);
    }
  }
  if (taken.length) say(`Added ${taken.map((picture) => picture.name).join(", ")}`);
  return taken;
}

/** Call `drop` where the server has no such picture any more, and not where it is away for a while. */
export async function ifGone(id, drop) {
  const answer = await api.pictureAbout(id).catch((error) => error);
  if (answer.status === 404) drop();
}

/** Let the person choose files; `several` allows more than one. */
export function choose(several, accept = "image/*,.tif,.tiff,.heic,.heif") {
  return new Promise((resolve) => {
    const field = el("input", { type: "file", accept, multiple: several, class: "unseen", tabIndex: -1, "aria-hidden": "true" });
    field.addEventListener("change", () => resolve([...field.files]));
    field.addEventListener("cancel", () => resolve([]));
    document.body.append(field);
    field.click();
    field.remove();
  });
}

/** Take files that are dropped on an element; it has the class "over" meanwhile. */
export function takeDrops(node, take) {
  let depth = 0;
  const hasFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  node.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    node.classList.add("over");
  });
  node.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) node.classList.remove("over");
  });
  node.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  node.addEventListener("drop", (event) => {
    depth = 0;
    node.classList.remove("over");
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const files = pictureFiles(event.dataTransfer.files);
    if (files.length) take(files);
    else notice("That is no picture; drop a JPEG, PNG, TIFF or WebP file.");
  });
}

/** Take pasted pictures wherever the focus is; returns how to end it. */
export function takePastes(take) {
  const listener = (event) => {
    const files = pictureFiles(event.clipboardData ? event.clipboardData.files : []);
    if (!files.length) return;
    event.preventDefault();
    take(files);
  };
  document.addEventListener("paste", listener);
  return () => document.removeEventListener("paste", listener);
}

function pictureFiles(files) {
  return [...files].filter((file) => file.type.startsWith("image/") || /\.(tiff?|hei[cf])$/i.test(file.name));
}
