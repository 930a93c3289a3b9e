// The trend of an opened alarm: its last hour with the limits, going on with the live values.
import { chart, events, line, timeAxis } from "../core/chart.js";
import { nowMs } from "../core/clock.js";
import { request } from "../core/http.js";
import { word } from "./alarms_told.js";

const HOUR_MS = 3600_000;
const COLOURS = { 1: "red", 2: "org", 3: "yel", 4: "" };
const REDRAW_MS = 2000;

/** Draw into `place`; {stop} ends it. Null when there is no place for it. */
export function drawTrend(place, alarm) {
  if (!place) return null;
  const controller = new AbortController();
  const state = { points: [], limits: [], unit: alarm.unit ?? "", drawing: null, drawnAt: 0, isOver: false };
  load(place, alarm, state, controller.signal);
  const onValue = ({ detail }) => follow(alarm, state, detail);
  document.addEventListener("cw:value", onValue);
  return {
    stop() {
      state.isOver = true;
      controller.abort();
      document.removeEventListener("cw:value", onValue);
      state.drawing?.dispose();
    },
  };
}

async function load(place, alarm, state, signal) {
  const to = Math.round(nowMs());
  const query = new URLSearchParams({ tags: place.dataset.trend, from: to - HOUR_MS, to, n: 600 });
  try {
    const [found] = await request(`/api/v1/trends?${query}`, { signal });
    if (state.isOver) return;
    const gaps = (found.gaps ?? []).map(([from]) => [from, null]);
    const loaded = found.ts.map((ts, i) => [ts, found.value[i]]);
    state.points = [...loaded, ...gaps].sort((a, b) => a[0] - b[0]).concat(state.points.filter(([ts]) => ts > (found.ts.at(-1) ?? 0)));
    state.limits = found.limits.filter(({ type }) => isSameSide(type, alarm.type)).map((l) => ({ value: l.limit, name: `${l.type} ${l.limit}`, colour: COLOURS[l.priority] ?? "" }));
    if (!state.points.length) place.append(note(word("trend_none")));
    else state.drawing = chart(place, () => option(alarm, state));
  } catch (fault) {
    if (!state.isOver) place.append(note(`${word("trend_away")} ${fault.message}`));
  }
}

function note(text) {
  return Object.assign(document.createElement("p"), { className: "t3", textContent: text });
}

function option(alarm, state) {
  const to = Math.round(nowMs());
  const known = state.points.filter(([, value]) => value !== null);
  const last = known.at(-1);
  const marks = alarm.raised_at_ms > to - HOUR_MS ? [{ at: alarm.raised_at_ms, name: word("alarm") }] : [];
  const values = [...known.map((p) => p[1]), ...state.limits.map((l) => l.value)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  const least = low >= 0 && low < high * 0.5 ? 0 : low - room;
  return {
    xAxis: timeAxis(to - HOUR_MS, to),
    yAxis: { type: "value", name: state.unit, min: round(least), max: round(high + room) },
    series: [
      line(state.points, { limits: state.limits, last: last ? { at: last[0], value: last[1], colour: COLOURS[alarm.priority] ?? "" } : null, unit: state.unit }),
      ...(marks.length ? [{ ...events(marks), data: marks.map(({ at, name }) => ({ value: [at, round(least)], name })) }] : []),
    ],
  };
}

/** A high alarm is read against the high limits: the low ones would only flatten the curve. */
const isSameSide = (limit, type) => !/^(HH?|LL?)$/.test(type) || limit[0] === type[0];

const round = (value) => Number(value.toPrecision(3));

function follow(alarm, state, detail) {
  for (const [tag, ts, value] of detail.values ?? []) {
    if (tag === alarm.tag && typeof value === "number" && ts > (state.points.at(-1)?.[0] ?? 0)) state.points.push([ts, value]);
  }
  const now = performance.now();
  if (state.drawing && now - state.drawnAt > REDRAW_MS) {
    state.drawnAt = now;
    state.drawing.redraw();
  }
}
