// What is in alarm now, from the snapshot and the deltas of the live stream; counts in the top bar and on the rail.
//
// A row is as `live` sends it (telemetry/live/board.py): {id, definition, tag, code, title, priority, level, type, raised_at_ms,
// cleared_at_ms, worsened_at_ms, value, unit, limit, late, latch, suppressed, org_path, enterprise, organisation_kind, place,
// due_ms, answered_ms, park_acked_ms, park_acked_by, enterprise_acked_ms, …, shelved_until_ms, out_of_service, reset_ms, …};
// a delta `alarm` is the whole row with {kind, at_ms, seq, open}, a delta `act` is {verb, by, ids, fields, gone}.
//
// Acts of this page show at once: `patch` lays fields over rows until the stream has told the same, or `unpatch` takes them away.
import { nowMs } from "./clock.js";

const PATCH_LIVES_MS = 20_000; // longer than any answer: what the stream has not told by then did not happen
const alarms = new Map();
const patches = new Map();
// Rows that an acknowledgement took away: taking it back brings them back.
const departed = new Map();
const MOST_DEPARTED = 500;
let isKnown = false;

/** Whose acknowledgement this page waits for: "park" or "enterprise". Each owes its own. */
export const party = () => document.body.dataset.party || "park";

/** Whether the board has told what is open: before, an empty list would be a lie. */
export const isLoaded = () => isKnown;

/** What a person has seen of an alarm [ms, server clock]: its newest turn that stands on this page. */
export const seenMs = (alarm) => Math.max(alarm.worsened_at_ms ?? 0, alarm.raised_at_ms ?? 0, alarm.at_ms ?? 0) || null;

/** The ISA-18.2 state letter: the same table as `telemetry/engine/state.py`. */
export function isaState(alarm, now = nowMs(), by = party()) {
  if (alarm.out_of_service) return "I";
  if (alarm.shelved_until_ms && now < alarm.shelved_until_ms) return "G";
  if (alarm.suppressed) return "H";
  const isAcked = Boolean(alarm[`${by}_acked_ms`]);
  if (!alarm.cleared_at_ms) return isAcked ? "C" : "B";
  if (alarm.latch && !alarm.reset_ms) return isAcked ? "F" : "E";
  return isAcked ? "A" : "D";
}

/** Whether somebody still owes an acknowledgement. A late alarm is history: no sound, no duty. */
export const isOwed = (alarm, now) => !alarm.late && "BDE".includes(isaState(alarm, now));

/** All open alarms. */
export const all = () => [...alarms.values()];

/** One open alarm, or undefined. */
export const get = (id) => alarms.get(id);

/** Show fields on rows before the platform has answered. */
export function patch(ids, fields) {
  const until = performance.now() + PATCH_LIVES_MS;
  for (const id of ids) {
    const alarm = alarms.get(id);
    if (!alarm) continue;
    const former = patches.get(id)?.former ?? alarm;
    patches.set(id, { former, fields, until });
    alarms.set(id, { ...alarm, ...fields });
  }
  changed();
}

/** The platform said no: what stood before stands again. */
export function unpatch(ids) {
  for (const id of ids) {
    const kept = patches.get(id);
    patches.delete(id);
    if (kept && alarms.has(id)) alarms.set(id, kept.former);
  }
  changed();
}

/** Take the whole truth: the snapshot of the stream, or the answer of `/api/v1/alarms/open` while there is no stream. */
export function load(rows) {
  alarms.clear();
  for (const row of rows) alarms.set(row.id, patched(row));
  isKnown = true;
  changed();
}

function patched(row) {
  const kept = patches.get(row.id);
  if (!kept) return row;
  const isTold = Object.entries(kept.fields).every(([name, value]) => Boolean(row[name]) === Boolean(value));
  if (isTold || performance.now() > kept.until) {
    patches.delete(row.id);
    return row;
  }
  kept.former = row;
  return { ...row, ...kept.fields };
}

function onSnapshot({ detail }) {
  if (Array.isArray(detail?.alarms)) load(detail.alarms);
}

function onAlarm({ detail }) {
  if (detail.open === false) alarms.delete(detail.id);
  else alarms.set(detail.id, patched({ ...alarms.get(detail.id), ...detail }));
  changed();
}

function onAct({ detail }) {
  if (detail?.noun !== "alarm") return;
  for (const id of detail.ids ?? []) {
    if (detail.verb === "undo_acknowledge" && departed.has(id)) alarms.set(id, departed.get(id));
    if (!alarms.has(id)) continue;
    // What the platform tells of a row is newer than what this page laid over it.
    const row = patches.get(id)?.former ?? alarms.get(id);
    patches.delete(id);
    alarms.set(id, { ...row, ...detail.fields });
  }
  for (const id of detail.gone ?? []) depart(id);
  changed();
}

function depart(id) {
  if (alarms.has(id)) departed.set(id, alarms.get(id));
  if (departed.size > MOST_DEPARTED) departed.delete(departed.keys().next().value);
  alarms.delete(id);
}

/** Unacknowledged alarms by priority. */
export function owedByPriority() {
  const counts = { 1: 0, 2: 0, 3: 0, 4: 0 };
  const now = nowMs();
  for (const alarm of alarms.values()) if (isOwed(alarm, now) && alarm.priority in counts) counts[alarm.priority] += 1;
  return counts;
}

let isScheduled = false;

function changed() {
  // A flood brings thousands of messages in seconds: the counts are drawn once a frame.
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    draw(owedByPriority());
    document.dispatchEvent(new CustomEvent("cw:alarms-changed"));
  });
}

function draw(counts) {
  for (const element of document.querySelectorAll("[data-counts] [data-priority]")) {
    const count = counts[element.dataset.priority];
    element.dataset.count = String(count);
    element.querySelector("b").textContent = String(count);
    if (element.dataset.priority === "1") element.querySelector(".pm").classList.toggle("pulse", count > 0);
  }
  const total = Object.values(counts).reduce((a, b) => a + b, 0);
  for (const badge of document.querySelectorAll('[data-badge="alarms"]')) badge.textContent = total ? (total > 99 ? "99+" : String(total)) : "";
}

export function start() {
  document.addEventListener("cw:snapshot", onSnapshot);
  document.addEventListener("cw:alarm", onAlarm);
  document.addEventListener("cw:act", onAct);
}
