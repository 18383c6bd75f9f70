/* The server's interface, one function for each thing that can be asked of it. */

import { sentence } from "./words.js";

/** What went wrong, as one sentence for the person; `field` is the option it is about, or null. */
export class ApiError extends Error {
  constructor(message, { status = 0, field = null } = {}) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

const AWAY = "The studio does not answer. Is it still running?";

async function ask(path, { method = "GET", json, body, type } = {}) {
  const headers = {};
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (type) headers["Content-Type"] = type;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: json === undefined ? body : JSON.stringify(json) });
  } catch {
    throw new ApiError(AWAY);
  }
  const read = await answer.json().catch(() => null);
  if (!answer.ok) throw refusal(answer, read);
  return read;
}

function refusal(answer, read) {
  let detail = read && read.detail;
  if (Array.isArray(detail)) detail = detail.map((part) => part.msg).join("; ");
  const message = detail || `The studio answered ${answer.status} ${answer.statusText}.`;
  const field = ((read && read.field) || "").replace(/^options\./, "") || null;
  return new ApiError(sentence(message), { status: answer.status, field });
}

const job = (id) => `api/jobs/${encodeURIComponent(id)}`;
const picture = (id) => `api/pictures/${encodeURIComponent(id)}`;

export const api = {
  about: () => ask("api/about"),
  options: () => ask("api/options"),
  examples: () => ask("api/examples"),
  jobs: async () => (await ask("api/jobs")).jobs,
  job: (id) => ask(job(id)),
  upload: (blob, name) =>
    ask(`api/pictures?name=${encodeURIComponent(name)}`, {
      method: "POST",
      body: blob,
      type: blob.type || "application/octet-stream",
    }),
  pictureAbout: (id) => ask(`${picture(id)}/about`),
  paint: (asked) => ask("api/jobs", { method: "POST", json: asked }),
  looks: (asked) => ask("api/looks", { method: "POST", json: asked }),
  pause: (id) => ask(`${job(id)}/pause`, { method: "POST" }),
  go: (id) => ask(`${job(id)}/go`, { method: "POST" }),
  stop: (id) => ask(`${job(id)}/stop`, { method: "POST" }),
  cancel: (id) => ask(`${job(id)}/cancel`, { method: "POST" }),
  change: (id, change) => ask(`${job(id)}/change`, { method: "POST", json: change }),
  back: (id, n) => ask(`${job(id)}/back`, { method: "POST", json: { n } }),
  again: (id, options) => ask(`${job(id)}/again`, { method: "POST", json: { options: options || {} } }),
  remove: (id) => ask(job(id), { method: "DELETE" }),
};

/** Addresses of pictures and files, for <img> and links. */
export const urls = {
  picture: (id, longSide) => (longSide ? `${picture(id)}?long_side=${longSide}` : picture(id)),
  map: (id) => `${picture(id)}?map=1`,
  preview: (id, n) => `${job(id)}/preview?n=${n}`,
  step: (id, n) => `${job(id)}/steps/${n}`,
  // `n` counts previews: a picture that was painted on is another one.
  view: (id, n) => `${job(id)}/result?view=1&n=${n}`,
  crop: (id, { x, y, w, h }, of, n) => `${job(id)}/crop?x=${x}&y=${y}&w=${w}&h=${h}&of=${of}&n=${n}`,
};
