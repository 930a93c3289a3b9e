// The opened row: guidance and neighbours | trend with limits | what is owed. Its content is a page part of the platform.
import { nowMs } from "../core/clock.js";
import { acts, remedies } from "./alarms_acts.js";
import { word } from "./alarms_told.js";
import { drawTrend } from "./alarms_trend.js";

let element = null; // the table row that holds it
let shownId = "";
let trend = null;
let shelving = null; // {alarms, done}
let redraw = () => {};

function start(options) {
  redraw = options.redraw;
  options.table.addEventListener("submit", onSubmit);
}

/** The element under the row of an alarm; its content is asked for when it is another one than before. */
function elementFor(alarm) {
  if (shownId === alarm.id && element) return element;
  close();
  shownId = alarm.id;
  element = document.createElement("tr");
  element.className = "open";
  const cell = element.insertCell();
  cell.colSpan = 12;
  const waiting = document.createElement("div");
  waiting.className = "opened waiting";
  waiting.textContent = word("opening");
  cell.append(waiting);
  fill(cell, alarm);
  return element;
}

async function fill(cell, alarm) {
  try {
    const answer = await fetch(`/alarms/${encodeURIComponent(alarm.id)}/open`, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const part = document.createRange().createContextualFragment(await answer.text());
    if (shownId !== alarm.id) return;
    cell.replaceChildren(part);
    trend = drawTrend(cell.querySelector("[data-trend]"), alarm);
    if (shelving) showShelving();
    element.scrollIntoView({ block: "nearest" });
  } catch {
    if (shownId === alarm.id) cell.firstChild.textContent = word("trend_away");
  }
}

function close() {
  trend?.stop();
  element?.remove();
  trend = element = null;
  shownId = "";
  shelving = null;
}

// -- forms ----------------------------------------------------------------------------------------------------------------

/** Show the form for shelving in place of what is owed. */
function askShelving(alarms, done) {
  shelving = { alarms, done };
  showShelving();
}

function showShelving() {
  const form = element?.querySelector("[data-shelf]");
  if (!form) return;
  for (const other of form.parentElement.children) other.hidden = other !== form;
  form.querySelector("[data-shelf-title]").textContent = shelving.alarms.length > 1 ? word("shelve_many", { n: shelving.alarms.length }) : word("shelve_title");
  form.querySelector("[name=reason]").focus();
}

/** Back from the shelving form; false when it was not open. */
function stopAsking() {
  const form = element?.querySelector("[data-shelf]");
  if (!form || form.hidden) {
    shelving = null;
    return false;
  }
  shelving = null;
  for (const other of form.parentElement.children) other.hidden = other === form;
  document.activeElement?.blur();
  return true;
}

/** ↵ on the opened row: save what is filled in. False when there is nothing to save. */
function submit() {
  const form = element?.querySelector("form[data-shelf]:not([hidden]), form[data-answer]:not([hidden])");
  if (!form || !new FormData(form).get("cause") && !form.matches("[data-shelf]")) return false;
  form.requestSubmit();
  return true;
}

async function onSubmit(event) {
  const form = event.target;
  if (!form.matches("[data-answer], [data-shelf]")) return;
  event.preventDefault();
  const values = Object.fromEntries(new FormData(form));
  const button = form.querySelector(".btn.p");
  button.disabled = true;
  try {
    if (form.matches("[data-answer]")) await acts.respond(shownId, { cause: values.cause, measure: values.measure, verdict: values.verdict });
    else {
      const { alarms, done } = shelving;
      await acts.shelve(alarms, values.minutes, values.reason);
      done();
    }
    refresh();
  } catch (fault) {
    sayIn(form, fault);
  } finally {
    button.disabled = false;
  }
}

function sayIn(form, fault) {
  const line = form.querySelector("[data-form-fault]");
  line.hidden = false;
  line.textContent = [fault.message, remedies(fault)].filter(Boolean).join(" ");
}

/** Ask for the content anew after an act. */
function refresh() {
  const id = shownId;
  close();
  shownId = "";
  document.activeElement?.blur();
  if (id) redraw();
}

export const opening = { start, element: elementFor, close, current: () => element, askShelving, stopAsking, submit, nowMs };
