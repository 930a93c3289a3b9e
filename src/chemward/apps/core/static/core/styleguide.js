// Specimens of the style guide page.
import { chart, events, line, timeAxis } from "./chart.js";
import { nowMs } from "./clock.js";
import { toast } from "./toast.js";

const MINUTE = 60_000;

/** A rise after minute 46 of the hour, with a gap, to show limits, the last value and how a gap stays a gap. */
function rise(end) {
  return Array.from({ length: 121 }, (_, i) => {
    const minute = i / 2;
    const value = 0.14 + 0.02 * Math.sin(i * 1.7) + (minute > 46 ? (minute - 46) ** 1.72 * 0.0265 : 0);
    return [end - (60 - minute) * MINUTE, minute > 20 && minute < 25 ? null : value];
  });
}

const element = document.getElementById("chart");
if (element) {
  chart(element, () => {
    const end = nowMs();
    const points = rise(end);
    const limits = [{ value: 2, name: "HH 2.0", colour: "red" }, { value: 1, name: "H 1.0", colour: "org" }];
    return {
      xAxis: timeAxis(end - 60 * MINUTE, end),
      yAxis: { type: "value", name: "mg/m³", min: 0, max: 3 },
      series: [
        line(points, { limits, last: { at: end, value: 2.6, colour: "red" } }),
        line(points.map(([x, y]) => [x, y === null ? null : y * 0.4]), { isOwn: false }),
        events([{ at: end - 14 * MINUTE, name: "卸车开始" }]),
      ],
    };
  });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-demo-toast]")) toast("已发提醒 3 家。", { undo: () => Promise.resolve() });
});
