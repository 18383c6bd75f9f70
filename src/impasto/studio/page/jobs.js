/* What the page knows of all jobs: filled by requests, kept up by the server's events. */

import { api } from "./api.js";

const MOST_POINTS = 600;
const known = new Map();
const listeners = new Set();

/** Return all jobs, newest first. */
export const allJobs = () => [...known.values()].sort((a, b) => order(b) - order(a));

const order = (job) => (typeof job.created === "number" ? job.created : Date.parse(job.created) / 1000 || 0);

/** Return one job, or undefined. */
export const jobOf = (id) => known.get(id);

/** Call `listener(job | null)` at each change, null when many or a removed one; returns how to end it. */
export function onJobs(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tell = (job) => {
  for (const listener of [...listeners]) listener(job);
};

// Which event was heard last of each job, counted: an answer that was on its way meanwhile is older.
let heard = 0;
const lastHeard = new Map();
const EMPTY = { losses: [], changes: [], steps: [], notes: [], files: {} };

/** Take in an event; it lacks what the job was asked, and all losses but the last. */
export function hear(job) {
  heard += 1;
  lastHeard.set(job.id, heard);
  const merged = { ...EMPTY, ...known.get(job.id), ...job };
  if (job.loss) merged.losses = extended(merged.losses, job.loss);
  known.set(job.id, merged);
  tell(merged);
}

/** Ask the server for something that answers with a job, and take it in; returns the job. */
export async function asking(work) {
  const since = heard;
  const job = await work();
  takeIn(job, since);
  tell(jobOf(job.id));
  return jobOf(job.id);
}

function takeIn(job, since) {
  const before = known.get(job.id);
  const isOlder = (lastHeard.get(job.id) || 0) > since;
  if (!isOlder) known.set(job.id, { ...EMPTY, ...before, ...job });
  else known.set(job.id, { ...EMPTY, ...job, ...before, asked: job.asked, losses: before.losses.reduce(extended, job.losses || []) });
}

function extended(losses, point) {
  // Going back, or a resumed run, counts on from an earlier evaluation.
  const kept = losses.filter(([evaluation]) => evaluation < point[0]);
  kept.push(point);
  return kept.length > MOST_POINTS ? kept.filter((_, i) => i % 2 === 0 || i > kept.length - 50) : kept;
}

/** Forget a job that was removed. */
export function forget(id) {
  if (known.delete(id)) tell(null);
}

/** Read all jobs anew; those that the server no longer has are forgotten. */
export const readJobs = () => askingAll(api.jobs, true);

/** Ask for something that answers with several jobs; with `all` there are no others. */
export async function askingAll(work, all = false) {
  const since = heard;
  const jobs = await work();
  const present = new Set(jobs.map((job) => job.id));
  const isGone = (id) => all && !present.has(id) && (lastHeard.get(id) || 0) <= since;
  for (const id of [...known.keys()].filter(isGone)) known.delete(id);
  for (const job of jobs) takeIn(job, since);
  tell(null);
  return jobs;
}

/** Read one job in full. */
export const readJob = (id) => asking(() => api.job(id));
