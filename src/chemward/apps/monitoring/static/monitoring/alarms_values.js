// The value of each listed alarm now, its age and where it goes: from the live stream, begun with what the historian knows.
import { renderAge, setAge } from "../core/clock.js";
import * as board from "../core/alarms.js";
import { freshness } from "../core/format.js";
import { request } from "../core/http.js";
import { watchTags } from "../core/live.js";
import { showValue } from "./alarms_row.js";

const ASK_EVERY_MS = 2000;
const TREND_MS = 60_000;
const KEPT = 40;
const CHANGE = 0.02; // of the value: less is noise
const DEFAULT_PERIOD_S = 10;
const values = new Map(); // tag → {ts, value, quality, periodS, past}
let watched = "";
let wanted = [];
let askedAt = -Infinity;
let waiting = 0;
let told = () => {};

export function startValues(onValues) {
  told = onValues;
  document.addEventListener("cw:value", ({ detail }) => take(detail.values ?? []));
  document.addEventListener("cw:snapshot", ({ detail }) => take(detail.values ?? []));
}

/** Watch the tags of these alarms; asked for at most every two seconds, however fast the list changes. */
export function watch(alarms) {
  wanted = [...new Set(alarms.filter((a) => a?.tag).map((a) => a.tag))].sort((a, b) => a - b);
  const key = wanted.join(",");
  if (key === watched || waiting) return;
  const wait = Math.max(0, ASK_EVERY_MS - (performance.now() - askedAt));
  waiting = setTimeout(ask, wait);
}

async function ask() {
  waiting = 0;
  askedAt = performance.now();
  watched = wanted.join(",");
  watchTags(wanted);
  const unknown = wanted.filter((tag) => !values.get(tag)?.periodS);
  if (!unknown.length) return;
  try {
    for (const row of await request(`/api/v1/values?tags=${unknown.join(",")}`)) begin(row);
    told();
  } catch {
    // Without the historian the stream tells; the expected period is then the usual one.
  }
}

function begin(row) {
  const known = values.get(row.tag) ?? { past: [] };
  known.periodS = row.period_s || DEFAULT_PERIOD_S;
  if (row.at_ms && !(known.ts > row.at_ms)) Object.assign(known, { ts: row.at_ms, value: row.text ?? row.value, quality: row.quality ?? 0 });
  values.set(row.tag, known);
}

function take(rows) {
  for (const [tag, ts, value, quality] of rows) {
    const known = values.get(tag) ?? { past: [] };
    Object.assign(known, { ts, value, quality });
    if (typeof value === "number") {
      known.past.push([ts, value]);
      if (known.past.length > KEPT) known.past.shift();
    }
    values.set(tag, known);
  }
  if (rows.length) told();
}

/** Bring values, ages and directions of the drawn rows up to date. */
export function showValues(drawn, now) {
  for (const [id, row] of drawn) {
    const alarm = board.get(id);
    const known = alarm && values.get(alarm.tag);
    if (!known?.ts) continue;
    const periodS = known.periodS ?? DEFAULT_PERIOD_S;
    const state = freshness((now - known.ts) / 1000, periodS);
    row.cw.value = known.value;
    showValue(row, alarm, known.value, state);
    setDirection(row, alarm, known, now);
    if (row.cw.age.dataset.atMs !== String(known.ts)) setAge(row.cw.age, known.ts, periodS);
    else renderAge(row.cw.age, now);
  }
}

function setDirection(row, alarm, known, now) {
  const recent = known.past.filter(([ts]) => now - ts < TREND_MS);
  row.cw.going = "";
  if (recent.length < 3 || alarm.cleared_at_ms) return;
  const [before, after] = [recent[0][1], recent.at(-1)[1]];
  if (Math.abs(after - before) < Math.abs(before) * CHANGE) return;
  row.cw.going = after > before ? "rising" : "falling";
  row.cw.isWorsening = after > before === !["L", "LL"].includes(alarm.type);
}
