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

/** Take in what the server says of a job; an event lacks what it was asked and old losses. */
export function takeIn(job) {
  const before = known.get(job.id);
  const merged = { losses: [], changes: [], steps: [], notes: [], files: {}, ...before, ...job };
  if (job.loss && !job.losses) merged.losses = extended(merged.losses, job.loss);
  known.set(job.id, merged);
  tell(merged);
  return merged;
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
export async function readJobs() {
  const jobs = await api.jobs();
  const present = new Set(jobs.map((job) => job.id));
  for (const id of [...known.keys()]) if (!present.has(id)) known.delete(id);
  for (const job of jobs) {
    const before = known.get(job.id);
    known.set(job.id, { losses: [], changes: [], steps: [], notes: [], files: {}, ...before, ...job });
  }
  tell(null);
}

/** Read one job in full. */
export const readJob = async (id) => takeIn(await api.job(id));
