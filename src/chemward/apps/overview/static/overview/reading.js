// How a reading is said: value, quality in words, limits, a small line of the last ten minutes.
import { figure } from "../core/format.js";
import { say } from "./config.js";
import { svg } from "./dom.js";

const CLASS = 0b11;

/** Quality in words; empty when it is good. */
export function qualityWords(quality) {
  if (quality === null || quality === undefined) return "";
  const bits = say("quality_bits").split(",");
  const words = bits.filter((_, i) => (quality >> (i + 2)) & 1);
  const grade = say("quality_classes").split(",")[quality & CLASS];
  return [grade, ...words].filter(Boolean).join(", ");
}

/** What a reading shows: a state by its name, a number with six figures. */
export function valueText(value, states) {
  if (value === null || value === undefined) return say("no_data");
  if (typeof value === "number" && states && Object.keys(states).length) {
    const name = Object.keys(states).find((k) => states[k] === value);
    if (name) return name;
  }
  return figure(value);
}

/** `≥ 2` or `≤ 10`, by the type of the limit. */
export const limitText = (type, limit) => (limit === null || limit === undefined ? "" : `${type.startsWith("L") ? "≤" : "≥"} ${figure(limit)}`);

const LINE = { 1: "--red", 2: "--org", 3: "--yel", 4: "--blu" };

/** Those limits that lie within reach of the readings: one far away would press the line flat. */
export function nearLimits(value, limits) {
  const known = value.filter((v) => v !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const reach = Math.max((high - low) * 2, Math.abs(high) * 0.3, 1e-9);
  return limits.filter((l) => l.limit !== null && l.limit <= high + reach && l.limit >= low - reach);
}

/** A line of readings with its limits dashed: ts [ms], values (null is a gap), limits [{limit, priority}]. Names what it shows. */
export function spark({ ts, value, limits: near = [], fromMs, toMs, label, width = 150, height = 38 }) {
  const drawn = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "spark" });
  const known = value.filter((v) => v !== null);
  if (!known.length) return drawn;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const all = [low, high, ...near.map((l) => l.limit)];
  const [bottom, top] = [Math.min(...all), Math.max(...all)];
  const x = (t) => ((t - fromMs) / (toMs - fromMs)) * (width - 6);
  const y = (v) => (top === bottom ? height / 2 : height - 3 - ((v - bottom) / (top - bottom)) * (height - 7));
  for (const l of near) drawn.append(svg("path", { d: `M0 ${y(l.limit).toFixed(1)}H${width}`, fill: "none", style: `stroke:var(${LINE[l.priority] ?? "--t3"})`, "stroke-dasharray": "3 3" }));
  let pen = "M";
  let path = "";
  ts.forEach((t, i) => {
    if (value[i] === null) pen = "M";
    else {
      path += `${pen}${x(t).toFixed(1)} ${y(value[i]).toFixed(1)}`;
      pen = "L";
    }
  });
  drawn.append(svg("path", { d: path, fill: "none", style: "stroke:var(--t1)", "stroke-width": 1.75, "stroke-linejoin": "round" }));
  const last = value.findLastIndex((v) => v !== null);
  const passed = near.filter((l) => (l.type?.startsWith("L") ? value[last] <= l.limit : value[last] >= l.limit)).sort((a, b) => a.priority - b.priority)[0];
  drawn.append(svg("circle", { cx: x(ts[last]).toFixed(1), cy: y(value[last]).toFixed(1), r: 2.8, style: `fill:var(${passed ? LINE[passed.priority] : "--t1"})` }));
  return drawn;
}
