// Small trends on the pages of tags and limits: `data-trend` names the element with what to draw.
import { chart, line, timeAxis, token } from "../core/chart.js";
import { nowMs } from "../core/clock.js";
import { figure } from "../core/format.js";
import { request } from "../core/http.js";
import { axisRange, points } from "./trend_points.js";

const POINTS = 800;

function said(element, text) {
  element.replaceChildren(Object.assign(document.createElement("p"), { className: "m", textContent: text }));
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
  return axisRange(Math.min(...seen), Math.max(...seen));
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
      { type: "value", name: asked.unit, axisLabel: { formatter: (v) => figure(v), showMinLabel: false, showMaxLabel: false }, ...range(trends, asked.limits) },
      { type: "value", show: false, min: 0, max: 1 },
    ],
    series: [
      ...trends.map((t, i) => line(points(t), { limits: i ? [] : asked.limits, unit: t.unit, step: asked.steps.includes(t.tag) })),
      marks(asked.marks),
    ],
  }));
}

document.querySelectorAll("[data-trend]").forEach(draw);
