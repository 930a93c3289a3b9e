// The trend viewer: several tags over time. The address holds tags and span; dragging and the wheel move through time and load
// what comes into view; without an end the newest values are followed.
import { chart, line, token } from "../core/chart.js";
import { nowMs, setAge } from "../core/clock.js";
import { clockText, dayText, figure, NOTHING } from "../core/format.js";
import { request } from "../core/http.js";
import { want, watchTags } from "../core/live.js";
import { axisRange, badPoints, extremes, isBad, placeAt, points } from "./trend_points.js";

const HOUR = 3_600_000;
const SPAN_MS = { "1h": HOUR, "8h": 8 * HOUR, "24h": 24 * HOUR, "7d": 7 * 24 * HOUR };
const COLOURS = { 1: "red", 2: "org", 3: "yel", 4: "blu" };
const DASHES = ["solid", [6, 4], [2, 3], [10, 4, 2, 4]];
const SHORTEST_MS = 5_000;
const LONGEST_MS = 366 * 24 * HOUR;
const RELOAD_AFTER_MS = 300;
const RENEW_MS = 10 * 60_000;
const ASK_AGAIN_MS = 10_000;
const ROWS = 400;
// Widths at the right of the plot: an axis, the codes at the ends of lines [px].
const AXIS = 52;
const CODES = 64;

const viewer = JSON.parse(document.getElementById("viewer").textContent);
const words = document.getElementById("trend-words").dataset;
const find = (name) => document.querySelector(`[data-${name}]`);
const [plot, legend, start] = [find("plot"), find("legend"), find("start")];

const state = {
  tags: viewer.tags,
  span: viewer.from && viewer.to ? null : viewer.span,
  from: viewer.from,
  to: viewer.to,
  own: viewer.tags[0]?.n ?? null,
  cursor: null,
  isTable: false,
};
let trends = new Map();
let alarms = [];
let isCut = false;
let drawn = null;
let loading = null;
let reload = 0;
let redrawAt = 0;
let loadedMs = 0;
let axes = [];

// -- time ---------------------------------------------------------------------------------------------------------------

const isFollowing = () => state.span !== null;

function view() {
  if (!isFollowing()) return [state.from, state.to];
  const to = Math.round(nowMs());
  return [to - SPAN_MS[state.span], to];
}

function look(from, to) {
  const span = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, to - from));
  const end = Math.min(Math.round(to), Math.round(nowMs()) + Math.round(span / 10));
  Object.assign(state, { span: null, from: Math.round(end - span), to: end });
  remember();
  load();
}

function remember() {
  const url = new URL(location.href);
  const query = new URLSearchParams();
  if (state.tags.length) query.set("tags", state.tags.map((t) => t.n).join(","));
  if (isFollowing()) query.set("span", state.span);
  else {
    query.set("from", state.from);
    query.set("to", state.to);
  }
  url.search = query.toString().replaceAll("%2C", ",");
  history.replaceState(history.state, "", url);
  showControls(query);
}

// -- data ---------------------------------------------------------------------------------------------------------------

async function load() {
  clearTimeout(reload);
  loading?.abort();
  if (!state.tags.length) return show();
  loading = new AbortController();
  const { signal } = loading;
  const [from, to] = view();
  // As much again on both sides, so that dragging has something to show before the next answer.
  const room = to - from;
  const span = { tags: state.tags.map((t) => t.n).join(","), from: from - room, to: isFollowing() ? to : to + room };
  const n = Math.min(viewer.most_points, Math.max(300, Math.round(plot.clientWidth * 2.5)));
  try {
    const asked = request(`/api/v1/trends?${new URLSearchParams({ ...span, n })}`, { signal });
    const marked = viewer.can_see_alarms ? request(`/trends/alarms?${new URLSearchParams(span)}`, { signal }) : { alarms: [] };
    const [found, events] = await Promise.all([asked, marked]);
    trends = new Map(found.map((t) => [t.tag, t]));
    ({ alarms, is_cut: isCut = false } = events);
    loadedMs = performance.now();
    trouble(null);
    remember();
    show();
  } catch (fault) {
    if (signal.aborted) return;
    trouble(fault);
    if (fault.status === 503 || fault.status === 0) reload = setTimeout(load, ASK_AGAIN_MS);
  }
}

/** A fault is said above the plot; what was drawn before stays. */
function trouble(fault) {
  find("trouble").hidden = !fault;
  if (!fault) return;
  find("trouble-text").textContent = fault.status !== 503 ? fault.message : trends.size ? words.away : words.unknown;
  find("trouble-safe").textContent = fault.status === 503 ? words.safe : fault.remedy;
  start.hidden = state.tags.length > 0;
  legend.hidden = !state.tags.length;
  showLegend();
}

function takeValues({ detail }) {
  if (!isFollowing() || !detail.values) return;
  let hasNews = false;
  for (const [n, at, value, quality] of detail.values) {
    const trend = trends.get(n);
    if (!trend || typeof value === "string" || at <= (trend.ts.at(-1) ?? 0)) continue;
    const period = (state.tags.find((t) => t.n === n)?.period_s || 60) * 1000;
    if (trend.ts.length && at - trend.ts.at(-1) > 5 * period) trend.gaps.push([trend.ts.at(-1), at]);
    trend.ts.push(at);
    trend.value.push(value);
    trend.quality.push(quality);
    hasNews = true;
  }
  if (hasNews && performance.now() - redrawAt > 900) show();
  // What was added sample by sample is thinned again now and then.
  if (performance.now() - loadedMs > RENEW_MS) load();
}

// -- plot ---------------------------------------------------------------------------------------------------------------

/** Room at the right end of the lines for their codes, before the first axis there. */
const codeRoom = () => (state.tags.length > 1 ? CODES : 0);
const axisKey = (tag) => (tag.kind === "state" ? "state" : tag.unit || "");

function option() {
  const [from, to] = view();
  const room = to - from;
  axes = [...new Set(state.tags.filter((t) => t.kind !== "text").map(axisKey))];
  const right = Math.max(0, axes.length - 1);
  const last = isFollowing() ? to : to + room;
  return {
    grid: { left: 56, right: 24 + right * AXIS + codeRoom(), top: 30, bottom: 26 },
    tooltip: { trigger: "axis", showContent: false, axisPointer: { type: "line", lineStyle: { color: token("--t3"), width: 1 } } },
    xAxis: { type: "time", min: from - room, max: last, axisLabel: { hideOverlap: true, formatter: (ms) => timeWords(ms, room) } },
    yAxis: [...axes.map(valueAxis(from, to)), { type: "value", show: false, min: 0, max: 1 }],
    dataZoom: [{ type: "inside", filterMode: "none", startValue: from, endValue: to, zoomOnMouseWheel: true, moveOnMouseMove: true, moveOnMouseWheel: false }],
    series: [...state.tags.flatMap(series(from, to)), alarmMarks()],
  };
}

function timeWords(ms, span) {
  if (span > 36 * HOUR) return dayText(ms).slice(5);
  return span < 10 * 60_000 ? clockText(ms) : clockText(ms).slice(0, 5);
}

const limitsOf = (tag) => trends.get(tag.n)?.limits ?? [];

/** An axis per unit. The limits of a tag that is alone on its axis are always in the picture. */
const valueAxis = (from, to) => (key, place) => {
  const own = state.tags.filter((t) => axisKey(t) === key && trends.has(t.n));
  const seen = own.flatMap((t) => extremes(trends.get(t.n), from, to) ?? []);
  if (own.length === 1) seen.push(...limitsOf(own[0]).map((l) => l.limit));
  return {
    type: "value",
    name: key === "state" ? "" : key,
    position: place === 0 ? "left" : "right",
    offset: place === 0 ? 0 : codeRoom() + (place - 1) * AXIS,
    nameTextStyle: { align: place === 0 ? "right" : "left", fontSize: 12, color: token("--t3") },
    axisLabel: { formatter: (v) => (key === "state" ? stateWord(own[0], v) : figure(v)), showMinLabel: key === "state", showMaxLabel: key === "state" },
    splitLine: { show: place === 0, lineStyle: { color: token("--line") } },
    ...(key === "state" ? { minInterval: 1 } : {}),
    ...(seen.length ? axisRange(Math.min(...seen), Math.max(...seen)) : { min: 0, max: 1 }),
  };
};

const stateWord = (tag, value) => Object.entries(tag?.states ?? {}).find(([, n]) => n === value)?.[0] ?? figure(value);

const dash = (tag) => (tag.n === state.own ? "solid" : DASHES[state.tags.indexOf(tag) % DASHES.length]);

const series = (from, to) => (tag) => {
  const trend = trends.get(tag.n);
  if (!trend || tag.kind === "text") return [];
  const isOwn = tag.n === state.own;
  const axis = axes.indexOf(axisKey(tag));
  const limits = isOwn || state.tags.length === 1 ? limitsOf(tag).map((l) => ({ value: l.limit, name: `${l.type} ${figure(l.limit)}`, colour: COLOURS[l.priority] })) : [];
  const drawnLine = line(points(trend), { isOwn, limits, unit: tag.unit, step: tag.kind === "state" });
  drawnLine.markLine?.data.forEach((mark) => Object.assign(mark.label, { position: "insideEndTop" }));
  Object.assign(drawnLine, { name: tag.code, yAxisIndex: axis, z: isOwn ? 3 : 2 });
  if (!isOwn) drawnLine.lineStyle = { ...drawnLine.lineStyle, width: 1.25, color: token("--t3"), type: dash(tag) };
  if (state.tags.length > 1) drawnLine.labelLayout = { moveOverlap: "shiftY" };
  if (state.tags.length > 1) drawnLine.endLabel = { show: true, formatter: tag.code, fontSize: 12, color: token(isOwn ? "--t1" : "--t3"), distance: 4 };
  const bad = badPoints(trend).filter(([at]) => at >= from && at <= to);
  if (!bad.length) return [drawnLine];
  return [drawnLine, badMarks(bad, axis)];
};

/** Bad quality: a hollow diamond where its value was, or at the foot of the plot when there was none. */
function badMarks(bad, axis) {
  const foot = axes.length;
  return {
    type: "scatter",
    symbol: "diamond",
    symbolSize: 7,
    silent: true,
    animation: false,
    itemStyle: { color: "transparent", borderColor: token("--yel"), borderWidth: 1.25 },
    yAxisIndex: bad.every(([, value]) => value === null) ? foot : axis,
    data: bad.map(([at, value]) => [at, value ?? 0.02]),
  };
}

function alarmMarks() {
  return {
    type: "scatter",
    yAxisIndex: axes.length,
    symbol: "triangle",
    symbolSize: 9,
    animation: false,
    silent: true,
    z: 4,
    data: alarms.map((a) => ({ value: [a.at_ms, 0.015], name: a.title, itemStyle: { color: token(`--${COLOURS[a.priority]}`) } })),
    label: { show: alarms.length <= 12, position: "top", formatter: "{b}", fontSize: 12, color: token("--t2") },
    labelLayout: { hideOverlap: true },
  };
}

function show() {
  redrawAt = performance.now();
  start.hidden = state.tags.length > 0;
  legend.hidden = !state.tags.length;
  plot.hidden = state.isTable || !state.tags.length;
  find("points").hidden = !state.isTable || !state.tags.length;
  showLegend();
  if (!state.tags.length) return;
  if (state.isTable) showPoints();
  else if (drawn) drawn.redraw();
  else begin();
}

function begin() {
  drawn = chart(plot, option);
  drawn.instance.on("datazoom", () => {
    const [zoom] = drawn.instance.getOption().dataZoom;
    const [from, to] = [zoom.startValue, zoom.endValue];
    if (!Number.isFinite(from) || !Number.isFinite(to)) return;
    Object.assign(state, { span: null, from: Math.round(from), to: Math.round(to) });
    clearTimeout(reload);
    reload = setTimeout(() => look(from, to), RELOAD_AFTER_MS);
  });
  drawn.instance.on("updateAxisPointer", ({ axesInfo }) => {
    state.cursor = axesInfo?.[0]?.value ?? null;
    showLegend();
  });
  drawn.instance.getZr().on("globalout", () => {
    state.cursor = null;
    showLegend();
  });
}

// -- legend and table ----------------------------------------------------------------------------------------------------

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function sample(tag) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "dash");
  svg.setAttribute("viewBox", "0 0 28 8");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const pattern = dash(tag);
  const isOwn = tag.n === state.own;
  const look_ = { d: "M0 4H28", fill: "none", stroke: `var(${isOwn ? "--ink" : "--t3"})`, "stroke-width": isOwn ? 2 : 1.25 };
  if (pattern !== "solid") look_["stroke-dasharray"] = pattern.join(" ");
  for (const [key, value] of Object.entries(look_)) path.setAttribute(key, value);
  svg.append(path);
  return svg;
}

function valueWords(tag, value, quality) {
  const cell = element("span", "val");
  if (value === null || value === undefined) {
    cell.textContent = NOTHING;
    return cell;
  }
  cell.textContent = tag.kind === "state" ? stateWord(tag, value) : figure(value);
  if (tag.unit && tag.kind !== "state") cell.append(element("span", "u", tag.unit));
  if (isBad(quality)) cell.append(Object.assign(element("span", "doubt", "?"), { title: words.bad }));
  return cell;
}

function legendRow(tag, [from, to]) {
  const row = document.createElement("tr");
  row.dataset.n = tag.n;
  row.ariaSelected = String(tag.n === state.own);
  const trend = trends.get(tag.n);
  const place = trend ? (state.cursor === null ? trend.ts.length - 1 : placeAt(trend.ts, state.cursor)) : -1;
  const range = trend ? extremes(trend, from, to) : null;
  const code = Object.assign(element("a", "b", tag.code), { href: `/tags/${tag.uuid}/` });
  const age = element("time", "age");
  const newest = trend?.ts.at(-1);
  if (newest) setAge(age, newest, tag.period_s || 60);
  else age.textContent = NOTHING;
  const drop = Object.assign(element("button", "iconbtn", "×"), { type: "button", ariaLabel: `${words.remove} ${tag.code}` });
  drop.dataset.drop = tag.n;
  const cells = [sample(tag), code, tag.name, tag.enterprise, valueWords(tag, place < 0 ? null : trend.value[place], place < 0 ? 0 : trend.quality[place]),
    range ? figure(range[0]) : NOTHING, range ? figure(range[1]) : NOTHING, age, drop];
  const looks = ["", "", "no-phone el", "no-phone t2", "num b", "num no-phone", "num no-phone", "", "r"];
  cells.forEach((content, i) => {
    const cell = element("td", looks[i]);
    cell.append(content);
    row.append(cell);
  });
  return row;
}

function showLegend() {
  const body = legend.tBodies[0];
  const span = view();
  body.replaceChildren(...state.tags.map((tag) => legendRow(tag, span)));
  find("at-head").textContent = state.cursor === null ? words.newest : `${dayText(state.cursor).slice(5)} ${clockText(state.cursor)}`;
}

function showPoints() {
  const [from, to] = view();
  const times = new Set();
  for (const tag of state.tags) for (const at of trends.get(tag.n)?.ts ?? []) if (at >= from && at <= to) times.add(at);
  const rows = [...times].sort((a, b) => b - a).slice(0, ROWS);
  const table = element("table", "tb compact");
  const head = table.createTHead().insertRow();
  head.append(element("th", "", words.time), ...state.tags.map((t) => element("th", "num", `${t.code} ${t.unit}`.trim())));
  const body = table.createTBody();
  for (const at of rows) {
    const row = body.insertRow();
    row.append(element("td", "t3", `${dayText(at).slice(5)} ${clockText(at)}`));
    for (const tag of state.tags) {
      const trend = trends.get(tag.n);
      const place = trend ? placeAt(trend.ts, at) : -1;
      const cell = element("td", "num");
      if (place >= 0 && trend.ts[place] === at) cell.append(valueWords({ ...tag, unit: "" }, trend.value[place], trend.quality[place]));
      row.append(cell);
    }
  }
  find("points").replaceChildren(rows.length ? table : element("p", "cb m", words.none));
}

// -- controls -----------------------------------------------------------------------------------------------------------

function showControls(query) {
  for (const button of document.querySelectorAll("[data-span]")) button.ariaPressed = String(button.dataset.span === state.span);
  find("custom").ariaPressed = String(!isFollowing());
  find("follow").ariaPressed = String(isFollowing());
  const [from, to] = view();
  find("span-words").textContent = state.tags.length && !isFollowing() ? `${dayText(from).slice(5)} ${clockText(from)} – ${dayText(to).slice(5)} ${clockText(to)}` : "";
  if (isCut) find("span-words").textContent += ` · ${words.cut.replace("%(n)s", alarms.length)}`;
  find("save").hidden = !state.tags.length;
  find("save-query").value = query.toString();
  const file = find("export");
  if (!file) return;
  file.hidden = !state.tags.length;
  const asked = { tags: state.tags.map((t) => t.n).join(","), from: Math.round(from), to: Math.round(to) };
  for (const [name, value] of Object.entries(asked)) file.elements[name].value = value;
}

function add(tag) {
  if (state.tags.some((t) => t.n === tag.n)) return;
  if (state.tags.length >= viewer.most) {
    trouble({ message: words.full, remedy: "" });
    return;
  }
  state.tags.push(tag);
  state.own ??= tag.n;
  changed();
}

function remove(n) {
  state.tags = state.tags.filter((t) => t.n !== n);
  trends.delete(n);
  if (state.own === n) state.own = state.tags[0]?.n ?? null;
  changed();
}

function changed() {
  watchTags(state.tags.map((t) => t.n));
  remember();
  load();
}

// -- choice of tags -----------------------------------------------------------------------------------------------------

let asking = 0;
const pick = find("pick");
const found = document.getElementById("found");

async function search() {
  const text = pick.value.trim();
  if (text.length < 2) return offer(text ? [element("p", "m", words.two)] : []);
  const mine = (asking += 1);
  try {
    const { rows } = await request(`/api/v1/tags?${new URLSearchParams({ q: text, size: 50 })}`);
    if (mine !== asking) return undefined;
    const usable = rows.filter((t) => t.kind !== "text" && !state.tags.some((s) => s.n === t.n));
    return offer(usable.length ? usable.map(offered) : [element("p", "m", words.nothing)]);
  } catch (fault) {
    return offer([element("p", "m", fault.message)]);
  }
}

function offered(tag) {
  const button = Object.assign(element("button", "it"), { type: "button", role: "option" });
  button.append(element("b", "", tag.code), element("span", "el", [tag.name, tag.asset_label].filter(Boolean).join(" · ")), element("span", "m", tag.enterprise));
  button.addEventListener("click", () => {
    add(tag);
    button.remove();
    pick.focus();
  });
  return button;
}

function offer(rows) {
  found.replaceChildren(...rows);
  found.hidden = !rows.length;
  pick.ariaExpanded = String(!found.hidden);
}

function startPicker() {
  let wait = 0;
  pick.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(search, 180);
  });
  pick.addEventListener("keydown", (event) => {
    if (event.key === "Escape") offer([]);
    if (event.key === "Enter") found.querySelector(".it")?.click();
    if (event.key === "ArrowDown") found.querySelector(".it")?.focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".picker")) offer([]);
  });
}

// -- start --------------------------------------------------------------------------------------------------------------

const local = (ms) => `${dayText(ms)}T${clockText(ms)}`;

function startControls() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, tr[data-n]");
    if (!button) return;
    const [from, to] = view();
    const { span, shift, zoom, drop } = button.dataset;
    if (span) {
      state.span = span;
      remember();
      load();
    } else if (shift) look(from + Number(shift) * (to - from), to + Number(shift) * (to - from));
    else if (zoom) look(isFollowing() ? to - Number(zoom) * (to - from) : (from + to) / 2 - (Number(zoom) * (to - from)) / 2, isFollowing() ? to : (from + to) / 2 + (Number(zoom) * (to - from)) / 2);
    else if (drop) remove(Number(drop));
    else if ("follow" in button.dataset) follow();
    else if ("custom" in button.dataset) custom(from, to);
    else if ("tableView" in button.dataset) tableView(button);
    else if (button.dataset.n && !event.target.closest("a")) {
      state.own = Number(button.dataset.n);
      show();
    }
  });
  find("custom-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    const [from, to] = ["from", "to"].map((name) => Date.parse(`${data.get(name)}+08:00`));
    if (to > from) look(from, to);
  });
}

function follow() {
  if (isFollowing()) {
    const [from, to] = view();
    look(from, to);
    return;
  }
  const width = state.to - state.from;
  state.span = Object.keys(SPAN_MS).find((name) => SPAN_MS[name] >= width) ?? "7d";
  remember();
  load();
}

function custom(from, to) {
  const form = find("custom-form");
  form.hidden = !form.hidden;
  form.elements.from.value = local(from);
  form.elements.to.value = local(to);
}

function tableView(button) {
  state.isTable = !state.isTable;
  button.ariaPressed = String(state.isTable);
  show();
}

startControls();
if (pick) startPicker();
want("values");
document.addEventListener("cw:value", takeValues);
document.addEventListener("cw:theme", showLegend);
watchTags(state.tags.map((t) => t.n));
remember();
load();
