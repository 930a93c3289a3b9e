// How numbers, ages, durations and times are written: the same rules as templatetags/formatting.py.
import { word } from "./words.js";

export const NOTHING = "—";
export const LATE_AFTER_PERIODS = 2;
export const DEAD_AFTER_PERIODS = 5;
const THIN = "\u2009";

const two = (n) => String(n).padStart(2, "0");

/** "" | "late" | "dead" for an age [s] of a source expected every `periodS` [s]. */
export function freshness(ageS, periodS) {
  if (ageS > DEAD_AFTER_PERIODS * periodS) return "dead";
  return ageS > LATE_AFTER_PERIODS * periodS ? "late" : "";
}

/** An age [s] in its largest unit: `2 s`, `12 min`, `3 h`, `5 天`. */
export function shortAge(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h`;
  return days(Math.floor(whole / 86400));
}

const days = (n) => word(n === 1 ? "one_day" : "days", { n });

/** A duration [s]: `00:48`, `3 h 38 min`, `4 h`, `5 天`. */
export function span(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  if (whole < 3600) return `${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
  const minutes = Math.floor((whole % 3600) / 60);
  if (whole < 86400) return `${Math.floor(whole / 3600)} h${minutes ? ` ${minutes} min` : ""}`;
  return days(Math.floor(whole / 86400));
}

/** `剩 2:04` or `逾期 5 天`. */
export const rest = (seconds) => word(seconds >= 0 ? "left" : "overdue", { time: span(seconds) });

export const ageWords = (ageS, state) =>
  state === "dead" ? word("dead", { time: span(ageS) }) : word("ago", { time: shortAge(ageS) });

/** A number with thin spaces between thousands and a true minus sign; a dash for nothing, never 0. */
export function figure(value, decimals) {
  if (value === null || value === undefined || value === "" || (typeof value === "number" && !Number.isFinite(value))) return NOTHING;
  if (typeof value !== "number") return String(value);
  const text = decimals === undefined ? String(Number(value.toPrecision(6))) : value.toFixed(decimals);
  if (text.includes("e")) return text.replace("-", "\u2212");
  const [whole, part] = text.split(".");
  return (whole.replace(/\B(?=(\d{3})+$)/g, THIN) + (part ? `.${part}` : "")).replace("-", "\u2212");
}

/** `14:26:38` in the time zone of the platform. */
const clockFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit" });
export const clockText = (ms) => clockFormat.format(ms);
export const dayText = (ms) => dayFormat.format(ms);

/** `14:26:38` today, `03-15` this year, `2026-04-29` else. */
export function moment(ms, nowMs) {
  const [day, today] = [dayText(ms), dayText(nowMs)];
  if (day === today) return clockText(ms);
  return day.slice(0, 4) === today.slice(0, 4) ? day.slice(5) : day;
}
