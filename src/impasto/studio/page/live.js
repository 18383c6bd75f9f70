/* What may be changed while it paints: a few sliders that act by themselves once left alone. */

import { api, urls } from "./api.js";
import { control, fillTrack } from "./controls.js";
import { button, debounced, el } from "./dom.js";
import { asking } from "./jobs.js";
import { say, trouble } from "./notice.js";
import { named } from "./recipe.js";
import { openProtection } from "./regions.js";
import { bareName } from "./words.js";

const WAIT_MS = 700;
const IN_SIGHT = ["strength", "smoothness"];

/** Make the sliders for a job; `offer` is GET /api/options. Returns {node, show(job)}. */
export function live(offer, job) {
  const options = offer.groups.flatMap((group) => group.options).filter((option) => option.live && option.name !== "style_blend");
  let waiting = {};
  let current = job;
  const status = el("p", { class: "live-status quiet", role: "status" });

  const send = debounced(WAIT_MS, async () => {
    const sent = waiting;
    waiting = {};
    status.textContent = "Changing…";
    try {
      const answer = await asking(() => api.change(current.id, { options: sent }));
      status.textContent = "Changed; it paints on with the new aim.";
      say(status.textContent);
      show(answer);
    } catch (error) {
      status.textContent = "";
      const made = controls.find(({ option }) => option.name === error.field);
      if (made) made.fault(error.message);
      else trouble(error);
      show(current);
    }
  });
  const set = (name, value) => {
    const made = controls.find(({ option }) => option.name === name);
    const to = value === undefined ? before(current.asked, offer, made && made.option) : value;
    waiting = { ...waiting, [name]: to };
    if (made) {
      made.fault("");
      made.show(to, false);
    }
    status.textContent = "Changes in a moment…";
    send();
  };

  const controls = options.map((option) => ({ option, ...control(option, set) }));
  const first = controls.filter(({ option }) => IN_SIGHT.includes(option.name));
  first.sort((a, b) => IN_SIGHT.indexOf(a.option.name) - IN_SIGHT.indexOf(b.option.name));
  const rest = controls.filter(({ option }) => !IN_SIGHT.includes(option.name));
  const blend = (job.asked.styles || []).length > 1 ? blendSliders(job, set) : null;
  const protect = job.asked.content ? button({ text: "Protect parts", symbol: "protect", kind: "second small", onClick: () => brush() }) : null;
  const brush = async () => {
    const map = await openProtection(current.asked.content, current.protect || current.asked.protect);
    if (map === undefined) return;
    try {
      await asking(async () => ({ ...(await api.change(current.id, { options: {}, protect: map })), protect: map }));
      say("Protection changed");
    } catch (error) {
      trouble(error);
    }
  };
  const node = el(
    "section",
    { class: "live", "aria-labelledby": "live-heading" },
    el("h3", { id: "live-heading", text: "While it paints" }),
    first.map((made) => made.node),
    blend && blend.node,
    rest.length ? el("details", { class: "fold" }, el("summary", {}, el("span", { text: "Weights" })), rest.map((made) => made.node)) : null,
    el("div", { class: "live-foot" }, protect, status),
  );

  const show = (now) => {
    current = now;
    const open = now.state === "running" || now.state === "paused";
    node.hidden = !open;
    for (const { option, show: put } of controls) {
      if (!(option.name in waiting)) put(valueNow(now, offer, option), changed(now, option.name));
    }
    if (blend && !("style_blend" in waiting)) blend.show(now);
  };
  return { node, show };
}

const changed = (job, name) => job.changes.some(({ options }) => options && name in options);

function valueNow(job, offer, option) {
  for (const { options } of [...job.changes].reverse()) if (options && option.name in options) return options[option.name];
  return before(job.asked, offer, option);
}

function before(asked, offer, option) {
  if (!option) return undefined;
  if (asked.options && option.name in asked.options) return asked.options[option.name];
  const preset = offer.presets.find(({ name }) => name === asked.preset);
  return preset && option.name in preset.options ? preset.options[option.name] : option.default;
}

function blendSliders(job, set) {
  const { styles } = job.asked;
  const shares = styles.map(({ weight }) => (typeof weight === "number" ? weight : 1));
  const rows = styles.map((style, i) => {
    const slider = el("input", { type: "range", min: 0, max: 100, step: 1, "aria-label": `Share of style ${i + 1}` });
    const name = el("span", { text: `Style ${i + 1}` });
    named(style.picture).then((picture) => {
      if (!picture) return;
      name.textContent = bareName(picture.name);
      slider.setAttribute("aria-label", `Share of ${name.textContent}`);
    });
    const image = el("img", { src: urls.picture(style.picture, 100), alt: "" });
    const output = el("output", {});
    slider.addEventListener("input", () => {
      shares[i] = Number(slider.value) / 100;
      if (!shares.some((share) => share > 0)) shares[i] = 0.01;
      put(slider, output, shares[i]);
      set("style_blend", shares.join(","));
    });
    return { slider, output, node: el("div", { class: "weight with-picture" }, image, name, slider, output) };
  });
  const show = (now) => {
    const last = [...now.changes].reverse().find(({ options }) => options && options.style_blend);
    if (last) sharesOf(last.options.style_blend).forEach((share, i) => (shares[i] = share));
    rows.forEach(({ slider, output }, i) => put(slider, output, shares[i]));
  };
  return { node: el("div", { class: "blend", role: "group", "aria-label": "Blend of the styles" }, rows.map((row) => row.node)), show };
}

/** Shares as they are kept, a list, or as they are sent, "0.7,0.3". */
const sharesOf = (blend) => (Array.isArray(blend) ? blend : String(blend).split(",").map(Number));

function put(slider, output, share) {
  slider.value = Math.round(share * 100);
  output.textContent = `${slider.value} %`;
  slider.setAttribute("aria-valuetext", output.textContent);
  fillTrack(slider);
}
