/* The stream of the server's events, and a calm banner while it is away. */

import { forget, hear, readJobs } from "./jobs.js";

const AGAIN_MS = 1500;
// A restarted server is given a moment before anything is said.
const PATIENCE_MS = 1200;

/** Keep the page's jobs up to date for as long as it is open. */
export function startEvents(banner) {
  let patience = 0;
  let source = null;

  const away = () => {
    if (patience) return;
    patience = setTimeout(() => {
      banner.textContent = "The studio does not answer. Looking for it again; what was painted is kept.";
      banner.hidden = false;
    }, PATIENCE_MS);
  };
  const back = () => {
    clearTimeout(patience);
    patience = 0;
    banner.hidden = true;
    readJobs().catch(() => {});
  };

  const connect = () => {
    source = new EventSource("api/events");
    source.addEventListener("open", back);
    source.addEventListener("job", (event) => hear(JSON.parse(event.data)));
    source.addEventListener("removed", (event) => forget(JSON.parse(event.data).id));
    source.addEventListener("error", () => {
      away();
      // The browser gives up for good after an error status; we never do.
      source.close();
      setTimeout(connect, AGAIN_MS);
    });
  };
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && connect());
  connect();
}
