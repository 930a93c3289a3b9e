// Small trends on the pages of tags and limits (`data-trend` names the element with what to draw), and the value of now, live.
import { chart, line, timeAxis, token } from "../core/chart.js";
import { nowMs, setAge } from "../core/clock.js";
import { figure } from "../core/format.js";
import { request } from "../core/http.js";
import { want, watchTags } from "../core/live.js";

const POINTS = 800;
const BAD = 2;

function said(element, text) {
  element.replaceChildren(Object.assign(document.createElement("p"), { className: "m", textContent: text }));
}

/** Points of an answer with a hole where the historian saw a gap and where there is no number. */
export function points(trend) {
  const starts = new Set(trend.gaps.map(([before]) => before));
  return trend.ts.flatMap((at, i) => {
    const value = (trend.quality[i] & 3) === BAD ? null : trend.value[i];
    return starts.has(at) ? [[at, value], [at + 1, null]] : [[at, value]];
  });
}

const marks = (list) => ({
  type: "scatter",
  yAxisIndex: 1,
  data: list.map((at) => [at, 0]),
  symbol: "triangle",
  symbolSize: 8,
  animation: false,
  itemStyle: { color: token("--t2") },
  tooltip: { show: false },
});

/** The range of the value axis: of the values and the limits together, so that a limit never lies outside the picture. */
function range(trends, limits) {
  const seen = [...trends.flatMap((t) => t.value), ...limits.map((l) => l.value)].filter(Number.isFinite);
  if (!seen.length) return {};
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return { min: low >= 0 && low - room < 0 ? 0 : low - room, max: high + room };
}

async function draw(element) {
  const asked = JSON.parse(document.getElementById(element.dataset.trend).textContent);
  const to = asked.to_ms ?? Math.round(nowMs());
  const from = asked.from_ms ?? to - asked.span_ms;
  let trends;
  try {
    trends = await request(`/api/v1/trends?${new URLSearchParams({ tags: asked.tags.join(","), from, to, n: POINTS })}`);
  } catch (fault) {
    said(element, fault.status === 503 ? element.dataset.away : fault.message);
    return;
  }
  if (!trends.some((t) => t.ts.length)) {
    said(element, element.dataset.none);
    return;
  }
  chart(element, () => ({
    grid: { left: 48, right: 84, top: 22, bottom: 24 },
    xAxis: timeAxis(from, to),
    yAxis: [
      { type: "value", name: asked.unit, axisLabel: { formatter: (v) => figure(v) }, ...range(trends, asked.limits) },
      { type: "value", show: false, min: 0, max: 1 },
    ],
    series: [
      ...trends.map((t, i) => line(points(t), { limits: i ? [] : asked.limits, unit: t.unit, step: asked.steps.includes(t.tag) })),
      marks(asked.marks),
    ],
  }));
}

function showValue({ detail }) {
  const shown = document.querySelector("[data-value]");
  const news = detail.values?.findLast(([n]) => String(n) === shown?.dataset.value);
  if (!news) return;
  const [, at, value, quality] = news;
  const states = Object.fromEntries(shown.dataset.states.split("\n").filter(Boolean).map((s) => [s.slice(0, s.indexOf("=")), s.slice(s.indexOf("=") + 1)]));
  const text = states[String(value)] ?? figure(value);
  const unit = typeof value === "number" && !(String(value) in states) ? shown.dataset.unit : "";
  shown.replaceChildren(text);
  if (unit) shown.append(Object.assign(document.createElement("span"), { className: "u", textContent: unit }));
  if (quality & 3) shown.append(Object.assign(document.createElement("span"), { className: "doubt yel", textContent: "?" }));
  const age = document.querySelector("[data-value-age] .age");
  if (age) setAge(age, at);
}

document.querySelectorAll("[data-trend]").forEach(draw);
const shown = document.querySelector("[data-value]");
if (shown) {
  document.addEventListener("cw:value", showValue);
  want("values");
  watchTags([Number(shown.dataset.value)]);
}
