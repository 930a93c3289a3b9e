// One look for all charts: grey series, limits dashed in the risk colour and named at the right end, gaps stay gaps,
// no legend box, no gradient, no smoothing. Colours are the tokens of the page. Texts in charts are drawn, never HTML.
import * as echarts from "../vendor/echarts.mjs";
import { dayText, clockText, figure } from "./format.js";
import { word } from "./words.js";

const charts = new Map();

/** The value of a token now, as a colour that ECharts understands. */
export function token(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

const text = (extra = {}) => ({ fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: token("--t3"), ...extra });

/** Limits for a series: [{value, name, colour}], colour "red" | "org" | "yel" | "blu" | "" (grey). */
export function limits(list) {
  return {
    symbol: "none",
    silent: true,
    animation: false,
    data: list.map(({ value, name, colour }) => {
      const drawn = token(colour ? `--${colour}` : "--t2");
      return { yAxis: value, lineStyle: { color: drawn, type: [4, 3], width: 1.25 }, label: { formatter: name, position: "end", color: drawn, fontSize: 12 } };
    }),
  };
}

/** A line. `points` [[ms, value | null]]; null leaves a gap. `isOwn` draws the series in ink, else in grey. */
export function line(points, { isOwn = true, limits: marks = [], last = null, unit = "", step = false } = {}) {
  return {
    type: "line",
    data: points,
    symbol: "none",
    smooth: false,
    step: step ? "end" : false,
    connectNulls: false,
    animation: false,
    lineStyle: { width: isOwn ? 1.75 : 1, color: token(isOwn ? "--ink" : "--t4") },
    itemStyle: { color: token(isOwn ? "--ink" : "--t4") },
    unit,
    ...(marks.length ? { markLine: limits(marks) } : {}),
    ...(last ? { markPoint: lastValue(last) } : {}),
  };
}

function lastValue({ at, value, colour = "" }) {
  const drawn = token(colour ? `--${colour}` : "--t1");
  return {
    symbol: "circle",
    symbolSize: 7,
    animation: false,
    itemStyle: { color: token(colour ? `--${colour}-f` : "--ink") },
    label: { show: true, position: "right", formatter: figure(value), color: drawn, fontWeight: 600, fontSize: 13 },
    data: [{ coord: [at, value] }],
  };
}

/** Events on the time axis as small triangles: [{at, name}]. */
export function events(list) {
  return {
    type: "scatter",
    data: list.map(({ at, name }) => ({ value: [at, 0], name })),
    symbol: "triangle",
    symbolSize: 8,
    silent: true,
    animation: false,
    itemStyle: { color: token("--t2") },
    label: { show: true, position: "top", formatter: "{b}", fontSize: 12, color: token("--t2") },
  };
}

/** A time axis in the time zone of the platform. */
export function timeAxis(fromMs, toMs) {
  const isLong = toMs - fromMs > 36 * 3600_000;
  return { type: "time", min: fromMs, max: toMs, axisLabel: { hideOverlap: true, formatter: (ms) => (isLong ? dayText(ms).slice(5) : clockText(ms).slice(0, 5)) } };
}

function axes(option) {
  const base = {
    axisLine: { lineStyle: { color: token("--line2") } },
    axisTick: { show: false },
    axisLabel: text(),
    splitLine: { lineStyle: { color: token("--line") } },
    nameTextStyle: text({ align: "right" }),
    nameGap: 8,
    splitNumber: 4,
  };
  const styled = (axis) => ({ ...base, ...axis, axisLabel: { ...base.axisLabel, ...axis?.axisLabel } });
  const each = (axis, change = {}) => (Array.isArray(axis) ? axis.map((a) => ({ ...styled(a), ...change })) : { ...styled(axis), ...change });
  const bare = (axis) => each({ axisLine: { show: false }, ...axis });
  return {
    ...option,
    xAxis: each(option.xAxis, { splitLine: { show: false } }),
    yAxis: Array.isArray(option.yAxis) ? option.yAxis.map(bare) : bare(option.yAxis ?? {}),
  };
}

function tooltip() {
  return {
    trigger: "axis",
    // Drawn by the chart itself: names from devices can never become markup.
    renderMode: "richText",
    confine: true,
    backgroundColor: token("--s1"),
    borderColor: token("--line2"),
    borderWidth: 1,
    padding: [4, 8],
    textStyle: text({ color: token("--t1") }),
    axisPointer: { type: "line", lineStyle: { color: token("--t4"), width: 1 } },
    valueFormatter: (value) => figure(value ?? null),
  };
}

/** Draw `make()` (an ECharts option) into an element; drawn anew when day turns to night. Returns {redraw, instance, dispose}. */
export function chart(element, make) {
  charts.get(element)?.dispose();
  const instance = echarts.init(element, null, { renderer: "svg" });
  const redraw = () =>
    instance.setOption({ textStyle: text(), grid: { left: 44, right: 72, top: 22, bottom: 24 }, tooltip: tooltip(), ...axes(make()), animation: false }, { notMerge: true });
  const watcher = new ResizeObserver(() => instance.resize({ animation: { duration: 0 } }));
  watcher.observe(element);
  const dispose = () => {
    watcher.disconnect();
    instance.dispose();
    charts.delete(element);
  };
  const entry = { redraw, instance, dispose };
  charts.set(element, entry);
  redraw();
  return entry;
}

/** A small line without axes as an SVG element: `points` [[x, y | null]], limit optional. */
export function sparkline(points, { width = 76, height = 20, limit = null, colour = "" } = {}) {
  const known = points.filter(([, y]) => y !== null && Number.isFinite(y));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" })) svg.setAttribute(name, value);
  if (!known.length) return svg;
  const ys = [...known.map(([, y]) => y), ...(limit === null ? [] : [limit])];
  const [x0, x1, y0, y1] = [known[0][0], known.at(-1)[0], Math.min(...ys), Math.max(...ys)];
  const px = (x) => (x1 === x0 ? width : ((x - x0) / (x1 - x0)) * width);
  const py = (y) => (y1 === y0 ? height / 2 : height - 2 - ((y - y0) / (y1 - y0)) * (height - 4));
  if (limit !== null) svg.append(path(`M0 ${py(limit)}H${width}`, { stroke: token(colour ? `--${colour}` : "--line2"), "stroke-dasharray": "3 3" }));
  let pen = "M";
  const d = points.map(([x, y]) => {
    if (y === null || !Number.isFinite(y)) {
      pen = "M";
      return "";
    }
    const part = `${pen}${px(x).toFixed(1)} ${py(y).toFixed(1)}`;
    pen = "L";
    return part;
  });
  svg.append(path(d.join(""), { stroke: "currentColor", "stroke-width": "1.5", fill: "none" }));
  return svg;
}

function path(d, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of Object.entries({ d, fill: "none", ...attributes })) element.setAttribute(name, value);
  return element;
}

/** Words of a time axis that counts back from now. */
export const backFromNow = (minutes) => (minutes === 0 ? word("now") : `${figure(minutes)} min`);

document.addEventListener("cw:theme", () => charts.forEach((entry) => entry.redraw()));
