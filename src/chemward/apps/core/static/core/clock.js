// The clock, and ages and deadlines counted on by the browser itself: a dead stream cannot keep an age young.
import { ageWords, clockText, dayText, freshness, rest } from "./format.js";
import { word, words } from "./words.js";

const TICK_MS = 1000;
const stated = Number(document.querySelector('meta[name="cw-now-ms"]')?.content);
// How far the server's clock is ahead of ours; refined by every beat of the live stream.
let aheadMs = stated ? stated - Date.now() : 0;

/** The server's clock now [ms]. */
export const nowMs = () => Date.now() + aheadMs;

/** Take the server's time from a message that has just arrived. A message can only be late, so the largest lead is the truest. */
export function learn(atMs) {
  const lead = atMs - Date.now();
  aheadMs = lead > aheadMs || aheadMs - lead > 5000 ? lead : aheadMs;
}

/** Bring one age element up to date. */
export function renderAge(element, now = nowMs()) {
  const ageS = Math.max(0, (now - Number(element.dataset.atMs)) / 1000);
  const state = freshness(ageS, Number(element.dataset.periodS) || 60);
  element.classList.toggle("late", state === "late");
  element.classList.toggle("dead", state === "dead");
  setText(element, ageWords(ageS, state));
}

/** Give an age element a new moment. */
export function setAge(element, atMs, periodS) {
  element.dataset.atMs = String(atMs);
  if (periodS) element.dataset.periodS = String(periodS);
  element.classList.remove("none");
  renderAge(element);
}

function renderDue(element, now) {
  const left = (Number(element.dataset.dueMs) - now) / 1000;
  element.classList.toggle("yel", left < 0);
  setText(element, rest(left));
}

function setText(element, text) {
  // Writing the same text again would still wake screen readers and selections.
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const now = nowMs();
  for (const e of document.querySelectorAll("[data-clock]")) setText(e, clockText(now));
  for (const e of document.querySelectorAll("[data-date]")) setText(e, dateWords(now));
  for (const e of document.querySelectorAll(".age[data-at-ms]")) renderAge(e, now);
  for (const e of document.querySelectorAll("[data-due-ms]")) renderDue(e, now);
  setTimeout(tick, TICK_MS - (now % TICK_MS) + 5);
}

function dateWords(now) {
  const [year, month, day] = dayText(now).split("-").map(Number);
  const weekday = words.weekdays?.[new Date(Date.UTC(year, month - 1, day)).getUTCDay()] ?? "";
  return word("date", { month, day, weekday });
}

export function start() {
  tick();
}
