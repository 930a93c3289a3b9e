// One callout at a time, beside the spot it explains: value, line of ten minutes with limits, quality, age, what else hangs on the thing.
import { setAge } from "../core/clock.js";
import { request } from "../core/http.js";
import { acknowledge, mayAcknowledge } from "./acts.js";
import { config, say } from "./config.js";
import { COLOURS, el, icon, mark } from "./dom.js";
import { limitText, nearLimits, qualityWords, spark, valueText } from "./reading.js";
import * as state from "./state.js";

const SPAN_MS = 600_000;
const POINTS = 120;
const REDRAW_MS = 15_000;
const GAP_PX = 46;
const WHO = "callout";
const CORNER_PX = { width: 400, height: 116 }; // wind and zoom stand there

export class Callout {
  constructor(map, host, element) {
    Object.assign(this, { map, host, element, open: null });
    map.on("move", () => this.#place());
    state.on("values", () => this.#say());
    state.on("rows", () => this.#say());
    state.on("mode", () => this.open && this.#trend());
    setInterval(() => this.open && state.atMs() === null && this.#trend(), REDRAW_MS);
  }

  get isOpen() {
    return this.open !== null;
  }

  /** Open for `{asset | tag | alarm, lon, lat, title, key}`; says what it knows at once and asks for the rest. */
  async show(target) {
    this.ask?.abort();
    this.ask = new AbortController();
    const { signal } = this.ask;
    this.open = { ...target, thing: null, n: target.tag ?? null, trend: null, fault: "" };
    this.#draw();
    const query = target.asset ? `asset=${encodeURIComponent(target.asset)}` : target.tag ? `tag=${target.tag}` : `alarm=${encodeURIComponent(target.alarm)}`;
    try {
      const thing = await request(`/api/v1/map/thing?${query}`, { signal });
      if (signal.aborted) return null;
      this.#know(thing);
      return thing;
    } catch (fault) {
      if (signal.aborted) return null;
      this.open.fault = fault.message;
      this.#draw();
      return null;
    }
  }

  close() {
    if (!this.open) return false;
    this.ask?.abort();
    this.open = null;
    this.element.hidden = true;
    this.element.replaceChildren();
    state.watch(WHO, []);
    return true;
  }

  #know(thing) {
    const { open } = this;
    open.thing = thing;
    open.lon ??= thing.lon;
    open.lat ??= thing.lat;
    const inAlarm = this.#rows()[0]?.tag;
    open.n = open.n ?? thing.tags.find((t) => t.n === inAlarm)?.n ?? thing.tags[0]?.n ?? null;
    this.#draw();
    state.watch(WHO, thing.tags.map((t) => t.n)).catch(() => {});
    this.#trend();
  }

  #rows() {
    const { open } = this;
    const mine = new Set(open.thing?.tags.map((t) => t.n) ?? [open.tag]);
    return state.rows().filter((r) => (open.asset && r.asset === open.asset) || mine.has(r.tag)).sort((a, b) => a.priority - b.priority);
  }

  get #tag() {
    return this.open?.thing?.tags.find((t) => t.n === this.open.n) ?? null;
  }

  async #trend() {
    const { open } = this;
    const tag = this.#tag;
    if (!tag || tag.kind === "text" || !config.may.values) return;
    const toMs = Math.round(state.shownMs());
    try {
      const [trend] = await request(`/api/v1/trends?tags=${tag.n}&from=${toMs - SPAN_MS}&to=${toMs}&n=${POINTS}`, { signal: this.ask.signal });
      if (this.open !== open || this.#tag !== tag) return;
      open.trend = { ...trend, fromMs: toMs - SPAN_MS, toMs, n: tag.n };
    } catch {
      if (this.open === open) open.trend = null;
    }
    this.#draw();
  }

  #draw() {
    const { open, element } = this;
    if (!open) return;
    const rows = this.#rows();
    const worst = rows[0];
    const close = el("button", { type: "button", className: "iconbtn", ariaLabel: say("close"), onclick: () => this.close() }, icon("x", 14));
    const title = open.thing?.title ?? open.title ?? "";
    const head = el("header", {}, worst ? mark(worst.priority, state.isOwed(worst) ? "" : "acked") : null, el("b", { textContent: title }), close);
    element.replaceChildren(head);
    if (open.fault) element.append(el("p", { className: "foot", textContent: open.fault }));
    if (this.#tag) element.append(this.#body(worst));
    element.append(el("div", { className: "foot m" }, ...this.#foot(rows)));
    if ((open.thing?.tags.length ?? 0) > 1) element.append(this.#list());
    element.append(this.#acts(rows));
    element.hidden = false;
    this.#say();
    this.#place();
  }

  #body(worst) {
    const { open } = this;
    const tag = this.#tag;
    const trend = open.trend?.n === tag.n ? open.trend : null;
    const limits = trend ? nearLimits(trend.value, trend.limits) : [];
    const near = limits.length ? `${say("limit")} ${limits.map((l) => valueText(l.limit)).join(" / ")}` : worst?.tag === tag.n ? limitText(worst.type, worst.limit) : "";
    const line = trend ? spark({ ...trend, limits, label: say("last_10min") }) : el("span", { className: "m r" });
    return el(
      "div",
      { className: "body" },
      el("div", { className: "figure", dataset: { value: tag.n } }),
      line,
      el("div", { className: "m" }, el("span", { dataset: { quality: "" } }), el("time", { className: "age none", dataset: { age: "" } })),
      el("div", { className: "m r", textContent: [trend ? say("last_10min") : "", near].filter(Boolean).join(" · ") }),
    );
  }

  #foot(rows) {
    const { thing } = this.open;
    const standing = [...new Map([...rows].reverse().map((r) => [`${r.tag}/${r.title}`, r])).values()].reverse().slice(0, 3);
    const told = standing.map((r) => el("div", {}, el("span", { className: r.cleared_at_ms ? "" : COLOURS[r.priority], textContent: r.title }), ` ${limitText(r.type, r.limit)}${r.cleared_at_ms ? ` · ${say("returned")}` : ""}`));
    // Of an instrument the tag says more than its record does.
    const known = (thing?.kind === "instrument" ? [] : (thing?.properties ?? [])).slice(0, 3).map(([label, value, unit]) => `${label} ${valueText(value)}${unit ? ` ${unit}` : ""}`);
    return [...told, thing?.detail ? el("div", { textContent: thing.detail }) : null, known.length ? el("div", { textContent: known.join(" · ") }) : null].filter(Boolean);
  }

  #list() {
    const { open } = this;
    const rows = open.thing.tags.map((t) => {
      const choose = () => {
        open.n = t.n;
        open.trend = null;
        this.#draw();
        this.#trend();
      };
      const row = el("button", { type: "button", className: `row${t.n === open.n ? " on" : ""}`, onclick: choose }, el("span", { className: "el", textContent: [t.code, t.name].filter(Boolean).join(" ") }));
      row.append(el("span", { className: "nw", dataset: { value: t.n } }));
      return row;
    });
    const rest = open.thing.tag_count - open.thing.tags.length;
    if (rest > 0) rows.push(el("p", { className: "row t3", textContent: say("more_tags", { n: open.thing.tag_count }) }));
    return el("div", { className: "rows" }, ...rows);
  }

  #acts(rows) {
    const bar = el("div", { className: "acts" });
    const owed = rows.filter((r) => state.isOwed(r));
    if (owed.length && mayAcknowledge() && state.atMs() === null)
      bar.append(el("button", { type: "button", className: "btn s p", onclick: () => acknowledge(owed), textContent: say("acknowledge") }));
    if (this.open.n !== null && config.urls.trends) bar.append(el("a", { className: "btn s", href: `${config.urls.trends}?tags=${this.open.n}`, textContent: say("trend") }));
    const { asset } = this.open.thing ?? {};
    if (asset && config.urls.asset) bar.append(el("a", { className: "btn s", href: config.urls.asset.replace(/0{8}-(0{4}-){3}0{12}/, asset), textContent: say("details") }));
    bar.hidden = !bar.children.length;
    return bar;
  }

  /** Fill in what changes by the second. */
  #say() {
    const { open, element } = this;
    if (!open || element.hidden) return;
    const worst = this.#rows().find((r) => r.tag === open.n && !r.cleared_at_ms);
    for (const place of element.querySelectorAll("[data-value]")) {
      const tag = open.thing?.tags.find((t) => t.n === Number(place.dataset.value));
      if (tag) this.#sayValue(place, tag, worst);
    }
    const tag = this.#tag;
    const found = tag && state.valueOf(tag.n);
    const quality = element.querySelector("[data-quality]");
    const age = element.querySelector("[data-age]");
    if (!tag || !quality) return;
    quality.textContent = found ? `${say("quality")} ${qualityWords(found[2]) || say("quality_good")} · ` : state.isAway() ? say("away") : "";
    age.hidden = !found;
    if (found) {
      if (state.atMs() === null) setAge(age, found[0], tag.period_s || 60);
      else {
        delete age.dataset.atMs;
        age.className = "age";
        age.textContent = new Date(found[0]).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false });
      }
    }
  }

  #sayValue(place, tag, worst) {
    const found = state.valueOf(tag.n);
    const text = valueText(found?.[1], tag.states);
    const isBig = place.classList.contains("figure");
    const isDoubtful = found && qualityWords(found[2]);
    place.replaceChildren(text);
    if (found?.[1] !== null && found?.[1] !== undefined && tag.unit) place.append(el("span", { className: "u", textContent: tag.unit }));
    if (isDoubtful) place.append(el("span", { className: "doubt yel", textContent: "?", title: qualityWords(found[2]) }));
    if (!isBig) return;
    const colour = worst && worst.tag === tag.n ? COLOURS[worst.priority] : "";
    place.className = `figure ${colour} ${text.length > 9 ? "text" : ""}`.trim();
  }

  #place() {
    const { open, element, host } = this;
    if (!open || element.hidden || !Number.isFinite(open.lon)) return;
    const { x, y } = this.map.project([open.lon, open.lat]);
    const [width, height] = [element.offsetWidth, element.offsetHeight];
    // Beside the spot, on the side with room, never over it.
    const isRight = x + GAP_PX + width <= host.clientWidth - 8 || x - GAP_PX - width < 8;
    const left = Math.round(isRight ? x + GAP_PX : x - GAP_PX - width);
    const low = left + width > host.clientWidth - CORNER_PX.width ? CORNER_PX.height : 8;
    const top = Math.round(Math.max(8, Math.min(host.clientHeight - height - low, y - 40)));
    element.style.transform = `translate(${left}px, ${top}px)`;
  }
}
