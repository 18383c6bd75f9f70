/* The stream of the server's events, and a calm banner while it is away. */

import { forget, hear, readJobs } from "./jobs.js";

const AGAIN_MS = 1500;
// A restarted server is given a moment before anything is said.
const PATIENCE_MS = 1200;
// A browser keeps six connections to a host, for all its tabs: those out of sight ask now and then.
const HIDDEN_MS = 5000;

/** Keep the page's jobs up to date for as long as it is open. */
export function startEvents(banner) {
  let patience = 0;
  let source = null;
  let timer = 0;

  const away = () => {
    patience ||= setTimeout(() => {
      banner.textContent = "The studio does not answer. Looking for it again; what was painted is kept.";
      banner.hidden = false;
    }, PATIENCE_MS);
  };
  const back = () => {
    clearTimeout(patience);
    patience = 0;
    banner.hidden = true;
  };
  const rest = () => {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  };

  const listen = () => {
    rest();
    source = new EventSource("api/events");
    source.addEventListener("open", () => {
      back();
      readJobs().catch(() => {});
    });
    source.addEventListener("job", (event) => hear(JSON.parse(event.data)));
    source.addEventListener("removed", (event) => forget(JSON.parse(event.data).id));
    source.addEventListener("error", () => {
      away();
      // The browser gives up for good after an error status; we never do.
      rest();
      timer = setTimeout(follow, AGAIN_MS);
    });
  };
  const ask = () => {
    rest();
    timer = setTimeout(async () => {
      await readJobs().then(back, away);
      if (document.hidden) ask();
    }, HIDDEN_MS);
  };
  const follow = () => (document.hidden ? ask() : listen());

  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", rest);
  addEventListener("pageshow", (event) => event.persisted && follow());
  follow();
}
