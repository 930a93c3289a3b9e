// What is in alarm now, from the snapshot and the deltas of the live stream; counts in the top bar and on the rail.
//
// A row is as `live` sends it (telemetry/live/board.py): {id, priority, raised_at_ms, cleared_at_ms, suppressed, latch, late,
// park_acked_ms, enterprise_acked_ms, shelved_until_ms, out_of_service, reset_ms, code, title, value, unit, …}.
import { nowMs } from "./clock.js";

const alarms = new Map();

/** Whose acknowledgement this page waits for: "park" or "enterprise". Each owes its own. */
export const party = () => document.body.dataset.party || "park";

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

function onSnapshot({ detail }) {
  if (!Array.isArray(detail?.alarms)) return;
  alarms.clear();
  for (const alarm of detail.alarms) alarms.set(alarm.id, alarm);
  changed();
}

function onAlarm({ detail }) {
  if (detail.open === false) alarms.delete(detail.id);
  else alarms.set(detail.id, { ...alarms.get(detail.id), ...detail });
  changed();
}

function onAct({ detail }) {
  if (detail?.noun !== "alarm") return;
  for (const id of detail.ids ?? []) if (alarms.has(id)) alarms.set(id, { ...alarms.get(id), ...detail.fields });
  for (const id of detail.gone ?? []) alarms.delete(id);
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
