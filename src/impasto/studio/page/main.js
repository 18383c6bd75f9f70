/* The page: which view is shown, the count of jobs, light and dark, and the stream of events. */

import { el } from "./dom.js";
import { startEvents } from "./events.js";
import { allJobs, onJobs, readJobs } from "./jobs.js";
import { looksView } from "./looks.js";
import { paintView } from "./paint.js";
import { queueView } from "./queue.js";
import { startView } from "./start.js";
import { startTheme } from "./theme.js";
import { isLive } from "./words.js";

const main = document.getElementById("main");
const VIEWS = { start: startView, job: paintView, looks: looksView, queue: queueView };
const TITLES = { start: "impasto studio", looks: "Four looks · impasto", queue: "Pictures · impasto" };
const NAMED = new Set(["job", "looks"]); // views of something that the address names
let end = () => {};
let turn = 0;

async function route({ focus = true } = {}) {
  const [name, id] = location.hash.replace(/^#\//, "").split("/");
  const view = Object.hasOwn(VIEWS, name) && (id || !NAMED.has(name)) ? name : "start";
  turn += 1;
  const mine = turn;
  end();
  end = () => {};
  for (const link of document.querySelectorAll(".nav a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = TITLES[view] || "impasto studio";
  document.body.dataset.view = view;
  try {
    const host = el("div", { class: "view" });
    const ended = await VIEWS[view](host, id && decodeURIComponent(id));
    if (mine !== turn) {
      ended();
      return;
    }
    end = ended;
    main.replaceChildren(host);
    main.dataset.ready = view;
    scrollTo(0, 0);
    if (focus) main.focus({ preventScroll: true });
  } catch (error) {
    if (mine !== turn) return;
    main.replaceChildren(failed(error));
  }
}

function failed(error) {
  const again = el("button", { type: "button", class: "button second", text: "Look again", on: { click: () => route() } });
  return el("div", { class: "absent" }, el("h1", { text: "This could not be shown" }), el("p", { class: "quiet", text: error.message || String(error) }), again);
}

function showCount() {
  const count = allJobs().filter(isLive).length;
  const badge = document.getElementById("count");
  badge.textContent = String(count);
  badge.hidden = !count;
  badge.setAttribute("aria-label", `${count} being painted or waiting`);
}

startTheme(document.getElementById("theme"));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
onJobs(showCount);
startEvents(document.getElementById("banner"));
addEventListener("hashchange", () => route());
await Promise.all([readJobs().catch(() => {}), route({ focus: false })]);
