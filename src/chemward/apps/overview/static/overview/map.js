// The one map: ground, marks, alarms of now or of a past moment, and everything that stands around it.
import * as maplibregl from "../vendor/maplibre-gl.mjs";
import { bind } from "../core/keys.js";
import { request } from "../core/http.js";
import { startSound } from "../core/sound.js";
import { acknowledge } from "./acts.js";
import { Callout } from "./callout.js";
import { config, say } from "./config.js";
import { el, icon, useSprite } from "./dom.js";
import { FONTS, KNOWN, MARKED, UNUSED, addNothing, nameFeatures, style } from "./ground.js";
import { clustered, haloMark, placeholders, things } from "./halos.js";
import { Loader } from "./loader.js";
import { Marks } from "./marks.js";
import { Panel } from "./panel.js";
import * as search from "./search.js";
import * as state from "./state.js";
import { Timeline } from "./timeline.js";
import { Wind } from "./wind.js";

const CHINA = [73.5, 18, 135, 53.6];
const PADDING = { top: 56, bottom: 44, left: 36, right: 36 };
const FLY_ZOOM = 17;
const CLOSE_ZOOM = 18.5;
const KEPT_OFF = "cw_map_off";
const SWITCHES = [
  ["sites", "building-factory-2", ["assets.sites"]],
  ["tanks", "cylinder", ["assets.equipment"]],
  ["detectors", "radar-2", ["overview.detectors"]],
  ["instruments", "gauge", ["assets.instruments"]],
  ["cameras", "video", ["assets.cameras"]],
  ["galleries", "pipeline", ["assets.galleries"]],
  ["targets", "home-shield", ["assets.protected_targets"]],
  ["population", "users", ["assets.population"]],
];
// Switched off, these are not even asked for; of the others only the drawing is hidden.
const ASKED_ONLY_WHEN_ON = new Set(["cameras", "population"]);
const OFF_AT_FIRST = ["cameras", "population", "instruments"];
const PICKED = ["overview.detectors", "assets.cameras", "assets.instruments", "assets.protected_targets", "assets.equipment", "om-names"];
const STATION_ICON = { weather: "wind", fire_station: "firetruck" };
const GATE_LETTER = { main: "gate_main", small: "gate_main", hazardous: "gate_hazardous", emergency: "gate_emergency" };

class OneMap {
  constructor(page, layers, base) {
    this.page = page;
    this.layers = layers;
    this.base = base;
    this.box = config.bounds ?? CHINA;
    this.off = new Set(recalled());
    this.groups = [];
    this.sites = null;
    const others = layers.map((l) => l.name).filter((name) => ![...KNOWN, ...MARKED, ...UNUSED].includes(name));
    this.others = others;
    this.map = this.#view();
    this.marks = new Marks(this.map, page.querySelector("[data-marks]"));
    this.callout = new Callout(this.map, page.querySelector(".om-map"), page.querySelector("[data-callout]"));
    this.loader = new Loader({ layers: layers.filter((l) => !UNUSED.includes(l.name)), put: (name, data) => this.#put(name, data), said: (told) => this.#note(told) });
    for (const [group, , names] of SWITCHES) if (ASKED_ONLY_WHEN_ON.has(group) && this.off.has(group)) names.forEach((n) => this.loader.turn(n, false));
    this.#switches();
    this.#bind();
  }

  #style() {
    return style({ lat: (this.box[1] + this.box[3]) / 2, others: this.others, base: this.base, hidden: this.off });
  }

  #view() {
    maplibregl.setWorkerUrl(new URL(config.worker, location.href).href);
    const fixed = fromHash();
    const [west, south, east, north] = this.box;
    return new maplibregl.Map({
      container: "map",
      style: this.#style(),
      ...(fixed ?? { bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: paddingOf() } }),
      maxZoom: 21,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      localIdeographFontFamily: FONTS,
    });
  }

  #bind() {
    const { map } = this;
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.on("error", ({ error }) => console.warn("map:", error?.message));
    map.on("load", () => this.#styled());
    map.on("moveend", () => this.#moved());
    map.on("move", () => this.#scale());
    map.once("idle", () => (this.page.dataset.ready = "true"));
    map.on("click", (event) => this.#clicked(event));
    map.on("mousemove", (event) => (map.getCanvas().style.cursor = this.#under(event.point) ? "pointer" : ""));
    document.addEventListener("cw:theme", () => {
      this.isStyled = false;
      map.setStyle(this.#style(), { diff: false });
      map.once("style.load", () => this.#styled());
    });
    state.on("rows", () => this.alarms());
    state.on("mode", () => {
      this.loader.at(state.atMs());
      this.alarms();
    });
    for (const button of this.page.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => map.zoomTo(map.getZoom() + Number(button.dataset.zoom), { duration: 120 }));
    this.page.querySelector("[data-home]").addEventListener("click", () => this.home());
    this.page.querySelector("[data-time]").addEventListener("click", ({ currentTarget }) => {
      currentTarget.setAttribute("aria-expanded", String(this.page.classList.toggle("timing")));
      map.resize();
    });
    new ResizeObserver(() => map.resize()).observe(this.page.querySelector(".om-map"));
  }

  #styled() {
    this.isStyled = true;
    addNothing(this.map);
    this.loader.again();
    this.#names();
    this.#moved();
    this.alarms();
  }

  #moved() {
    this.loader.show(this.#bounds());
    this.#scale();
    this.alarms();
    const { lng, lat } = this.map.getCenter();
    history.replaceState(history.state, "", `${location.pathname}${location.search}#${lng.toFixed(5)},${lat.toFixed(5)},${this.map.getZoom().toFixed(2)}`);
  }

  #bounds() {
    const b = this.map.getBounds();
    return { west: b.getWest(), south: b.getSouth(), east: b.getEast(), north: b.getNorth(), zoom: this.map.getZoom() };
  }

  #put(name, data) {
    if (name === "assets.gates") this.#gates(data.features);
    else if (name === "overview.stations") this.#stations(data.features);
    else this.map.getSource(name)?.setData(data);
    if (name === "assets.sites") {
      this.sites = data.features;
      this.#names();
    }
  }

  #names() {
    if (this.sites) this.map.getSource("om-names")?.setData(nameFeatures(this.sites));
  }

  #note({ faults, isCut, isOfNow }) {
    const note = this.page.querySelector("[data-map-note]");
    note.textContent = faults.length ? say("layer_failed", { names: faults.join(", ") }) : isOfNow ? say("ground_of_now") : isCut ? say("truncated") : "";
    note.hidden = !note.textContent;
  }

  #scale() {
    const place = this.page.querySelector("[data-scale]");
    const { map } = this;
    const { clientWidth: width, clientHeight: height } = map.getContainer();
    const [a, b] = [map.unproject([width / 2 - 50, height / 2]), map.unproject([width / 2 + 50, height / 2])];
    const metresPerPixel = a.distanceTo(b) / 100;
    const most = metresPerPixel * 110;
    const power = 10 ** Math.floor(Math.log10(most));
    const round = [5, 2, 1].map((n) => n * power).find((n) => n <= most) ?? power;
    place.textContent = round >= 1000 ? `${round / 1000} km` : `${round} m`;
    place.style.setProperty("--w", `${(round / metresPerPixel).toFixed(1)}px`);
    place.hidden = false;
  }

  // -- marks

  #gates(features) {
    const isSmall = () => this.map.getZoom() < 13.6;
    const list = features.filter((f) => f.geometry.type === "Point").map((f) => {
      const { name, subkind, id } = f.properties;
      const [lon, lat] = f.geometry.coordinates;
      const says = `${name}|${subkind}|${isSmall()}`;
      const make = () => {
        const css = ["om-gate", subkind === "emergency" ? "emergency" : "", isSmall() ? "small-zoom" : ""].filter(Boolean).join(" ");
        const button = el("button", { type: "button", className: css, title: name }, el("i", { textContent: say(GATE_LETTER[subkind] ?? "gate_main") }), el("span", { textContent: name }));
        button.addEventListener("click", () => this.callout.show({ asset: id, lon, lat, title: name }));
        return button;
      };
      return { key: id, says, lon, lat, make };
    });
    this.marks.sync("gate", list);
  }

  #stations(features) {
    const list = features.map((f) => {
      const { name, subkind, id } = f.properties;
      const [lon, lat] = f.geometry.coordinates;
      const make = () => {
        const button = el("button", { type: "button", className: "om-sym", title: name, ariaLabel: name }, icon(STATION_ICON[subkind] ?? "map-pin"));
        button.addEventListener("click", () => this.callout.show({ asset: id, lon, lat, title: name }));
        return button;
      };
      return { key: id, says: `${name}|${subkind}`, lon, lat, make };
    });
    this.marks.sync("station", list);
  }

  /** Draw the alarms of the shown moment. */
  alarms() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      const host = this.page.querySelector(".om-map");
      const list = things(state.rows(), state);
      this.groups = clustered(list, ({ lon, lat }) => this.map.project([lon, lat]), host.clientWidth, host.clientHeight);
      this.marks.sync("halo", this.groups.map((g) => haloMark(g, (group) => this.#chosen(group))));
      if (this.isStyled) this.map.getSource("om-alarms").setData(placeholders(this.groups));
    });
  }

  #chosen(group) {
    if (group.members.length > 1 && this.map.getZoom() < CLOSE_ZOOM) {
      const box = new maplibregl.LngLatBounds();
      group.members.forEach((m) => box.extend([m.lon, m.lat]));
      this.map.fitBounds(box, { padding: 160, maxZoom: CLOSE_ZOOM, duration: 300 });
      return;
    }
    this.open(group.row);
  }

  /** The callout of an alarm. */
  open(row) {
    this.callout.show({ asset: row.asset || undefined, tag: row.tag, lon: row.lon ?? undefined, lat: row.lat ?? undefined, title: `${row.code} ${row.title}` });
  }

  // -- picking

  #under(point) {
    const near = 4;
    const layers = this.map.getStyle()?.layers.filter((l) => PICKED.includes(l.source)).map((l) => l.id) ?? [];
    const found = this.map.queryRenderedFeatures([[point.x - near, point.y - near], [point.x + near, point.y + near]], { layers });
    return found.sort((a, b) => PICKED.indexOf(a.source) - PICKED.indexOf(b.source))[0] ?? null;
  }

  #clicked({ point, lngLat }) {
    const feature = this.#under(point);
    if (!feature) {
      this.callout.close();
      return;
    }
    const [lon, lat] = feature.geometry.type === "Point" ? feature.geometry.coordinates : [lngLat.lng, lngLat.lat];
    const { id, code, name } = feature.properties;
    this.callout.show({ asset: id, lon, lat, title: [code, name].filter(Boolean).join(" ") });
  }

  // -- moving

  home() {
    const [west, south, east, north] = this.box;
    this.map.fitBounds([[west, south], [east, north]], { padding: paddingOf(), duration: 300 });
  }

  /** Fly to a thing and open it: `{asset | tag | alarm, lon, lat, title}`. */
  async fly(target) {
    const opened = this.callout.show(target);
    const thing = target.lon === null || target.lon === undefined ? await opened : target;
    if (!Number.isFinite(thing?.lon)) return;
    this.map.easeTo({ center: [thing.lon, thing.lat], zoom: Math.max(this.map.getZoom(), FLY_ZOOM), duration: 500 });
  }

  // -- layers

  #switches() {
    const bar = this.page.querySelector("[data-layers]");
    const titles = new Map(this.layers.map((l) => [l.name, l.title]));
    const known = SWITCHES.filter(([, , names]) => names.every((n) => titles.has(n)));
    const rows = [...known.map(([group, symbol, names]) => [group, symbol, group === "tanks" ? (titles.get("assets.tanks") ?? titles.get(names[0])) : titles.get(names[0])]), ...this.others.map((name) => [name, "stack", titles.get(name)])];
    for (const [group, symbol, title] of rows) {
      const button = el("button", { type: "button", dataset: { group } }, icon(symbol === "stack" ? "map-pin" : symbol, 14), title);
      button.setAttribute("aria-pressed", String(!this.off.has(group)));
      button.addEventListener("click", () => this.#turn(group, button));
      bar.append(button);
    }
  }

  #turn(group, button) {
    const isOn = this.off.has(group);
    if (isOn) this.off.delete(group);
    else this.off.add(group);
    button.setAttribute("aria-pressed", String(isOn));
    for (const layer of this.map.getStyle().layers) if (layer.metadata?.group === group) this.map.setLayoutProperty(layer.id, "visibility", isOn ? "visible" : "none");
    if (ASKED_ONLY_WHEN_ON.has(group)) SWITCHES.find(([g]) => g === group)[2].forEach((n) => this.loader.turn(n, isOn));
    try {
      localStorage.setItem(KEPT_OFF, JSON.stringify([...this.off]));
    } catch {
      // Without storage the switch holds for this page.
    }
  }
}

function recalled() {
  try {
    return JSON.parse(localStorage.getItem(KEPT_OFF)) ?? OFF_AT_FIRST;
  } catch {
    return OFF_AT_FIRST;
  }
}

const paddingOf = () => (innerWidth <= 600 ? { top: 60, bottom: 90, left: 16, right: 16 } : PADDING);

/** `#lon,lat,zoom`, or null. */
function fromHash() {
  const found = /^#(-?[\d.]+),(-?[\d.]+),([\d.]+)$/.exec(location.hash);
  if (!found) return null;
  const [lon, lat, zoom] = found.slice(1).map(Number);
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 ? { center: [lon, lat], zoom: Math.min(zoom, 21) } : null;
}

/** `?asset=…`, `?tag=…`, `?alarm=…`: what an address asks to open. */
function fromQuery() {
  const query = new URLSearchParams(location.search);
  const name = ["alarm", "tag", "asset"].find((n) => query.get(n));
  if (!name) return null;
  return { [name]: name === "tag" ? Number(query.get(name)) : query.get(name) };
}

async function baseOf(chosen) {
  if (!chosen) return null;
  const { base } = await import("./base.js");
  return base(chosen, maplibregl);
}

function keys(map, panel, timeline) {
  bind("a", say("key_acknowledge"), () => {
    const row = panel.current;
    if (row && state.atMs() === null && state.isOwed(row)) acknowledge([row]);
  });
  bind("j", say("key_down"), () => panel.move(1));
  bind("k", say("key_up"), () => panel.move(-1));
  bind("0", say("key_layers"), () => map?.home());
  if (config.urls.alarms) {
    bind("l", say("alarms_now"), () => location.assign(config.urls.alarms));
    bind("Enter", say("handle"), (event) => !event.target.closest?.("button, a, summary") && panel.current && location.assign(`${config.urls.alarms}?open=${encodeURIComponent(panel.current.id)}`));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (!map?.callout.close() && state.atMs() !== null) timeline.live();
  });
}

async function start() {
  const page = document.querySelector("[data-one-map]");
  useSprite(config.icons);
  state.start();
  if (page.querySelector("[data-sound]")) startSound(say);
  let map = null;
  const panel = new Panel(page.querySelector("[data-panel]"), (row) => map?.fly({ asset: row.asset || undefined, tag: row.tag, lon: row.lon, lat: row.lat, title: `${row.code} ${row.title}` }));
  const timeline = new Timeline(page.querySelector("[data-timeline]"));
  new Wind(page.querySelector("[data-wind]"));
  try {
    const [layers, base] = await Promise.all([request("/api/v1/layers"), baseOf(config.basemap)]);
    map = new OneMap(page, layers, base);
  } catch (fault) {
    // Without a map the list, the figures and the keys go on.
    const place = page.querySelector(".om-map");
    place.dataset.failed = `${page.querySelector("#map").dataset.failed} ${fault.message ?? ""}`;
    place.dataset.state = "failed";
  }
  keys(map, panel, timeline);
  search.start((found) => map?.fly({ asset: found.asset || undefined, tag: found.tag ?? undefined, lon: found.lon, lat: found.lat, title: found.title }));
  panel.draw();
  const asked = fromQuery();
  if (asked) map?.fly(asked);
}

start();
