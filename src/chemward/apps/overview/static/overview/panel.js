// The panel: alarms that wait for acknowledgement by priority, counters of today, last deeds.
import { nowMs, setAge } from "../core/clock.js";
import { clockText, figure, span } from "../core/format.js";
import { request } from "../core/http.js";
import { acknowledge, mayAcknowledge } from "./acts.js";
import { config, say } from "./config.js";
import { COLOURS, el, icon, mark } from "./dom.js";
import { limitText, qualityWords } from "./reading.js";
import * as state from "./state.js";

const MOST_ROWS = 60;
const TODAY_MS = 60_000;
const DEEDS_AFTER_MS = 1200;
const KEPT_AS_NEW_MS = 2500;
const WATCH_EVERY_MS = 2000;

export class Panel {
  /** `choose(row)`: somebody picked an alarm. */
  constructor(root, choose) {
    this.root = root;
    this.choose = choose;
    this.list = root.querySelector("[data-alarms]");
    this.chosen = null;
    this.seen = null;
    this.watched = "";
    state.on("rows", () => this.draw());
    state.on("mode", () => this.draw());
    state.on("values", () => this.#fill());
    setInterval(() => this.#count(), 1000);
    document.addEventListener("cw:act", () => this.#soon());
    const grip = root.querySelector("[data-grip]");
    grip?.addEventListener("click", () => grip.setAttribute("aria-expanded", String(root.classList.toggle("open"))));
    this.#today();
    this.#deeds();
    setInterval(() => this.#today(), TODAY_MS);
  }

  /** Alarms in the order of the list. */
  rows() {
    const isPast = state.atMs() !== null;
    const shown = state.rows().filter((r) => (isPast ? !r.cleared_at_ms || state.isOwed(r) : state.isOwed(r)));
    return shown.sort((a, b) => a.priority - b.priority || b.raised_at_ms - a.raised_at_ms || (a.id < b.id ? -1 : 1));
  }

  get current() {
    const rows = this.rows();
    return rows.find((r) => r.id === this.chosen) ?? rows[0] ?? null;
  }

  move(by) {
    const rows = this.rows();
    const at = rows.findIndex((r) => r.id === this.current?.id);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (!next) return;
    this.pick(next);
    this.list.querySelector(".om-al.on")?.scrollIntoView({ block: "nearest" });
  }

  pick(row) {
    this.chosen = row.id;
    this.draw();
    this.choose(row);
  }

  draw() {
    const isPast = state.atMs() !== null;
    const rows = this.rows();
    this.root.querySelector("[data-list-title]").textContent = isPast ? say("alarms_then", { time: clockText(state.atMs()) }) : say("alarms_now");
    this.root.querySelector("[data-list-count]").textContent = state.isKnown() ? figure(rows.length) : "—";
    if (!state.isKnown()) return;
    this.list.removeAttribute("aria-busy");
    const fresh = this.#news(rows);
    const current = this.current;
    const drawn = rows.slice(0, MOST_ROWS).map((row) => this.#row(row, row.id === current?.id, fresh.has(row.id)));
    if (rows.length > MOST_ROWS) drawn.push(el(config.urls.alarms ? "a" : "p", { className: "om-more", ...(config.urls.alarms && { href: config.urls.alarms }), textContent: say("more", { n: figure(rows.length - MOST_ROWS) }) }));
    if (!rows.length) drawn.push(el("p", { className: "om-empty m", textContent: say(isPast ? "none_then" : "none_owed") }));
    const top = this.list.scrollTop;
    this.list.replaceChildren(...drawn);
    this.list.scrollTop = top;
    this.#count();
    this.#fillAll();
    this.#watch(rows.slice(0, MOST_ROWS));
  }

  /** Look at the tags of the listed alarms; asked for at most every two seconds, however fast the list changes. */
  #watch(rows) {
    this.wanted = [...new Set(rows.map((r) => r.tag).filter(Boolean))].sort((a, b) => a - b);
    if (this.watching || this.wanted.join(",") === this.watched) return;
    this.watching = setTimeout(() => {
      this.watching = 0;
      this.watched = this.wanted.join(",");
      state.watch("panel", this.wanted).catch(() => (this.watched = ""));
    }, this.watched ? WATCH_EVERY_MS : 0);
  }

  /** The present values of the listed alarms with their age; what is not known is a dash, never the value of then. */
  #fill() {
    if (this.filling) return;
    this.filling = requestAnimationFrame(() => {
      this.filling = 0;
      this.#fillAll();
    });
  }

  #fillAll() {
    const rows = new Map(this.rows().map((r) => [r.id, r]));
    for (const line of this.list.querySelectorAll(".om-al")) if (rows.has(line.dataset.id)) this.#fillOne(line, rows.get(line.dataset.id));
  }

  #fillOne(line, row) {
    const [value, age] = [line.querySelector(".v"), line.querySelector(".om-age")];
    const known = state.valueOf(row.tag);
    if (!known) return;
    const [ts, now, quality] = known;
    const doubt = qualityWords(quality);
    const says = `${ts}|${now}|${quality}`;
    if (value.dataset.says === says) return;
    value.dataset.says = says;
    value.replaceChildren(figure(now), row.unit && typeof now === "number" ? el("span", { className: "u", textContent: row.unit }) : "", doubt ? el("span", { className: "doubt", title: doubt, textContent: "?" }) : "");
    if (state.atMs() === null) setAge(age, ts, state.periodOf(row.tag));
    else age.replaceChildren(clockText(ts));
  }

  /** What came since the list was drawn last: tinted for two seconds, in its place. */
  #news(rows) {
    const now = performance.now();
    const first = this.seen === null || state.atMs() !== null;
    this.seen ??= new Map();
    for (const r of rows) if (!this.seen.has(r.id)) this.seen.set(r.id, first ? -KEPT_AS_NEW_MS : now);
    return new Set(rows.filter((r) => now - this.seen.get(r.id) < KEPT_AS_NEW_MS).map((r) => r.id));
  }

  #row(row, isOn, isFresh) {
    const isOwed = state.isOwed(row);
    const where = [row.enterprise, `${row.code}${row.place ? ` ${row.place}` : ""}`].filter(Boolean).join(" · ");
    const note = row.late ? say("late_mark") : row.cleared_at_ms ? say("returned") : "";
    const line = el(
      "div",
      { className: `om-al${isOn ? " on" : ""}${isFresh ? " fresh" : ""}`, dataset: { id: row.id, priority: row.priority }, onclick: () => this.pick(row) },
      mark(row.priority, isOwed ? "" : "acked"),
      el("b", { textContent: row.title }),
      el("div", { className: `v ${row.cleared_at_ms ? "" : COLOURS[row.priority]}`, textContent: "—" }),
      el("span"),
      el("div", { className: "d", textContent: note ? `${where} · ${note}` : where }),
      el("div", { className: "d r" }, el("time", { className: "om-age age none" })),
      el("span"),
      el("div", { className: "d om-then" }, [this.#then(row), limitText(row.type, row.limit)].filter(Boolean).join(" · "), " · ", el("time", { dataset: { since: row.raised_at_ms } })),
    );
    if (isOn && state.atMs() === null) line.append(this.#acts(row));
    return line;
  }

  /** What the value was when the alarm was raised. */
  #then(row) {
    if (row.value === null || row.value === undefined) return "";
    return say("value_raised", { value: `${figure(row.value)}${row.unit ? ` ${row.unit}` : ""}` });
  }

  #acts(row) {
    const bar = el("div", { className: "acts" });
    if (mayAcknowledge()) {
      const act = (event) => {
        event.stopPropagation();
        acknowledge([row]);
      };
      bar.append(el("button", { type: "button", className: "btn s p", onclick: act, dataset: { acknowledge: row.id } }, say("acknowledge"), el("kbd", { textContent: "A" })));
    }
    if (config.urls.alarms) bar.append(el("a", { className: "btn s", href: `${config.urls.alarms}?open=${encodeURIComponent(row.id)}`, onclick: (event) => event.stopPropagation() }, say("handle"), el("kbd", { textContent: "↵" })));
    return bar;
  }

  /** Ages of rows, counted on by our own clock. */
  #count() {
    const now = state.shownMs();
    for (const time of this.list.querySelectorAll("[data-since]")) {
      const text = say("ago", { time: span((now - Number(time.dataset.since)) / 1000) });
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // -- counters and deeds

  async #today() {
    try {
      const told = await request("/api/v1/map/today");
      const place = this.root.querySelector("[data-today]");
      place.replaceChildren(...told.counters.map(counter));
      setAge(this.root.querySelector("[data-today-age]"), told.at_ms, TODAY_MS / 1000);
    } catch {
      // The age beside the heading goes on and says how old these figures are.
    }
  }

  #soon() {
    clearTimeout(this.due);
    this.due = setTimeout(() => this.#deeds(), DEEDS_AFTER_MS);
  }

  async #deeds() {
    if (!config.may.alarms) return;
    try {
      const told = await request("/api/v1/map/deeds");
      const lines = told.map((d) => {
        const more = d.more ? ` (+${d.more})` : "";
        const day = nowMs() - d.at_ms > 20 * 3600_000 ? `${new Date(d.at_ms).toLocaleDateString("en-CA", { timeZone: "Asia/Shanghai" }).slice(5)} ` : "";
        return el("div", {}, el("span", { className: "nw", textContent: day + clockText(d.at_ms).slice(0, 5) }), el("span", { className: "t2", textContent: `${d.who} ${d.deed} · ${d.subject}${more}` }));
      });
      this.root.querySelector("[data-deeds]").replaceChildren(...(lines.length ? lines : [el("div", { textContent: say("no_deeds") })]));
    } catch {
      // What stands stays.
    }
  }
}

function counter(c) {
  const head = el("div", { className: "h" }, c.label, c.url && c.is_connected ? icon("chevron-right", 14) : null);
  const value = c.is_connected
    ? el("div", {}, el("span", { className: "mid", textContent: figure(c.value) }), c.of !== null ? el("span", { className: "m", textContent: ` / ${figure(c.of)}` }) : null, c.unit ? el("span", { className: "m", textContent: ` ${c.unit}` }) : null)
    : el("div", { className: "x", textContent: say("not_connected") });
  const note = c.is_connected ? el("div", { className: `m ${c.colour}`.trim(), textContent: c.note || "\u00a0" }) : el("div", { className: "m", textContent: "\u00a0" });
  return el(c.url && c.is_connected ? "a" : "div", { ...(c.url && c.is_connected && { href: c.url }), dataset: { counter: c.name } }, head, value, note);
}
