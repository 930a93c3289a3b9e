// What the page shows: now or a past moment; the alarms of that moment; the newest values of the tags that somebody looks at.
//
// Events: "mode" (live ↔ replay, or another moment), "rows" (alarms changed), "values" (of watched tags).
import * as live from "../core/alarms.js";
import { nowMs } from "../core/clock.js";
import { request } from "../core/http.js";
import { watchTags } from "../core/live.js";
import { config } from "./config.js";

const events = new EventTarget();
export const on = (name, act) => events.addEventListener(name, act);
const tell = (name) => events.dispatchEvent(new Event(name));

const DEFAULT_PERIOD_S = 10;
const watched = new Map(); // who looks → numbers of tags
const now = { values: new Map() };
const periods = new Map(); // number of a tag → usual time between its samples [s]
let past = null; // {atMs, rows, values, isAway}
let hasHeard = false;
let ask = null;

/** The moment shown [ms]: null while live. */
export const atMs = () => past?.atMs ?? null;
/** The moment shown, also while live. */
export const shownMs = () => past?.atMs ?? nowMs();
export const isAway = () => past?.isAway ?? false;
/** Whether the live board has spoken at all: before that an empty list would be a lie. */
export const isKnown = () => past !== null || hasHeard;
/** Alarms of the shown moment, as console rows with their places. */
export const rows = () => past?.rows ?? live.all().map(placed);
/** Whether an alarm waits for the acknowledgement of this page's party, at the shown moment. */
export const isOwed = (row) => live.isOwed(row, shownMs());
export const stateOf = (row) => live.isaState(row, shownMs());
/** The value of a tag: [ts_ms, value | text | null, quality], or undefined. */
export const valueOf = (n) => (past ? past.values : now.values).get(n);

/** The usual time between samples of a tag [s], for its age; a guess until it is known. */
export const periodOf = (n) => periods.get(n) ?? DEFAULT_PERIOD_S;

/** Somebody (`who`) looks at these tags from now on; an empty list ends it. */
export async function watch(who, numbers) {
  if (numbers.length) watched.set(who, [...numbers]);
  else watched.delete(who);
  const all = [...new Set([...watched.values()].flat())];
  if (past) {
    await travel(past.atMs);
    return;
  }
  watchTags(all);
  await fetchMissing(all);
}

async function fetchMissing(all) {
  const missing = all.filter((n) => !now.values.has(n) || !periods.has(n));
  if (!missing.length || !config.may.values) return;
  try {
    for (const v of await request(`/api/v1/values?tags=${missing.join(",")}`)) {
      if (v.period_s) periods.set(v.tag, v.period_s);
      if (v.at_ms !== null) keep([v.tag, v.at_ms, v.text ?? v.value, v.quality]);
    }
    tell("values");
  } catch {
    // The live stream brings them with their next sample; until then the card says that there is none.
  }
}

function keep([n, ts, value, quality]) {
  const known = now.values.get(n);
  if (!known || known[0] <= ts) now.values.set(n, [ts, value, quality]);
}

/** Show a past moment. */
export async function travel(ms) {
  ask?.abort();
  ask = new AbortController();
  const { signal } = ask;
  const numbers = [...new Set([...watched.values()].flat())];
  const isNew = past?.atMs !== ms;
  past = { rows: [], values: new Map(), isAway: false, ...past, atMs: ms };
  if (isNew) tell("mode");
  const found = await request(`/api/v1/map/replay?at=${Math.round(ms)}&tags=${numbers.join(",")}`, { signal });
  if (signal.aborted || past === null) return;
  past = { atMs: ms, rows: found.alarms, isAway: found.is_away, values: new Map(found.values.map(([n, ...rest]) => [n, rest])) };
  tell("rows");
  tell("values");
}

/** Back to the present. */
export function comeBack() {
  if (!past) return;
  ask?.abort();
  past = null;
  tell("mode");
  tell("rows");
  watch("", []);
  tell("values");
}

// -- places: an alarm that has just been raised comes without one

const PLACES_AT_ONCE = 500;
const places = new Map(); // number of a tag → [lon, lat, asset] | null
const unplaced = new Set();
let isAsking = false;

function placed(row) {
  if (Number.isFinite(row.lon)) return row;
  const known = places.get(row.tag);
  if (known === undefined) {
    unplaced.add(row.tag);
    locate();
  }
  return known ? { ...row, lon: known[0], lat: known[1], asset: row.asset || known[2] } : row;
}

async function locate() {
  if (isAsking) return;
  isAsking = true;
  // Alarms come in bursts: all of one frame are asked for together.
  await new Promise((go) => requestAnimationFrame(go));
  const some = [...unplaced].slice(0, PLACES_AT_ONCE);
  some.forEach((n) => unplaced.delete(n));
  try {
    const found = await request(`/api/v1/map/places?tags=${some.join(",")}`);
    for (const n of some) places.set(n, found[n] ?? null);
    if (!past) tell("rows");
  } catch {
    setTimeout(() => some.forEach((n) => unplaced.add(n)), 2000);
  }
  isAsking = false;
  if (unplaced.size) locate();
}

export function start() {
  document.addEventListener("cw:snapshot", ({ detail }) => {
    hasHeard = true;
    for (const v of detail?.values ?? []) keep(v);
    if (!past) tell("rows");
    if (!past && detail?.values?.length) tell("values");
  });
  document.addEventListener("cw:alarms-changed", () => !past && tell("rows"));
  document.addEventListener("cw:value", ({ detail }) => {
    const list = Array.isArray(detail) ? detail : (detail?.values ?? []);
    list.forEach(keep);
    if (!past) tell("values");
  });
}
