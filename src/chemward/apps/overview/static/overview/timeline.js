// The time slider: alarms of 24 hours by ten minutes, and the way into any past moment and back.
import { nowMs } from "../core/clock.js";
import { clockText, dayText } from "../core/format.js";
import { request } from "../core/http.js";
import { toast } from "../core/toast.js";
import { config, say } from "./config.js";
import { el, icon, svg } from "./dom.js";
import * as state from "./state.js";

const BINS = 144;
const BIN_MS = 600_000;
const DAY_MS = BINS * BIN_MS;
const REFRESH_MS = 60_000;
const BASE_Y = 36;
const TALLEST = 30;
const PLAYED_PER_TICK_MS = 60_000;
const TICK_MS = 1000;
const ZONE_MS = 8 * 3600_000;

export class Timeline {
  constructor(root) {
    this.root = root;
    this.bars = root.querySelector("[data-bars]");
    this.counts = null;
    this.fromMs = nowMs() - DAY_MS;
    this.player = 0;
    this.page = root.closest("[data-one-map]");
    this.#bind();
    state.on("mode", () => this.#mode());
    new ResizeObserver(() => this.draw()).observe(this.bars);
    setInterval(() => this.#clock(), 1000);
    setInterval(() => state.atMs() === null && this.load(), REFRESH_MS);
    this.load();
    this.#mode();
  }

  /** Fetch the bars: those of the last 24 hours, or of the day that the shown moment lies in. */
  async load() {
    if (!config.may.alarms) return;
    const at = state.atMs();
    const end = at === null || at > nowMs() - DAY_MS ? null : Math.min(nowMs(), at + DAY_MS / 2);
    try {
      const told = await request(`/api/v1/map/histogram${end === null ? "" : `?end=${Math.round(end)}`}`);
      this.counts = told.counts;
      this.fromMs = told.from_ms;
      this.draw();
    } catch {
      // The slider works without its bars.
    }
  }

  go(ms) {
    const to = Math.min(ms, nowMs());
    if (to >= nowMs() - 2000) return this.live();
    return state.travel(to).then(
      () => (to < this.fromMs || to > this.fromMs + DAY_MS) && this.load(),
      (fault) => fault.name !== "AbortError" && toast(`${fault.message} ${fault.remedy ?? ""}`.trim()),
    );
  }

  live() {
    this.#stop();
    state.comeBack();
    this.load();
  }

  #bind() {
    for (const button of document.querySelectorAll("button[data-live]")) button.addEventListener("click", () => this.live());
    this.root.querySelector("[data-step]").addEventListener("click", () => this.go(state.shownMs() - BIN_MS));
    this.root.querySelector("[data-play]").addEventListener("click", () => (this.player ? this.#stop() : this.#play()));
    this.#drag();
    this.bars.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -BIN_MS, ArrowRight: BIN_MS, PageUp: -6 * BIN_MS, PageDown: 6 * BIN_MS }[event.key];
      if (!by) return;
      event.preventDefault();
      this.go(state.shownMs() + by);
    });
    const when = this.root.querySelector("[data-when-input]");
    when.addEventListener("click", () => when.showPicker?.());
    when.addEventListener("change", () => when.value && this.go(Date.parse(`${when.value}Z`) - ZONE_MS));
  }

  #drag() {
    const moment = (event) => {
      const box = this.bars.getBoundingClientRect();
      return this.fromMs + Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * DAY_MS;
    };
    this.bars.addEventListener("pointerdown", (event) => {
      this.#stop();
      this.bars.setPointerCapture(event.pointerId);
      this.dragging = moment(event);
      this.draw();
    });
    this.bars.addEventListener("pointermove", (event) => {
      if (this.dragging === undefined) return;
      this.dragging = moment(event);
      this.draw();
      this.#clock();
    });
    this.bars.addEventListener("pointerup", (event) => {
      if (this.dragging === undefined) return;
      this.dragging = undefined;
      this.go(moment(event));
    });
  }

  #play() {
    if (state.atMs() === null) this.go(nowMs() - 6 * BIN_MS);
    this.player = setInterval(() => {
      const next = state.shownMs() + PLAYED_PER_TICK_MS;
      if (next >= nowMs()) this.live();
      else this.go(next);
    }, TICK_MS);
    this.#playButton();
  }

  #stop() {
    clearInterval(this.player);
    this.player = 0;
    this.#playButton();
  }

  #playButton() {
    const button = this.root.querySelector("[data-play]");
    button.replaceChildren(icon(this.player ? "player-pause" : "player-play"));
    button.title = button.ariaLabel = say(this.player ? "pause" : "play");
  }

  #mode() {
    const at = state.atMs();
    const isPast = at !== null;
    this.page.dataset.mode = isPast ? "replay" : "live";
    const button = this.root.querySelector("button[data-live]");
    button.classList.toggle("p", !isPast);
    button.setAttribute("aria-pressed", String(!isPast));
    this.root.querySelector("[data-mode-word]").textContent = say(isPast ? "back_to_live" : "live");
    document.querySelector("[data-replay-frame]").hidden = !isPast;
    document.querySelector("[data-replay-band]").hidden = !isPast;
    if (isPast) document.querySelector("[data-replay-words]").textContent = say("replay_banner", { time: `${dayText(at)} ${clockText(at)}` });
    this.#clock();
    this.draw();
  }

  #clock() {
    const at = this.dragging ?? state.shownMs();
    const isToday = dayText(at) === dayText(nowMs());
    this.root.querySelector("[data-when]").textContent = `${isToday ? "" : `${dayText(at).slice(5)} `}${clockText(at)}`;
    this.bars.setAttribute("aria-valuetext", `${dayText(at)} ${clockText(at)}`);
    this.root.querySelector("[data-when-input]").max = new Date(nowMs() + ZONE_MS).toISOString().slice(0, 19);
    if (state.atMs() === null && this.dragging === undefined) this.#needle();
  }

  draw() {
    const width = this.bars.clientWidth;
    if (!width) return;
    const slot = width / BINS;
    // By the root: a flood must not press the rest of the day flat.
    const counts = this.counts ?? [];
    const tallest = Math.max(12, ...counts.map((c) => c[0] + c[1] + c[2] + c[3]));
    const high = (n) => Math.sqrt(n / tallest) * TALLEST;
    const drawn = svg("svg", { "aria-hidden": "true" });
    counts.forEach(([one, two, three, four], i) => {
      const bar = (from, n, colour) => n && drawn.append(svg("rect", { x: (i * slot).toFixed(1), y: (BASE_Y - high(from + n)).toFixed(1), width: Math.max(1, slot - 1.5).toFixed(1), height: Math.max(1, high(from + n) - high(from)).toFixed(1), style: `fill:var(${colour})` }));
      bar(0, one, "--red-f");
      bar(one, two, "--org-f");
      bar(one + two, three + four, "--t4");
    });
    drawn.append(svg("path", { d: `M0 ${BASE_Y}.5H${width}`, style: "stroke:var(--line2)" }));
    this.#hours(drawn, width);
    drawn.append(svg("g", { "data-needle": "" }, svg("path", { d: "M0 0V40", style: "stroke:var(--ink)", "stroke-width": 2 }), svg("path", { d: "M0 0h-6l6 8 6-8Z", style: "fill:var(--ink)" })));
    this.bars.replaceChildren(drawn);
    this.#needle();
  }

  #hours(drawn, width) {
    const every = width < 420 ? 6 : 3;
    const local = this.fromMs + ZONE_MS;
    for (let t = Math.ceil(local / (every * 3600_000)) * every * 3600_000; t <= local + DAY_MS; t += every * 3600_000) {
      const x = ((t - local) / DAY_MS) * width;
      const anchor = x < 18 ? "start" : x > width - 18 ? "end" : "middle";
      const label = svg("text", { x: x.toFixed(1), y: 54, "text-anchor": anchor, style: "font:500 12px var(--sans);fill:var(--t3)" });
      label.textContent = `${String(new Date(t).getUTCHours()).padStart(2, "0")}:00`;
      drawn.append(svg("path", { d: `M${x.toFixed(1)} ${BASE_Y}v5`, style: "stroke:var(--line2)" }), label);
    }
  }

  #needle() {
    const needle = this.bars.querySelector("[data-needle]");
    if (!needle) return;
    const width = this.bars.clientWidth;
    const share = ((this.dragging ?? state.shownMs()) - this.fromMs) / DAY_MS;
    needle.setAttribute("transform", `translate(${(Math.max(0, Math.min(1, share)) * width).toFixed(1)} 0)`);
  }
}
