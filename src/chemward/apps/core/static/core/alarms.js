// What is in alarm now, from the snapshot and the deltas of the live stream; counts in the top bar and on the rail.
//
// An entry: the fields of `ev.alarm` and of acts, merged: {id, priority, raised_at, cleared_at, suppressed, latch, late,
// acked_at, shelved_until, out_of_service, reset_at, …}, times in ms.
import { nowMs } from "./clock.js";

const alarms = new Map();
const MADE_BY_KIND = {
  raised: (m) => ({ raised_at: m.at_ms, cleared_at: null }),
  cleared: (m) => ({ cleared_at: m.at_ms }),
  suppressed: () => ({ suppressed: true }),
  unsuppressed: () => ({ suppressed: false }),
  config_removed: (m) => ({ cleared_at: m.at_ms }),
};

/** The ISA-18.2 state letter: the same table as `telemetry/engine/state.py`. */
export function isaState(alarm, now = nowMs()) {
  if (alarm.out_of_service) return "I";
  if (alarm.shelved_until && now < alarm.shelved_until) return "G";
  if (alarm.suppressed) return "H";
  const isAcked = Boolean(alarm.acked_at);
  if (!alarm.cleared_at) return isAcked ? "C" : "B";
  if (alarm.latch && !alarm.reset_at) return isAcked ? "F" : "E";
  return isAcked ? "A" : "D";
}

/** Whether somebody still owes an acknowledgement. A late alarm is history: no sound, no duty. */
export const isOwed = (alarm, now) => !alarm.late && "BDE".includes(isaState(alarm, now));

/** All open alarms. */
export const all = () => [...alarms.values()];

function put(id, changes) {
  const merged = { ...alarms.get(id), ...changes, id };
  if (isaState(merged) === "A") alarms.delete(id);
  else alarms.set(id, merged);
}

function onSnapshot({ detail }) {
  if (!Array.isArray(detail?.alarms)) return;
  alarms.clear();
  for (const alarm of detail.alarms) alarms.set(alarm.id, alarm);
  changed();
}

function onAlarm({ detail }) {
  put(detail.id, { ...detail, ...MADE_BY_KIND[detail.kind]?.(detail) });
  changed();
}

function onAct({ detail }) {
  const { ids = [], ...fields } = detail ?? {};
  for (const id of ids) if (alarms.has(id)) put(id, fields);
  changed();
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
