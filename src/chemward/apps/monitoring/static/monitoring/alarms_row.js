// One row of the console. Everything from devices and people is written as text, never as markup.
import { isaState } from "../core/alarms.js";
import { NOTHING, clockText, figure, moment, span } from "../core/format.js";
import { partyOf, told, word } from "./alarms_told.js";

export const GROUPS = ["owed", "returned", "acked", "shelved", "silent"];
const GROUP_OF = { B: "owed", D: "returned", E: "returned", C: "acked", F: "acked", A: "acked", G: "shelved", H: "silent", I: "silent" };
const MARKS = { 1: ["M2.5 2.5h13v13h-13Z", 12.8], 2: ["M9 1.2 17.2 16H.8Z", 14], 3: ["M1.5 2.5h15L9 16.8Z", 10.4], 4: ["M9 1.5a7.5 7.5 0 1 0 .01 0Z", 12.8] };
const COLOURS = { 1: "red", 2: "org", 3: "yel", 4: "" };
const SIGNS = { HH: "≥", H: "≥", L: "≤", LL: "≤" };
const CELLS = ["pr", "at", "lasts num", "who", "code", "title", "val num", "unit", "limit", "data", "chips", "next"];
const SVG = "http://www.w3.org/2000/svg";

/** owed · returned · acked · shelved · silent: by the ISA-18.2 state as the caller's party sees it. */
export const groupOf = (alarm, now) => GROUP_OF[isaState(alarm, now, partyOf(alarm))] ?? "acked";

/** The mark of a priority; state "" unacknowledged, "acked", "shelved". */
export function mark(priority, state) {
  const level = MARKS[priority] ? priority : 4;
  const [path, y] = MARKS[level];
  const svg = svgElement("svg", { viewBox: "0 0 18 18", role: "img", class: `pm k${level}${state ? ` ${state}` : ""}${level === 1 && !state ? " pulse" : ""}` });
  svg.setAttribute("aria-label", word(`priority_${state || "owed"}`, { level }));
  const digit = svgElement("text", { x: 9, y });
  digit.textContent = String(level);
  svg.append(svgElement("path", { class: "s", d: path }), digit);
  return svg;
}

function svgElement(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export function makeRow(id) {
  const row = document.createElement("tr");
  row.dataset.id = id;
  row.cw = {};
  for (const css of CELLS) {
    const cell = row.insertCell();
    cell.className = css;
    row.cw[css.split(" ")[0]] = cell;
  }
  const age = document.createElement("span");
  age.className = "age none";
  row.cw.data.append(age);
  row.cw.age = age;
  const shown = document.createElement("span");
  shown.className = "figure";
  row.cw.val.append(shown);
  row.cw.figure = shown;
  return row;
}

/** Bring a row up to date with its alarm; only what differs is touched. */
export function showRow(row, alarm, group, now) {
  const isOwed = group === "owed" || group === "returned";
  setClass(row, `al${isOwed ? " unk" : ""}${row.classList.contains("new") ? " new" : ""}${row.classList.contains("chosen") ? " chosen" : ""}`);
  const state = group === "shelved" || group === "silent" ? "shelved" : isOwed ? "" : "acked";
  const marked = `${alarm.priority}${state}`;
  if (row.cw.marked !== marked) {
    row.cw.marked = marked;
    row.cw.pr.replaceChildren(mark(alarm.priority, state));
  }
  set(row.cw.at, moment(alarm.raised_at_ms, now));
  row.cw.at.title = clockText(alarm.raised_at_ms);
  set(row.cw.lasts, span(((alarm.cleared_at_ms ?? now) - alarm.raised_at_ms) / 1000));
  set(row.cw.who, alarm.enterprise || NOTHING);
  set(row.cw.code, alarm.code);
  set(row.cw.title, alarm.title);
  set(row.cw.unit, alarm.unit ?? "");
  // On a phone the row is a card: unit and tag code stand beside the value and the enterprise.
  setData(row.cw.figure, "unit", alarm.unit ?? "");
  setData(row.cw.who, "code", alarm.code);
  set(row.cw.limit, limitWords(alarm));
  if (row.cw.value === undefined) showValue(row, alarm, alarm.value, "");
  set(row.cw.next, nextWords(alarm, group, now));
  showChip(row, alarm, group, now);
}

/** The value now; `state` "late" | "dead" strikes it, the last value stays. */
export function showValue(row, alarm, value, state) {
  const isStanding = !alarm.cleared_at_ms && state !== "dead";
  const text = typeof value === "number" ? figure(value) : value ? String(value) : NOTHING;
  set(row.cw.figure, text);
  setClass(row.cw.figure, `figure ${state === "dead" ? "dead" : isStanding ? COLOURS[alarm.priority] ?? "" : ""}`.trim());
}

export function limitWords(alarm) {
  if (alarm.limit === null || alarm.limit === undefined) return alarm.type;
  return `${alarm.type} ${SIGNS[alarm.type] ?? ">"} ${figure(alarm.limit)}`;
}

/** Who has it, and where it goes. */
function nextWords(alarm, group, now) {
  const parts = [];
  if (group === "shelved") parts.push(alarm.shelved_by, word("returns", { time: moment(alarm.shelved_until_ms, now).slice(0, 5) }), alarm.shelf_reason);
  else if (alarm.out_of_service) parts.push(word("out_of_service"));
  else if (alarm.suppressed) parts.push(alarm.suppressed_reason || word("group_silent"));
  if (alarm.park_acked_by) parts.push(alarm.park_acked_by);
  if (alarm.enterprise_acked_ms) parts.push(word("enterprise_acked"));
  if (alarm.latch && alarm.cleared_at_ms && !alarm.reset_ms && group === "acked") parts.push(word("needs_reset"));
  if (alarm.answered_ms) parts.push(word("answered"));
  else if (alarm.escalation_step > 0) parts.push(word("escalated", { who: told.escalation[alarm.escalation_step - 1] ?? "" }));
  else if (alarm.urged_ms) parts.push(word("urged_at", { time: clockText(alarm.urged_ms).slice(0, 5) }));
  else if (alarm.due_ms && alarm.due_ms > now && group !== "shelved" && group !== "silent") parts.push(word("due", { time: span((alarm.due_ms - now) / 1000) }));
  return parts.filter(Boolean).join(" · ");
}

/** At most one coloured mark a row: overdue before rising. */
function showChip(row, alarm, group, now) {
  const isOverdue = alarm.due_ms && !alarm.answered_ms && alarm.due_ms < now;
  const [text, css] = isOverdue
    ? [word("overdue", { time: span((now - alarm.due_ms) / 1000) }), "chip yel"]
    : alarm.cleared_at_ms
      ? [word("returned", { time: clockText(alarm.cleared_at_ms) }), "chip"]
      : row.cw.going
        ? [word(row.cw.going), `chip ${row.cw.isWorsening ? COLOURS[alarm.priority] : ""}`]
        : ["", ""];
  if (!text) {
    if (row.cw.chips.firstChild) row.cw.chips.replaceChildren();
    return;
  }
  const chip = row.cw.chips.firstChild ?? row.cw.chips.appendChild(document.createElement("span"));
  setClass(chip, css.trim());
  set(chip, text);
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setData(element, name, text) {
  if (element.dataset[name] !== text) element.dataset[name] = text;
}

function setClass(element, css) {
  if (element.className !== css) element.className = css;
}
