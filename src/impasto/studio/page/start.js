/* The first view: a photograph, its styles, a few controls, and the button that paints. */

import { api } from "./api.js";
import { addStyle, asked, draft, edit, newStyle, onDraft, takePhoto } from "./draft.js";
import { button, el } from "./dom.js";
import { asPicture, examples, strip } from "./examples.js";
import { makeForm } from "./form.js";
import { takeDrops, takePastes, upload } from "./intake.js";
import { asking, askingAll } from "./jobs.js";
import { notice, trouble } from "./notice.js";
import { photoCard, takeAsPhoto } from "./photo-card.js";
import { openRecipe } from "./recipe.js";
import { styleCard, takeAsStyles } from "./style-card.js";

let offer = null;

/** Return GET /api/options, asked for once. */
export async function options() {
  offer ||= await api.options();
  return offer;
}

/** Fill `main` with the view; returns how to end it. */
export async function startView(main) {
  const [controls, offered] = await Promise.all([options(), examples().catch(() => [])]);
  const photos = offered.filter(({ role }) => role === "content");
  const paintings = offered.filter(({ role }) => role === "style");
  if (!draft.styles.length && paintings.length) edit({ styles: [newStyle(asPicture(paintings[0]))] });

  const photo = photoCard();
  const style = styleCard();
  const photoStrip = strip("Example photographs", photos, takePhoto);
  const styleStrip = strip("Example styles", paintings, style.take);
  const form = makeForm(controls);
  const foot = footer(form);
  const table = el(
    "div",
    { class: "table" },
    el("h1", { class: "unseen", text: "New picture" }),
    el("div", { class: "column photo-column" }, photo.node, examplesUnder("Or begin with an example", photoStrip, photos)),
    el("div", { class: "column style-column" }, style.node, examplesUnder("Example styles", styleStrip, paintings)),
  );
  const panel = el("aside", { class: "panel", "aria-label": "How it is painted" }, el("div", { class: "panel-body" }, form.node), foot.node);
  const view = el("div", { class: "start split" }, table, panel);
  main.replaceChildren(view);
  takeDrops(view, takeAnywhere);

  const show = () => {
    photo.show();
    style.show();
    photoStrip.show(draft.content ? [draft.content.id] : []);
    styleStrip.show(draft.styles.map(({ picture }) => picture.id));
    foot.show();
  };
  show();
  const ends = [onDraft(show), takePastes(takeAnywhere), form.end];
  return () => ends.forEach((end) => end());
}

function examplesUnder(text, made, some) {
  return some.length ? el("div", { class: "examples" }, el("p", { class: "quiet small-text", text }), made.node) : null;
}

/** What is dropped or pasted anywhere: the photograph first, then styles. */
async function takeAnywhere(files) {
  const inStyles = document.activeElement && document.activeElement.closest(".style-card");
  if (inStyles) return takeAsStyles(files);
  if (!draft.content) {
    await takeAsPhoto(files);
    return files.length > 1 ? takeAsStyles(files.slice(1)) : undefined;
  }
  for (const picture of await upload(files)) {
    if (picture.recipe) await openRecipe(picture);
    else {
      addStyle(picture);
      notice(`Added ${picture.name} as a style.`, {
        action: {
          text: "Use it as the photograph",
          run: () => {
            edit({ styles: draft.styles.filter((style) => style.picture.id !== picture.id) });
            takePhoto(picture);
          },
        },
      });
    }
  }
  return undefined;
}

function footer(form) {
  const hint = el("p", { class: "hint", id: "paint-hint" });
  const looks = button({ text: "Four looks", symbol: "looks", kind: "second", title: "Paint four small variants side by side" });
  const paint = button({ text: "Paint", kind: "first", "aria-describedby": "paint-hint" });
  const node = el("div", { class: "panel-foot" }, hint, el("div", { class: "foot-buttons" }, looks, paint));

  const run = async (pressed, work) => {
    for (const each of [looks, paint]) each.disabled = true;
    pressed.classList.add("busy");
    form.fault(null, "");
    try {
      await work();
    } catch (error) {
      if (!form.fault(error.field, error.message)) trouble(error);
    }
    pressed.classList.remove("busy");
    show();
  };
  paint.addEventListener("click", () =>
    run(paint, async () => {
      const job = await asking(() => api.paint(asked()));
      location.hash = `#/job/${job.id}`;
    }),
  );
  looks.addEventListener("click", () =>
    run(looks, async () => {
      const [first] = await askingAll(async () => (await api.looks(asked())).jobs);
      location.hash = `#/looks/${first.group}`;
    }),
  );
  const show = () => {
    const missing = lacking();
    hint.textContent = missing;
    hint.hidden = !missing;
    for (const each of [looks, paint]) each.disabled = Boolean(missing);
  };
  return { node, show };
}

function lacking() {
  if (!draft.content && !draft.styles.length) return "Add a photograph and a style to paint.";
  if (!draft.content) return "Add a photograph, or pick an example.";
  if (!draft.styles.length) return "Add a style to paint in.";
  if (!draft.styles.some(({ weight }) => weight > 0)) return "Give one of the styles some weight.";
  return "";
}
