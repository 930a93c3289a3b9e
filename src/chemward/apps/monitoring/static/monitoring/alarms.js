// The alarm console. The board of core/alarms.js is the only truth; this page shows it as a list, and acts through the API.
//
// The list is drawn at most every 100 ms, at most MOST_ROWS rows of it, and only what changed: five thousand alarms in ten seconds
// must not make a key wait. It never jumps under the cursor: while somebody points, reads further down or has a row open, what comes
// in above leaves the list where it is and is named at its upper edge.
import * as board from "../core/alarms.js";
import { nowMs } from "../core/clock.js";
import { span, clockText } from "../core/format.js";
import { request } from "../core/http.js";
import { bind } from "../core/keys.js";
import { startSound } from "../core/sound.js";
import { word as coreWord } from "../core/words.js";
import { acts } from "./alarms_acts.js";
import { groupOf, GROUPS, mark, makeRow, showRow } from "./alarms_row.js";
import { opening } from "./alarms_open.js";
import { told, word } from "./alarms_told.js";
import { startValues, showValues, watch } from "./alarms_values.js";

const MOST_ROWS = 200;
const KEPT_PER_GROUP = 12;
const DRAW_EVERY_MS = 100;
const STRIP_EVERY_MS = 30_000;
const FALLBACK_EVERY_MS = 10_000;
const ENGAGED_MS = 4000;
const MOST_TINTED = 10;
const PHONE = window.matchMedia("(max-width: 600px)");

const $ = (selector) => document.querySelector(selector);
const table = $("[data-alarms]");
const body = $("[data-rows]");
const scroller = $("[data-scroll]");
const filters = { state: "", priority: "", org: "", type: "" };
const drawn = new Map(); // id → row element
const chosen = new Set();
const arrived = []; // rows made by this drawing for alarms that were not on the page before
const known = new Set(); // ids that were on the page before: others are new and get their tint
let listed = []; // ids as they stand in the list
let cursor = ""; // id of the row under the cursor
let openId = "";
let isFirst = true;
let lastDraw = 0;
let timer = 0;
let pointedAt = -Infinity;
let deadSince = 0;

// -- the address ----------------------------------------------------------------------------------------------------------

function readAddress() {
  const query = new URLSearchParams(location.search);
  for (const name of Object.keys(filters)) filters[name] = query.get(name) ?? "";
  if (query.get("open")) openId = cursor = query.get("open");
  showFilters();
}

function writeAddress() {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries({ ...filters, open: openId })) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  history.replaceState(history.state, "", url);
}

function showFilters() {
  for (const select of document.querySelectorAll("[data-filter]")) {
    select.value = filters[select.dataset.filter];
    if (select.selectedIndex < 0) select.value = "";
    select.closest(".f").classList.toggle("on", Boolean(select.value));
  }
  for (const button of document.querySelectorAll("[data-state]")) button.setAttribute("aria-pressed", String(button.dataset.state === filters.state));
  $("[data-clear-filters]").hidden = !isFiltered();
  const query = new URLSearchParams({ is_open: "true" });
  for (const name of ["priority", "org", "type"]) if (filters[name]) query.set(name, filters[name]);
  const field = $("[data-export-query]");
  if (field) field.value = String(query);
  $("[data-save-filter]").hidden = !isFiltered();
  $("[data-save-hint]").hidden = isFiltered();
  $("[data-save-query]").value = String(new URLSearchParams(Object.entries(filters).filter(([, value]) => value)));
}

const isFiltered = () => Object.values(filters).some(Boolean);

function setFilter(name, value) {
  filters[name] = value;
  isFirst = true;
  showFilters();
  writeAddress();
  draw();
  scroller.scrollTop = 0;
}

// -- what is listed -------------------------------------------------------------------------------------------------------

const fits = (alarm) =>
  !alarm.late &&
  (!filters.priority || String(alarm.priority) === filters.priority) &&
  (!filters.org || alarm.org_path.startsWith(filters.org)) &&
  (!filters.type || alarm.type === filters.type);

const worseFirst = (a, b) => a.priority - b.priority || b.raised_at_ms - a.raised_at_ms || (a.id < b.id ? -1 : 1);

/** Alarms by group, each the worst and newest first. */
function grouped(now) {
  const groups = Object.fromEntries(GROUPS.map((name) => [name, []]));
  for (const alarm of board.all()) if (fits(alarm)) groups[groupOf(alarm, now)].push(alarm);
  return groups;
}

/** How many rows of each group are drawn: the first groups first, a few of each in any case. */
function shares(groups, names) {
  let left = MOST_ROWS - names.reduce((sum, name) => sum + Math.min(KEPT_PER_GROUP, groups[name].length), 0);
  const result = {};
  for (const name of names) {
    const least = Math.min(KEPT_PER_GROUP, groups[name].length);
    const more = Math.min(left, groups[name].length - least);
    result[name] = least + more;
    left -= more;
  }
  return result;
}

/** The worst and newest `count` of a group: sorted only as far as it is shown. */
function first(rows, count) {
  if (rows.length <= count * 4) return rows.sort(worseFirst).slice(0, count);
  const found = [];
  for (const level of [1, 2, 3, 4]) {
    if (found.length >= count) break;
    found.push(...rows.filter((row) => row.priority === level).sort(worseFirst).slice(0, count - found.length));
  }
  return found;
}

// -- drawing --------------------------------------------------------------------------------------------------------------

function draw() {
  clearTimeout(timer);
  timer = 0;
  lastDraw = performance.now();
  const now = nowMs();
  const groups = grouped(now);
  showCounts(groups);
  const names = filters.state ? [filters.state].filter((name) => name in groups) : GROUPS;
  const share = shares(groups, names);
  const anchor = isEngaged() ? anchorNow() : null;
  const wanted = [];
  const ids = [];
  for (const name of names) {
    if (!groups[name].length) continue;
    wanted.push(groupHead(name, groups[name].length));
    for (const alarm of first(groups[name], share[name])) {
      wanted.push(rowOf(alarm, name, now));
      ids.push(alarm.id);
      if (alarm.id === openId) wanted.push(opening.element(alarm, table));
    }
    if (groups[name].length > share[name]) wanted.push(moreLine(name, groups[name].length - share[name]));
  }
  keepCursor(ids);
  place(wanted);
  forget(ids);
  tint();
  listed = ids;
  hold(anchor);
  showCursor();
  showEmpty(ids.length);
  showAbove();
  showChosen();
  watch(ids.map((id) => board.get(id)));
  isFirst = false;
}

/** Draw soon: at once when nothing was drawn lately, else when 100 ms have passed. */
function drawSoon() {
  if (timer) return;
  const wait = DRAW_EVERY_MS - (performance.now() - lastDraw);
  if (wait <= 0) draw();
  else timer = setTimeout(draw, wait);
}

function rowOf(alarm, group, now) {
  let row = drawn.get(alarm.id);
  if (!row) {
    row = makeRow(alarm.id);
    drawn.set(alarm.id, row);
    if (!isFirst && !known.has(alarm.id)) arrived.push(row);
  }
  known.add(alarm.id);
  showRow(row, alarm, group, now);
  return row;
}

/** The tint of what is new; in a flood everything is new and the tint would say nothing, but cost every frame. */
function tint() {
  const rows = arrived.splice(0);
  if (rows.length > MOST_TINTED || body.getElementsByClassName("new").length > MOST_TINTED) return;
  for (const row of rows) row.classList.add("new");
  setTimeout(() => rows.forEach((row) => row.classList.remove("new")), 2000);
}

const heads = new Map();

function groupHead(name, count) {
  let row = heads.get(name);
  if (!row) {
    row = line("grp");
    row.cell.append(document.createElement("b"), " ", document.createElement("span"));
    heads.set(name, row);
  }
  row.cell.firstChild.textContent = word(`group_${name}`);
  const note = name === "owed" || name === "shelved" ? ` · ${word(`group_${name}_note`)}` : "";
  setText(row.cell.lastChild, `${count}${note}`);
  return row;
}

function moreLine(name, count) {
  const key = `more-${name}`;
  const row = heads.get(key) ?? line("more");
  heads.set(key, row);
  setText(row.cell, word("more", { n: count }));
  return row;
}

function line(css) {
  const row = document.createElement("tr");
  row.className = css;
  row.cell = row.insertCell();
  row.cell.colSpan = 12;
  return row;
}

/** Bring the elements into this order, touching only what is not in its place. */
function place(wanted) {
  const stay = new Set(wanted);
  for (const element of [...body.children]) if (!stay.has(element)) element.remove();
  let at = body.firstChild;
  for (const element of wanted) {
    if (element === at) at = at.nextSibling;
    else body.insertBefore(element, at);
  }
}

function forget(ids) {
  const stay = new Set(ids);
  for (const id of [...drawn.keys()]) if (!stay.has(id)) drawn.delete(id);
  for (const id of [...chosen]) if (!board.get(id)) chosen.delete(id);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showCounts(groups) {
  let all = 0;
  for (const name of GROUPS) all += groups[name].length;
  for (const button of document.querySelectorAll("[data-state]")) {
    const name = button.dataset.state;
    setText(button.querySelector("[data-n]"), String(name ? groups[name].length : all));
  }
}

function showEmpty(count) {
  const box = $("[data-empty]");
  const isLoaded = board.isLoaded();
  box.hidden = count > 0;
  table.hidden = count === 0;
  if (count) return;
  setText($("[data-empty-words]"), word(!isLoaded ? "waiting" : isFiltered() ? "empty_filtered" : "empty"));
  setText($("[data-empty-why]"), isLoaded ? word("empty_why") : "");
}

// -- the list stays where it is -------------------------------------------------------------------------------------------

function isEngaged() {
  return scroller.scrollTop > 4 || Boolean(openId) || performance.now() - pointedAt < ENGAGED_MS;
}

/** The row that must not move, and where it is: the opened one, the one under the pointer, or the uppermost seen. */
function anchorNow() {
  const top = scroller.getBoundingClientRect().top;
  const candidates = [drawn.get(openId), body.querySelector("tr.al:hover"), [...body.querySelectorAll("tr.al")].find((row) => row.getBoundingClientRect().top >= top + 20)];
  const row = candidates.find((r) => r?.isConnected);
  return row ? { row, y: row.getBoundingClientRect().top } : null;
}

function hold(anchor) {
  const spacer = $("[data-spacer]");
  if (!anchor?.row.isConnected || PHONE.matches) {
    if (!anchor) spacer.style.height = "0";
    return;
  }
  const moved = anchor.row.getBoundingClientRect().top - anchor.y;
  if (Math.abs(moved) < 1) return;
  const target = scroller.scrollTop + moved;
  const room = scroller.scrollHeight - scroller.clientHeight;
  // A short list has no room to scroll: give it some, so that the row stays under the pointer.
  if (target > room) spacer.style.height = `${spacer.offsetHeight + target - room}px`;
  scroller.scrollTop = target;
}

/** The newest of the highest unacknowledged priority, named at the edge when it stands above what is seen. */
function showAbove() {
  const button = $("[data-above]");
  const worst = board.get(listed[0]);
  const row = worst && drawn.get(worst.id);
  const edge = scroller.getBoundingClientRect().top + 28;
  const isHidden = row?.classList.contains("unk") && !PHONE.matches && row.getBoundingClientRect().top < edge - 14;
  button.hidden = !isHidden;
  if (!isHidden || button.dataset.id === worst.id) return;
  button.dataset.id = worst.id;
  button.replaceChildren(mark(worst.priority, ""), document.createTextNode(`${word("new_above")} · ${clockText(worst.raised_at_ms)} ${worst.enterprise} ${worst.code} ${worst.title}`));
}

// -- the cursor -----------------------------------------------------------------------------------------------------------

/** When the row under the cursor goes, the one that takes its place is next. */
function keepCursor(ids) {
  if (ids.includes(cursor)) return;
  if (openId === cursor && cursor && !isFirst) closeRow();
  const at = Math.max(0, listed.indexOf(cursor));
  cursor = ids[Math.min(at, ids.length - 1)] ?? "";
}

function showCursor() {
  for (const row of body.querySelectorAll('tr[aria-selected="true"]')) if (row.dataset.id !== cursor) row.removeAttribute("aria-selected");
  drawn.get(cursor)?.setAttribute("aria-selected", "true");
}

function move(by) {
  if (!listed.length) return;
  const at = Math.min(listed.length - 1, Math.max(0, listed.indexOf(cursor) + by));
  cursor = listed[at];
  showCursor();
  const row = drawn.get(cursor);
  if (at === 0 && by < 0) scroller.scrollTop = 0;
  else row?.scrollIntoView({ block: "nearest" });
  if (openId) open(cursor);
}

function pick(id) {
  cursor = id;
  showCursor();
}

export function open(id) {
  if (!board.get(id)) return;
  openId = id;
  pick(id);
  writeAddress();
  draw();
  const element = opening.current();
  if (element) element.scrollIntoView({ block: "nearest" });
}

function closeRow() {
  openId = "";
  opening.close();
  writeAddress();
}

function toggle(id) {
  if (openId === id) {
    closeRow();
    draw();
  } else open(id);
}

// -- choice and acts ------------------------------------------------------------------------------------------------------

function choose(id) {
  if (!id) return;
  if (!chosen.delete(id)) chosen.add(id);
  showChosen();
}

function chooseAll() {
  const owed = listed.filter((id) => drawn.get(id)?.classList.contains("unk"));
  const isAll = owed.length > 0 && owed.every((id) => chosen.has(id));
  for (const id of owed) if (isAll) chosen.delete(id);
    else chosen.add(id);
  showChosen();
}

function showChosen() {
  for (const [id, row] of drawn) row.classList.toggle("chosen", chosen.has(id));
  const button = $("[data-acknowledge-chosen]");
  if (!button) return;
  button.disabled = chosen.size === 0;
  setText(button.querySelector("[data-chosen-n]"), chosen.size ? String(chosen.size) : "");
}

const owedOf = (ids) => ids.map((id) => board.get(id)).filter((alarm) => alarm && ["owed", "returned"].includes(groupOf(alarm, nowMs())));

function acknowledge(id) {
  const alarm = board.get(id);
  if (!alarm) return undefined;
  if (groupOf(alarm, nowMs()) === "acked" && alarm.latch && alarm.cleared_at_ms) return acts.reset([alarm]);
  return acts.acknowledge(owedOf([id]));
}

function acknowledgeChosen() {
  if (!chosen.size) return acts.say(word("choose_first"));
  const alarms = owedOf([...chosen]);
  chosen.clear();
  showChosen();
  return acts.acknowledge(alarms);
}

/** Shelve what is chosen, or the row under the cursor; a shelved one comes back. */
function shelve() {
  const alarms = (chosen.size ? [...chosen] : [cursor]).map((id) => board.get(id)).filter(Boolean);
  if (!alarms.length) return undefined;
  if (alarms.every((alarm) => groupOf(alarm, nowMs()) === "shelved")) return acts.unshelve(alarms);
  const at = board.get(cursor) ? cursor : alarms[0].id;
  if (openId !== at) open(at);
  return opening.askShelving(alarms, () => chosen.clear());
}

const urge = () => acts.urge((chosen.size ? [...chosen] : [cursor]).map((id) => board.get(id)).filter(Boolean));

function goTo(kind) {
  const alarm = board.get(cursor);
  const { mapUrl, trendUrl } = $("[data-map-url]").dataset;
  if (!alarm) return;
  if (kind === "map" && mapUrl) location.assign(`${mapUrl}?${new URLSearchParams({ alarm: alarm.id })}`);
  if (kind === "trend" && trendUrl) location.assign(`${trendUrl}?${new URLSearchParams({ tags: alarm.tag })}`);
}

function enter() {
  if (!cursor) return;
  if (openId === cursor && opening.submit()) return;
  toggle(cursor);
}

function bindKeys() {
  const labels = Object.fromEntries([...document.querySelectorAll(".keys > span")].map((e) => [e.querySelector("kbd").textContent, e.lastChild.textContent]));
  bind("j", coreWord("row_down"), () => move(1));
  bind("k", coreWord("row_up"), () => move(-1));
  bind("ArrowDown", coreWord("row_down"), () => move(1));
  bind("ArrowUp", coreWord("row_up"), () => move(-1));
  bind("Enter", labels["↵"], (event) => (event.target.closest("button, a, summary, select") ? event.target.closest("button, a, summary")?.click() : enter()));
  bind("a", labels.A, () => acknowledge(cursor));
  bind("Shift+a", labels["⇧A"], acknowledgeChosen);
  bind("s", labels.S, shelve);
  bind("u", labels.U, urge);
  bind("g", labels.G, () => goTo("map"));
  bind("t", labels.T, () => goTo("trend"));
  bind("x", labels.X, () => choose(cursor));
  bind("Shift+x", word("listed"), chooseAll);
  bind("z", labels.Z, () => acts.undo());
  bind("Escape", coreWord("close"), () => {
    if (opening.stopAsking()) return;
    closeRow();
    draw();
    scroller.focus({ preventScroll: true });
  }, { whileTyping: true });
}

function onClick(event) {
  const does = event.target.closest("[data-do]")?.dataset.do;
  if (does === "acknowledge") return acknowledge(openId);
  if (does === "shelve") return shelve();
  if (does === "unshelf") return opening.stopAsking();
  if (does === "urge") return acts.urge([board.get(openId)].filter(Boolean));
  const row = event.target.closest("tr.al");
  if (!row || event.target.closest("a, button")) return undefined;
  if (event.ctrlKey || event.metaKey || event.target.closest("td.pr")) {
    pick(row.dataset.id);
    return choose(row.dataset.id);
  }
  return toggle(row.dataset.id);
}

// -- the stream and the figures -------------------------------------------------------------------------------------------

async function fetchStrip() {
  if (document.hidden) return;
  try {
    const answer = await fetch(told.urls.strip, { credentials: "same-origin" });
    if (answer.ok) $("[data-strip]").replaceChildren(document.createRange().createContextualFragment(await answer.text()));
  } catch {
    // The figures stay; the chip of the top bar says that the platform is away.
  }
}

/** Without a stream the list is asked for: seldom, and said so. */
async function fallBack() {
  if (!deadSince && board.isLoaded()) return;
  try {
    const { alarms, at_ms: atMs } = await request("/api/v1/alarms/open");
    if (!deadSince && board.isLoaded()) return;
    board.load(alarms);
    sayStopped(word("fallback", { time: clockText(atMs) }));
  } catch {
    // Neither stream nor list: the band counts on.
  }
}

function sayStopped(text) {
  const band = $("[data-stopped]");
  band.hidden = !text;
  setText(band, text);
}

function onStream({ detail }) {
  deadSince = detail.state === "dead" ? (deadSince || performance.now()) : 0;
  sayStopped(deadSince ? word("stopped", { time: span(0) }) : "");
}

function everySecond() {
  const now = nowMs();
  for (const [id, row] of drawn) {
    const alarm = board.get(id);
    if (alarm) showRow(row, alarm, groupOf(alarm, now), now);
  }
  showValues(drawn, now);
  if (deadSince && performance.now() - deadSince < FALLBACK_EVERY_MS) sayStopped(word("stopped", { time: span((performance.now() - deadSince) / 1000) }));
}

function start() {
  readAddress();
  bindKeys();
  opening.start({ table, redraw: draw, after: () => draw() });
  startSound(word);
  startValues(() => showValues(drawn, nowMs()));
  document.addEventListener("cw:alarms-changed", drawSoon);
  document.addEventListener("cw:stream", onStream);
  table.addEventListener("click", onClick);
  table.addEventListener("pointermove", (event) => event.pointerType === "mouse" && (pointedAt = performance.now()));
  table.addEventListener("pointerleave", () => (pointedAt = -Infinity));
  scroller.addEventListener("scroll", showAbove, { passive: true });
  $("[data-above]").addEventListener("click", () => {
    scroller.scrollTop = 0;
    pick(listed[0]);
    showAbove();
  });
  $("[data-states]").addEventListener("click", (event) => {
    const button = event.target.closest("[data-state]");
    if (button) setFilter("state", button.dataset.state);
  });
  for (const select of document.querySelectorAll("[data-filter]")) select.addEventListener("change", () => setFilter(select.dataset.filter, select.value));
  $("[data-clear-filters]").addEventListener("click", () => {
    for (const name of Object.keys(filters)) filters[name] = "";
    setFilter("state", "");
  });
  $("[data-figures]").addEventListener("click", ({ currentTarget }) => {
    currentTarget.setAttribute("aria-expanded", String($("[data-strip]").classList.toggle("shown")));
  });
  $("[data-choose-all]").addEventListener("click", chooseAll);
  $("[data-acknowledge-chosen]")?.addEventListener("click", acknowledgeChosen);
  window.addEventListener("popstate", () => {
    readAddress();
    draw();
  });
  setInterval(everySecond, 1000);
  setInterval(fetchStrip, STRIP_EVERY_MS);
  setInterval(fallBack, FALLBACK_EVERY_MS);
  draw();
}

start();
