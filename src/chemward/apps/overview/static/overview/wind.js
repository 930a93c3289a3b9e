// The wind card: where it comes from and how strong, as the nearest mast of the scope says, with its age. Nothing is guessed.
import { setAge } from "../core/clock.js";
import { clockText, figure, freshness } from "../core/format.js";
import { request } from "../core/http.js";
import { config, say } from "./config.js";
import { el, svg } from "./dom.js";
import * as state from "./state.js";

const WHO = "wind";

export class Wind {
  constructor(element) {
    this.element = element;
    this.station = null;
    state.on("values", () => this.draw());
    state.on("mode", () => this.draw());
    setInterval(() => this.draw(), 1000);
    this.#find();
  }

  async #find() {
    if (!config.may.values) return;
    try {
      [this.station = null] = await request("/api/v1/map/weather");
    } catch {
      return;
    }
    if (!this.station) return;
    this.element.hidden = false;
    this.draw();
    await state.watch(WHO, Object.values(this.station.tags).map((t) => t.n));
    this.draw();
  }

  #value(role) {
    const tag = this.station.tags[role];
    return tag ? state.valueOf(tag.n) : undefined;
  }

  #say(role, decimals) {
    const value = this.#value(role)?.[1];
    const text = typeof value === "number" ? figure(value, decimals) : (value ?? null);
    return text === null ? "" : `${text} ${this.station.tags[role].unit}`.trim();
  }

  draw() {
    if (!this.station) return;
    const [speed, direction] = [this.#value("speed"), this.#value("direction")];
    const isKnown = typeof speed?.[1] === "number" && typeof direction?.[1] === "number";
    const words = isKnown ? windWords(speed[1], direction[1]) : say("no_wind");
    const lesser = [this.#say("temperature", 1), this.#named("humidity", 0), this.#named("stability")].filter(Boolean).join(" · ");
    const says = JSON.stringify([speed, direction, lesser, state.atMs()]);
    if (says !== this.says) {
      this.says = says;
      const figures = el("div", { className: "hx g4" }, el("span", { className: "mid", textContent: isKnown ? figure(speed[1], 1) : "—" }), el("span", { className: "u", textContent: "m/s" }), el("span", { className: "t2 nw", textContent: words }));
      this.element.replaceChildren(rose(isKnown ? direction[1] : null), el("div", {}, figures, el("div", { className: "m", textContent: lesser || "\u00a0" }), el("div", { className: "hx g4 m" }, el("time", { className: "age none" }))));
    }
    this.#age(speed);
  }

  #named(role, decimals) {
    const text = this.#say(role, decimals);
    return text && `${say(role)} ${text}`;
  }

  #age(speed) {
    const age = this.element.querySelector(".age");
    const { period_s: periodS } = this.station.tags.speed;
    if (!speed) {
      age.textContent = `${this.station.name} · ${say("no_data")}`;
      return;
    }
    const ageS = Math.max(0, (state.shownMs() - speed[0]) / 1000);
    // History may have been kept by the minute.
    const fresh = freshness(ageS, state.atMs() === null ? periodS || 60 : Math.max(periodS, 60));
    this.element.classList.toggle("dead", fresh === "dead");
    if (state.atMs() === null) setAge(age, speed[0], periodS || 60);
    else {
      delete age.dataset.atMs;
      age.className = "age";
      age.textContent = clockText(speed[0]);
    }
    if (!age.previousElementSibling) age.before(el("span", { textContent: this.station.name }));
  }
}

/** `3 级 · 东北风 52°`. */
export function windWords(speed, direction) {
  const force = config.beaufort.findLastIndex((bound) => speed >= bound);
  const names = config.words.directions;
  const from = names[Math.round((((direction % 360) + 360) % 360) / 45) % 8];
  const named = force === 0 ? say("calm") : `${say("wind_from", { from })} ${Math.round(direction)}°`;
  return `${say("force", { n: force })} · ${named}`;
}

/** A compass with an arrow the way the air goes; without a direction only the compass. */
function rose(direction) {
  const north = svg("text", { y: -10, "text-anchor": "middle", style: "font:500 12px var(--sans);fill:var(--t3)" });
  north.textContent = config.words.north_letter ?? "N";
  const drawn = svg("svg", { width: 52, height: 52, viewBox: "-26 -26 52 52", "aria-hidden": "true" }, svg("circle", { r: 24, fill: "none", style: "stroke:var(--line2)" }), svg("path", { d: "M0-24v4M0 24v-4M24 0h-4M-24 0h4", style: "stroke:var(--t3)" }), north);
  if (direction !== null) {
    const arrow = svg("g", { transform: `rotate(${(direction + 180) % 360})` });
    arrow.append(svg("path", { d: "M0 9V-9", style: "stroke:var(--t1)", "stroke-width": 2.5 }), svg("path", { d: "M0-18 6-8h-12Z", style: "fill:var(--t1)" }));
    drawn.append(arrow);
  }
  return drawn;
}
