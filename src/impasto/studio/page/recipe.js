/* A picture that impasto painted opens what it was painted by. */

import { api } from "./api.js";
import { draft, edit, newStyle, takePhoto } from "./draft.js";
import { notice } from "./notice.js";

/** Fill the form from the recipe that an uploaded picture carries. */
export async function openRecipe(picture) {
  const before = structuredClone(draft);
  const { recipe } = picture;
  const content = recipe.content ? await named(recipe.content) : null;
  const styles = await Promise.all((recipe.styles || []).filter(Boolean).map(readStyle));
  edit({
    content,
    styles: styles.filter(Boolean).length ? styles.filter(Boolean) : draft.styles,
    options: recipe.options || {},
    preset: recipe.preset || "standard",
    regions: recipe.regions || null,
    protect: recipe.protect || null,
    labels: [],
  });
  const asPhoto = {
    text: "Use it as the photograph",
    run: () => {
      edit(before);
      takePhoto(picture);
    },
  };
  notice(told(picture, recipe), { action: asPhoto });
}

function told(picture, { missing = [] }) {
  if (!missing.length) return `Opened the recipe of ${picture.name}.`;
  const one = missing.length === 1;
  return `Opened the recipe of ${picture.name}. ${missing.join(" and ")} ${one ? "is" : "are"} not in the studio: add ${one ? "it" : "them"} to paint again.`;
}

async function readStyle(style) {
  const { picture, ...rest } = typeof style === "string" ? { picture: style } : style;
  const about = picture && (await named(picture));
  return about ? { ...newStyle(about), ...rest, picture: about } : null;
}

/** Return a picture's {id, name, width, height}, or null where it is gone. */
export async function named(id) {
  return api.pictureAbout(id).catch(() => null);
}

/** Return what would paint a job again; one of four looks, at the size of the picture itself. */
export function askedAgain({ asked, look }) {
  if (!look) return asked;
  const { size, ...options } = { ...asked.options, ...look.options };
  return { ...asked, options: look.size === null ? options : { ...options, size: look.size } };
}

/** Fill the form with what a job was asked. */
export async function openAsked(job) {
  const asked = askedAgain(job);
  const content = asked.content ? await named(asked.content) : null;
  const styles = await Promise.all((asked.styles || []).map(readStyle));
  edit({
    content,
    styles: styles.filter(Boolean),
    regions: asked.regions || null,
    labels: [],
    protect: asked.protect || null,
    preset: asked.preset || "standard",
    options: asked.options || {},
  });
}
