// Layers of the server by bounding box and zoom: what was asked for lately is kept, what is no longer wanted is called off.
import { request } from "../core/http.js";

const URL_OF = (name) => `/api/v1/layers/${encodeURIComponent(name)}`;
const KEPT_PER_LAYER = 16;
const HOUR_MS = 3600_000;

export class Loader {
  /** `layers`: as /api/v1/layers tells them. `put(name, collection)` takes what came; `said({faults, isCut, isOfNow})` hears how it went. */
  constructor({ layers, put, said }) {
    this.layers = new Map(layers.map((l) => [l.name, { ...l, kept: new Map(), shown: "", data: null, ask: null, fault: "" }]));
    this.put = put;
    this.said = said;
    this.off = new Set();
    this.atMs = null;
  }

  /** Bring all layers to a view: bounds {west, south, east, north}, zoom. */
  async show(view) {
    this.view = view;
    await Promise.all([...this.layers.values()].map((layer) => this.#bring(layer, view)));
    const faults = [...this.layers.values()].filter((l) => l.fault).map((l) => l.title);
    const shown = [...this.layers.values()].filter((l) => !this.off.has(l.name));
    this.said({ faults, isCut: shown.some((l) => l.data?.truncated), isOfNow: shown.some((l) => l.data?.isOfNow && l.data.features.length) });
  }

  /** Show the ground as it was at a moment, or null for now. */
  async at(atMs) {
    // What stands in a park changes rarely: one answer serves an hour of replay.
    const hour = atMs === null ? null : Math.floor(atMs / HOUR_MS) * HOUR_MS;
    if (hour === this.atMs) return;
    this.atMs = hour;
    if (this.view) await this.show(this.view);
  }

  /** Give everything again to a map whose style was made anew. */
  again() {
    for (const layer of this.layers.values()) if (layer.data) this.put(layer.name, layer.data);
  }

  /** Switch a layer on or off; what is off is not asked for. */
  turn(name, isOn) {
    if (isOn) this.off.delete(name);
    else this.off.add(name);
    const layer = this.layers.get(name);
    if (layer && isOn && this.view) this.#bring(layer, this.view);
  }

  async #bring(layer, view) {
    if (this.off.has(layer.name)) return;
    if (view.zoom < layer.min_zoom) {
      if (layer.shown) this.#take(layer, "", { type: "FeatureCollection", features: [] });
      return;
    }
    const box = cells(view);
    const key = `${box.join(",")}@${this.atMs ?? ""}`;
    const known = layer.kept.get(key);
    const isFresh = known && (this.atMs !== null || performance.now() - known.heardAt < layer.max_age_s * 1000);
    if (isFresh) {
      if (layer.shown !== key) this.#take(layer, key, known.data);
      return;
    }
    layer.ask?.abort();
    layer.ask = new AbortController();
    await this.#fetch(layer, key, box, view.zoom, layer.ask.signal);
  }

  async #fetch(layer, key, box, zoom, signal) {
    const query = new URLSearchParams({ bbox: box.map((v) => v.toFixed(5)).join(","), zoom: zoom.toFixed(2) });
    if (this.atMs !== null) query.set("at", new Date(this.atMs).toISOString());
    try {
      let data = await request(`${URL_OF(layer.name)}?${query}`, { signal });
      if (this.atMs !== null && !data.features.length) {
        // Before a register was kept it says nothing: then the ground of now is drawn, and the note says so.
        query.delete("at");
        data = { ...(await request(`${URL_OF(layer.name)}?${query}`, { signal })), isOfNow: true };
      }
      layer.fault = "";
      layer.kept.delete(key);
      layer.kept.set(key, { data, heardAt: performance.now() });
      if (layer.kept.size > KEPT_PER_LAYER) layer.kept.delete(layer.kept.keys().next().value);
      this.#take(layer, key, data);
    } catch (fault) {
      // What was drawn before stays: an old ground is better than none.
      if (!signal.aborted) layer.fault = fault.message;
    }
  }

  #take(layer, key, data) {
    layer.shown = key;
    layer.data = data;
    this.put(layer.name, data);
  }
}

/** The cells of a coarse grid that a view touches, as one box: small moves of the map ask for the same box again. */
export function cells({ west, south, east, north, zoom }) {
  const size = 360 / 2 ** Math.max(0, Math.floor(zoom) - 1);
  const clamp = (v, most) => Math.max(-most, Math.min(most, v));
  return [
    clamp(Math.floor(west / size) * size, 180),
    clamp(Math.floor(south / size) * size, 90),
    clamp(Math.ceil(east / size) * size, 180),
    clamp(Math.ceil(north / size) * size, 90),
  ];
}
