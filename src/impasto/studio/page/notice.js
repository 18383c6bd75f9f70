/* Calm sentences at the edge of the page: what happened, and what can be done about it. */

import { button, el } from "./dom.js";

const SECONDS = 9;

/** Say something to screen readers only. */
export function say(text) {
  const polite = document.getElementById("polite");
  polite.textContent = "";
  setTimeout(() => {
    polite.textContent = text;
  }, 60);
}

/**
 * Show a sentence. `kind` is "plain" or "trouble", which stays until it is closed; `action` is
 * {text, run} for a button. Returns a function that takes it away.
 */
export function notice(text, { kind = "plain", action = null, onGone = null } = {}) {
  const host = document.getElementById("notices");
  for (const old of [...host.children]) if (old.dataset.text === text) old.remove();
  const shown = el("div", { class: `notice ${kind}`, role: kind === "trouble" ? "alert" : "status", data: { text } });
  let timer = 0;
  let gone = false;
  const close = (acted = false) => {
    if (gone) return;
    gone = true;
    clearTimeout(timer);
    shown.remove();
    if (onGone) onGone(acted);
  };
  shown.append(el("p", { text }));
  if (action) {
    const act = () => {
      close(true);
      action.run();
    };
    shown.append(button({ text: action.text, kind: "link", onClick: act }));
  }
  shown.append(button({ label: "Close", symbol: "close", kind: "icon-button small", onClick: () => close() }));
  const wait = () => {
    clearTimeout(timer);
    if (kind !== "trouble") timer = setTimeout(close, SECONDS * 1000);
  };
  for (const name of ["pointerenter", "focusin"]) shown.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) shown.addEventListener(name, wait);
  wait();
  host.append(shown);
  while (host.children.length > 3) host.firstElementChild.remove();
  return close;
}

/** Show what went wrong. */
export function trouble(error) {
  notice(error.message || String(error), { kind: "trouble" });
}
