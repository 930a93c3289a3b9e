// One alarm on a page of its own: its trend around the moment it was raised.
import { chart, events, limits, line, timeAxis } from "../core/chart.js";
import { request } from "../core/http.js";

const AROUND_MS = 1800_000;
const COLOURS = { 1: "red", 2: "org", 3: "yel", 4: "" };

async function start() {
  const place = document.querySelector("[data-trend]");
  if (!place) return;
  const at = Number(place.dataset.raisedMs) || Date.now() - AROUND_MS;
  const [from, to] = [at - AROUND_MS, at + AROUND_MS];
  try {
    const [found] = await request(`/api/v1/trends?${new URLSearchParams({ tags: place.dataset.trend, from, to, n: 600 })}`);
    const points = found.ts.map((ts, i) => [ts, found.value[i]]);
    const marks = found.limits.map((l) => ({ value: l.limit, name: `${l.type} ${l.limit}`, colour: COLOURS[l.priority] ?? "" }));
    const most = Math.max(...marks.map((m) => m.value), ...found.value.filter((v) => v !== null));
    chart(place, () => ({
      xAxis: timeAxis(from, to),
      yAxis: { type: "value", name: found.unit, max: Number((most * 1.1).toPrecision(3)) },
      series: [{ ...line(points, { unit: found.unit }), markLine: limits(marks) }, events([{ at, name: "" }])],
    }));
  } catch (fault) {
    place.textContent = fault.message;
  }
}

start();
