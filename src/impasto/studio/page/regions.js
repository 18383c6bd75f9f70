/* The dialog in which maps are painted over the photograph and its styles. */

import { api, urls } from "./api.js";
import { leavesOnBack } from "./back.js";
import { draft, edit } from "./draft.js";
import { button, el } from "./dom.js";
import { Easel } from "./easel.js";
import { choose } from "./intake.js";
import { assignment, labelList } from "./label-list.js";
import { firstLabels, MOST_LABELS, PROTECT_LABELS } from "./labels.js";
import { LabelMap } from "./map.js";
import { trouble } from "./notice.js";
import { named } from "./recipe.js";
import { easelTools } from "./tools.js";
import { bareName } from "./words.js";

const MOST_PX = 1600;
// How opaque labels lie over the picture; the first is what is left over.
const VEIL = (n) => (n === 0 ? 0 : 165);
// Protection is shown in one plain colour where it is painted, and saved in black and white.
const SHIELD = [{ colour: "#000000" }, { colour: "#12b5ff" }];
const SHIELD_VEIL = (n) => (n === 0 ? 0 : 150);

/** Paint regions and protection of the draft's pictures. */
export async function openRegions() {
  const { content, styles } = draft;
  const labels = draft.labels.length ? structuredClone(draft.labels) : firstLabels();
  const serves = styles.map(({ regions }) => (regions === null ? "all" : regions.startsWith("#") ? regions : "own"));
  const targets = [
    await target("photo", "Photograph", content, draft.regions, labels),
    ...(await Promise.all(styles.map(({ picture }, i) => target(`style-${i}`, bareName(picture.name), picture, serves[i] === "own" ? styles[i].regions : null, labels)))),
    await target("protect", "Protect", content, draft.protect, null),
  ];
  const [photo, protect] = [targets[0], targets[targets.length - 1]];
  const keep = async () => {
    const regions = photo.map.isPainted ? await saved(photo, labels) : null;
    const served = await Promise.all(
      styles.map(async (style, i) => {
        const own = targets[i + 1];
        if (!regions || serves[i] === "all") return { ...style, regions: null };
        return { ...style, regions: serves[i] === "own" ? await saved(own, labels) : serves[i] };
      }),
    );
    edit({ regions, labels: regions ? labels : [], styles: served, protect: protect.map.isPainted ? await saved(protect, PROTECT_LABELS) : null });
  };
  await dialog("Regions", targets, { labels, serves, keep, styles: styles.map(({ picture }) => ({ name: bareName(picture.name), url: urls.picture(picture.id, 120) })) });
}

/** Paint what is protected of a picture; returns a map's id, null for none, undefined if cancelled. */
export async function openProtection(content, map) {
  const picture = await named(content);
  if (!picture) return undefined;
  const one = await target("protect", "Protect", picture, map, null);
  let kept;
  const keep = async () => {
    kept = one.map.isPainted ? await saved(one, PROTECT_LABELS) : null;
  };
  await dialog("Protect parts", [one], { labels: [], serves: [], styles: [], keep });
  return kept;
}

async function target(key, title, picture, mapId, labels) {
  const shrunk = Math.min(1, MOST_PX / Math.max(picture.width, picture.height));
  const map = new LabelMap(Math.max(1, Math.round(picture.width * shrunk)), Math.max(1, Math.round(picture.height * shrunk)));
  const made = { key, title, picture, map, id: mapId, dirty: false, protects: labels === null };
  if (mapId) {
    try {
      const known = labels || PROTECT_LABELS;
      const all = map.take(await loaded(urls.map(mapId)), known, labels ? MOST_LABELS : 2, (n) => `Part ${n + 1}`);
      if (labels) labels.splice(0, labels.length, ...all);
    } catch {
      made.id = null;
      trouble(new Error(`The map of ${picture.name} could not be opened; it begins empty.`));
    }
  }
  return made;
}

async function loaded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

async function saved(one, labels) {
  if (one.id && !one.dirty) return one.id;
  const answer = await api.upload(await one.map.png(labels), `${bareName(one.picture.name)}-${one.protects ? "protect" : "regions"}.png`);
  one.id = answer.id;
  one.dirty = false;
  return answer.id;
}

/** Show the dialog until it is closed; `keep` keeps what was painted before it goes, or all stays as it is. */
function dialog(title, targets, { labels, serves, styles, keep }) {
  let now = targets[0];
  let chosen = 1;
  const easel = new Easel({
    onPaint: () => {
      now.dirty = true;
      const i = targets.indexOf(now) - 1;
      if (now.key.startsWith("style") && now.map.isPainted && serves[i] === "all") serves[i] = "own";
      refresh();
    },
  });
  const tools = easelTools(easel, { load: () => load(), save: () => save() });
  const pick = (n) => {
    chosen = n;
    easel.label = n;
    if (easel.tool === "eraser") easel.tool = "brush";
    refresh();
  };
  const list = labelList({ pick, changed: () => redraw() });
  const assigned = styles.length ? assignment(styles, serves, () => refresh()) : null;
  const warning = el("p", { class: "wrong", role: "status" });
  const about = el("p", { class: "quiet small-text" });
  const tabs = targets.map((one) => {
    const image = el("img", { src: urls.picture(one.picture.id, 120), alt: "" });
    return el("button", { type: "button", class: "target", role: "tab", id: `tab-${one.key}`, "aria-controls": "easel-panel", on: { click: () => turn(one) } }, image, el("span", { text: one.title }));
  });
  const tablist = el("div", { class: "targets", role: "tablist", "aria-label": "What to paint on", hidden: targets.length < 2 }, tabs);
  tablist.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = targets[(targets.indexOf(now) + by + targets.length) % targets.length];
    turn(next);
    tabs[targets.indexOf(next)].focus();
  });
  const finish = button({ text: "Done", kind: "first" });
  const cancel = button({ text: "Cancel", kind: "second" });
  const clear = button({ text: "Clear this map", kind: "link" });
  clear.addEventListener("click", () => {
    now.map.begin();
    now.map.clear();
    now.map.end();
    now.dirty = true;
    redraw();
  });
  const side = el("div", { class: "regions-side" }, about, list.node, assigned && assigned.node, warning, clear);
  const node = el(
    "dialog",
    { class: "regions", "aria-labelledby": "regions-title" },
    el("div", { class: "regions-head" }, el("h2", { id: "regions-title", text: title }), el("div", { class: "regions-ends" }, cancel, finish)),
    tools.node,
    el("div", { class: "regions-body" }, tablist, el("div", { class: "easel-panel", id: "easel-panel", role: targets.length > 1 ? "tabpanel" : "group" }, easel.node), side),
  );

  const labelsOf = (one) => (one.protects ? PROTECT_LABELS : labels);
  const turn = (one) => {
    now = one;
    chosen = Math.min(Math.max(1, chosen), labelsOf(one).length - 1);
    easel.label = chosen;
    easel.show({
      url: urls.picture(one.picture.id, MOST_PX),
      map: one.map,
      labels: one.protects ? SHIELD : labels,
      alpha: one.protects ? SHIELD_VEIL : VEIL,
      alt: one.title,
    });
    refresh();
  };
  const redraw = () => {
    easel.redraw();
    refresh();
  };
  const refresh = () => {
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(targets[i] === now));
      tab.tabIndex = targets[i] === now ? 0 : -1;
      tab.classList.toggle("painted", targets[i].map.isPainted);
    });
    const panel = node.querySelector(".easel-panel");
    if (targets.length > 1) panel.setAttribute("aria-labelledby", `tab-${now.key}`);
    about.textContent = aboutOf(now);
    list.show(labelsOf(now), chosen, now.protects);
    if (assigned) {
      assigned.node.hidden = now.protects;
      assigned.show(labels);
    }
    warning.textContent = unserved(targets, labels, serves);
    tools.show();
  };
  const load = async () => {
    const [file] = await choose(false, "image/png");
    if (!file) return;
    try {
      const image = await createImageBitmap(file);
      now.map.begin();
      const all = now.map.take(image, now.protects ? PROTECT_LABELS : now.map.isPainted || targets.some((one) => one.map.isPainted) ? labels : [], now.protects ? 2 : MOST_LABELS, (n) => (n ? `Part ${n + 1}` : "Everything else"));
      now.map.end();
      now.dirty = true;
      if (!now.protects) labels.splice(0, labels.length, ...all);
      redraw();
    } catch {
      trouble(new Error(`${file.name} could not be read; a map is a PNG of flat colours.`));
    }
  };
  const save = async () => {
    const url = URL.createObjectURL(await now.map.png(labelsOf(now)));
    el("a", { href: url, download: `${bareName(now.picture.name)}-${now.protects ? "protect" : "regions"}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };
  node.addEventListener("keydown", (event) => {
    const number = Number(event.key);
    const typing = event.target.matches("input[type=text]");
    if (!typing && !event.ctrlKey && number >= 1 && number <= labelsOf(now).length) pick(number - 1);
    else if (typing || !tools.key(event)) return;
    event.preventDefault();
  });

  return new Promise((resolve) => {
    const before = document.activeElement;
    const isDirty = () => targets.some((one) => one.dirty);
    const warn = (text) => {
      warning.textContent = text;
      warning.scrollIntoView({ block: "nearest" });
    };
    finish.addEventListener("click", async () => {
      const missing = unserved(targets, labels, serves);
      if (missing) return warn(missing);
      finish.disabled = true;
      try {
        await keep();
        node.close();
      } catch (error) {
        finish.disabled = false;
        finish.focus();
        warn(error.message || String(error));
      }
      return undefined;
    });
    cancel.addEventListener("click", () => node.close());
    // Escape would throw work away: with something painted it only moves to the Cancel button.
    node.addEventListener("cancel", (event) => {
      if (!isDirty()) return;
      event.preventDefault();
      cancel.focus();
    });
    // Nor may a reload, or a tab that is closed, without a question.
    const ask = (event) => isDirty() && event.preventDefault();
    addEventListener("beforeunload", ask);
    node.addEventListener("close", () => {
      node.remove();
      removeEventListener("beforeunload", ask);
      if (before && before.isConnected) before.focus();
      resolve();
    });
    document.body.append(node);
    node.showModal();
    leavesOnBack(node, () => {
      if (isDirty()) {
        warn("Done keeps what you painted; Cancel leaves it.");
        cancel.focus();
        return false;
      }
      node.close();
      return true;
    });
    turn(now);
    easel.canvas.focus();
  });
}

function aboutOf(one) {
  if (one.protects) return "What you paint stays as it is in the photograph.";
  if (one.key === "photo") return "Give each part of the photograph a label, then say which style serves it.";
  return "Paint which part of this style serves which label; it is used where “Parts painted on it” is chosen.";
}

/** A sentence where a label of the photograph is served by no style, else "". */
function unserved(targets, labels, serves) {
  const photo = targets[0];
  if (photo.protects || !photo.map.isPainted) return "";
  const used = new Set(photo.map.cells);
  for (const [n, label] of labels.entries()) {
    if (!used.has(n)) continue;
    const served = serves.some((what, i) => what === "all" || what === label.colour || (what === "own" && targets[i + 1].map.cells.includes(n)));
    if (!served) return `No style serves “${label.name}” yet: choose one for it below Styles.`;
  }
  return "";
}
