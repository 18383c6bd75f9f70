/* Numbers, times and states as people say them. */

/** 95 -> "1 min 35 s". */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 10) return `${minutes} min ${whole % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A time of the server, which may be seconds since 1970 or ISO text, as "today, 14:05". */
export function moment(time) {
  if (time === null || time === undefined) return "";
  const date = new Date(typeof time === "number" ? time * 1000 : time);
  if (Number.isNaN(date.getTime())) return "";
  const clock = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (date.toDateString() === new Date().toDateString()) return `today, ${clock}`;
  return `${date.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" })}, ${clock}`;
}

/** 3 significant digits, no trailing noughts. */
export function plain(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return String(value);
  return String(Number(value.toPrecision(3)));
}

/** "coffee.jpg" -> "coffee". */
export function bareName(name) {
  return (name || "").replace(/\.[A-Za-z0-9]{2,5}$/, "");
}

/** A sentence as sentences begin and end. */
export const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.?!…]$/.test(text) ? "" : "."}` : "");

/** The name of an option, as "style_scale" -> "Style scale". */
export function titleOf(name) {
  const spaced = name.replaceAll("_", " ");
  return spaced[0].toUpperCase() + spaced.slice(1);
}

const STATES = {
  queued: "Waiting",
  running: "Painting",
  paused: "Paused",
  interrupted: "Interrupted",
  done: "Done",
  stopped: "Stopped and kept",
  cancelled: "Cancelled",
  failed: "Could not be painted",
};

export const stateOf = (job) => STATES[job.state] || job.state;

const LIVE = new Set(["queued", "running", "paused", "interrupted"]);
export const isLive = (job) => LIVE.has(job.state);

/** Title of a job, for headings. */
export const titleOfJob = (job) => job.title || "Untitled";

/** What differs from the preset, in a line: "standard · 512 px · strength 60". */
export function settingsInShort(asked) {
  if (!asked) return "";
  const { size, ...rest } = asked.options || {};
  const parts = [asked.preset || "standard"];
  if (size) parts.push(typeof size === "number" ? `${size} px` : String(size));
  for (const [name, value] of Object.entries(rest).slice(0, 3)) {
    parts.push(`${name.replaceAll("_", " ")} ${typeof value === "number" ? plain(value) : JSON.stringify(value).replaceAll('"', "")}`);
  }
  return parts.join(" · ");
}
