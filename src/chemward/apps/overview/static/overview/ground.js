// The ground of the one map: greys of day and night in one table, sources and layers of the style in drawing order.

/** Greys of the ground. Every colour of the map that is not a warning stands here. */
export const GREYS = {
  day: {
    land: "#eef0f1", field: "#e9ebed", park: "#f6f7f8", water: "#dbe4ea", works: "#ffffff", worksEdge: "#cfd4d8", plant: "#eef0f2", plantEdge: "#d3d8dc",
    gear: "#cdd3d8", dike: "#f3f4f6", dikeEdge: "#b7bec5", tank: "#e3e7ea", tankEdge: "#8c959d", house: "#e6e9ec", houseEdge: "#d0d5da", green: "#f1f4f1",
    road: "#e2e5e8", mainRoad: "#d8dce0", label: "#3b434b", lesser: "#5f6871", fence: "#656e77", gallery: "#aab2b9", dot: "#7b848c", control: "#98a1a9", paper: "#ffffff",
  },
  night: {
    land: "#14171a", field: "#171a1e", park: "#1b1f23", water: "#16202a", works: "#20252a", worksEdge: "#3a4249", plant: "#2a3036", plantEdge: "#3d454d",
    gear: "#444d56", dike: "#252a30", dikeEdge: "#4b545d", tank: "#39414a", tankEdge: "#76818c", house: "#30363d", houseEdge: "#3d454d", green: "#1e2427",
    road: "#31373e", mainRoad: "#3b424a", label: "#b9c1c8", lesser: "#9aa3ab", fence: "#8c959d", gallery: "#56616b", dot: "#7d8790", control: "#59636d", paper: "#1a1d21",
  },
};

export const isNight = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "night" : matchMedia("(prefers-color-scheme: dark)").matches;
};

export const FONTS = '"PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",sans-serif';
const FONT = ["Inter Variable", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC"];
const BLOCKER = "om-nothing";

/** Layers of the server that this map draws itself; others that rooms register are drawn plainly (`plain`). */
export const KNOWN = [
  "assets.land", "assets.water", "assets.sites", "assets.roads", "assets.fences", "assets.areas", "assets.units", "assets.buildings", "assets.galleries",
  "assets.equipment", "assets.instruments", "assets.cameras", "assets.protected_targets", "assets.population", "overview.detectors",
];
/** Those that are marks of the page, not layers of the style. */
export const MARKED = ["assets.gates", "overview.stations"];
/** Those that the live stream or another layer shows already. */
export const UNUSED = ["assets.tanks", "monitoring.tags", "monitoring.alarms"];

const is = (...kinds) => ["in", ["get", "subkind"], ["literal", kinds]];
// Pixels of so many metres at latitude `lat`, for any zoom: both stops lie on the one exponential curve.
const pixelsPerMetre = (lat, zoom) => (512 * 2 ** zoom) / (40_075_016.686 * Math.cos((lat * Math.PI) / 180));
const metres = (width, lat) => ["interpolate", ["exponential", 2], ["zoom"], 10, ["*", width, pixelsPerMetre(lat, 10)], 22, ["*", width, pixelsPerMetre(lat, 22)]];
const roadWidth = ["coalesce", ["get", "width_m"], ["match", ["get", "subkind"], "main", 24, "park", 16, "inside", 9, 8]];
const text = (field, size, extra = {}) => ({ "text-field": field, "text-font": FONT, "text-size": size, ...extra });

/** Layers in drawing order: [source, group of the switch, layer]. `lat`: where roads are measured. */
function drawing(c, lat) {
  const fill = (colour, extra = {}) => ({ type: "fill", paint: { "fill-color": colour, ...extra } });
  const edge = (colour, width = 1, extra = {}) => ({ type: "line", paint: { "line-color": colour, "line-width": width, ...extra } });
  const equipment = (kinds, layer) => ({ ...layer, filter: ["all", ["==", ["geometry-type"], "Polygon"], kinds] });
  const tankKinds = is("tank");
  const gear = ["!", is("tank", "dike", "hall", "pipeline")];
  return [
    ["assets.land", "", fill(c.field)],
    ["assets.water", "", { ...fill(c.water), filter: ["==", ["geometry-type"], "Polygon"] }],
    ["assets.water", "", { ...edge(c.water, 3), filter: ["==", ["geometry-type"], "LineString"] }],
    ["assets.buildings", "", { ...fill(c.house), filter: is("house") }],
    ["assets.population", "population", edge(c.control, 0.75, { "line-dasharray": [2, 3] })],
    ["assets.fences", "", { ...edge(c.control, 1, { "line-dasharray": [6, 4] }), filter: is("control_line") }],
    ["assets.sites", "", { ...fill(c.park), filter: is("park") }],
    ["assets.roads", "", { ...edge(["match", ["get", "subkind"], "main", c.mainRoad, c.road], metres(roadWidth, lat)), filter: ["!", is("inside")], layout: { "line-cap": "round", "line-join": "round" } }],
    ["assets.sites", "", { ...fill(c.works), filter: is("enterprise") }],
    ["assets.sites", "", { ...edge(c.worksEdge), filter: is("enterprise") }],
    ["assets.buildings", "", { ...fill(c.green), filter: is("green") }],
    ["assets.roads", "", { ...edge(c.road, metres(roadWidth, lat)), filter: is("inside") }],
    ["assets.units", "", { ...fill(c.plant), filter: is("process") }],
    ["assets.units", "", { ...edge(c.plantEdge, 0.75), filter: is("process") }],
    ["assets.equipment", "", equipment(gear, fill(c.gear))],
    ["assets.buildings", "", { ...fill(c.house), filter: ["!", is("house", "green")] }],
    ["assets.buildings", "", { ...edge(c.houseEdge, 0.75), filter: ["!", is("house", "green")] }],
    ["assets.equipment", "", equipment(is("dike"), fill(c.dike))],
    ["assets.equipment", "", equipment(is("dike"), edge(c.dikeEdge))],
    ["assets.equipment", "tanks", equipment(tankKinds, fill(c.tank))],
    ["assets.equipment", "tanks", equipment(tankKinds, edge(c.tankEdge, 0.9))],
    ["assets.galleries", "galleries", edge(c.gallery, 0.9, { "line-gap-width": 2.5 })],
    ["assets.fences", "", { ...edge(c.fence, 1.75, { "line-dasharray": [5, 1.4] }), filter: is("fence") }],
    ["assets.instruments", "instruments", { type: "circle", minzoom: 16, filter: ["!", is("gas_toxic", "gas_combustible", "weather")], paint: { "circle-radius": 2.5, "circle-color": c.dot } }],
    ["overview.detectors", "detectors", { type: "circle", paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 1.6, 16, 3.5, 18, 5], "circle-color": c.paper, "circle-stroke-color": c.dot, "circle-stroke-width": 1 } }],
    ["assets.cameras", "cameras", { type: "circle", paint: { "circle-radius": 4, "circle-color": c.dot, "circle-stroke-color": c.paper, "circle-stroke-width": 1.5 } }],
    ["assets.protected_targets", "targets", { type: "circle", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 4, "circle-color": c.paper, "circle-stroke-color": c.fence, "circle-stroke-width": 1.5 } }],
    ["assets.equipment", "tanks", { type: "symbol", minzoom: 17, filter: tankKinds, layout: text(["coalesce", ["get", "code"], ""], 12), paint: { "text-color": c.lesser, "text-halo-color": c.tank, "text-halo-width": 1.5 } }],
    ["overview.detectors", "detectors", { type: "symbol", minzoom: 17.2, layout: text(["get", "code"], 12, { "text-anchor": "left", "text-offset": [0.7, 0], "text-optional": true }), paint: { "text-color": c.lesser, "text-halo-color": c.works, "text-halo-width": 1.5 } }],
    ["assets.protected_targets", "targets", { type: "symbol", layout: text(["get", "name"], 12, { "text-anchor": "top", "text-offset": [0, 0.6] }), paint: { "text-color": c.lesser, "text-halo-color": c.land, "text-halo-width": 1.5 } }],
    ["assets.units", "", { type: "symbol", minzoom: 15.6, layout: text(["get", "name"], 12), paint: { "text-color": c.lesser, "text-halo-color": c.plant, "text-halo-width": 2 } }],
    ["assets.roads", "", { type: "symbol", filter: ["all", ["!", is("inside")], ["!=", ["get", "name"], "厂内道路"]], layout: text(["get", "name"], 12, { "symbol-placement": "line-center", "text-letter-spacing": 0.15 }), paint: { "text-color": c.lesser, "text-halo-color": c.park, "text-halo-width": 1.5 } }],
    ["om-names", "sites", { type: "symbol", layout: text(["get", "name"], 13, { "text-anchor": "top", "text-max-width": 12 }), paint: { "text-color": c.label, "text-halo-color": c.works, "text-halo-width": 2.5 } }],
    // Alarms are marks of the page. These nothings hold their place, so that labels yield to them.
    ["om-alarms", "", { type: "symbol", layout: { "icon-image": BLOCKER, "icon-size": ["get", "size"], "icon-allow-overlap": true, "icon-padding": 0 } }],
  ];
}

const empty = () => ({ type: "FeatureCollection", features: [] });

/** The style without any data: sources are filled as the map moves. `others`: layers of rooms that this file does not know. */
export function style({ lat, others = [], base = null, hidden = new Set() }) {
  const c = GREYS[isNight() ? "night" : "day"];
  const rows = [...drawing(c, lat), ...others.flatMap((name) => plain(name, c))];
  const sources = Object.fromEntries([...new Set(rows.map(([source]) => source))].map((source) => [source, { type: "geojson", data: empty(), tolerance: 0.2 }]));
  const layers = rows.map(([source, group, layer], index) => {
    const shown = !group || !hidden.has(group);
    return { id: `${source}#${index}`, source, metadata: { group }, ...layer, layout: { ...layer.layout, visibility: shown ? "visible" : "none" } };
  });
  return { version: 8, sources: { ...sources, ...base?.sources }, layers: [{ id: "land", type: "background", paint: { "background-color": c.land } }, ...(base?.layers(c) ?? []), ...layers] };
}

/** Any layer of another room: outlines, dots and names in grey. */
function plain(name, c) {
  return [
    [name, name, { type: "line", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": c.fence, "line-width": 1.5 } }],
    [name, name, { type: "circle", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 4, "circle-color": c.paper, "circle-stroke-color": c.fence, "circle-stroke-width": 1.5 } }],
    [name, name, { type: "symbol", minzoom: 15, filter: ["has", "name"], layout: text(["get", "name"], 12, { "text-anchor": "top", "text-offset": [0, 0.6] }), paint: { "text-color": c.lesser, "text-halo-color": c.park, "text-halo-width": 1.5 } }],
  ];
}

/** An image of nothing, one pixel wide: scaled to the size of a mark it takes its place among the labels. */
export function addNothing(map) {
  if (!map.hasImage(BLOCKER)) map.addImage(BLOCKER, { width: 1, height: 1, data: new Uint8Array(4) });
}

/** Names of works at the upper edge of their ground: [lon, lat] of the middle of that edge. */
export function nameFeatures(sites) {
  return {
    type: "FeatureCollection",
    features: sites
      .filter((f) => f.properties.subkind === "enterprise")
      .map((f) => ({ type: "Feature", id: f.id, geometry: { type: "Point", coordinates: northEdge(f.geometry) }, properties: { name: f.properties.name, id: f.properties.id } })),
  };
}

function northEdge(geometry) {
  const ring = geometry.type === "Polygon" ? geometry.coordinates[0] : geometry.coordinates[0][0];
  // The side whose middle lies farthest north, taken a little inwards.
  let best = ring[0];
  for (let i = 1; i < ring.length; i += 1) {
    const middle = [(ring[i - 1][0] + ring[i][0]) / 2, (ring[i - 1][1] + ring[i][1]) / 2];
    if (middle[1] > best[1] || best === ring[0]) best = middle;
  }
  const south = Math.min(...ring.map((p) => p[1]));
  return [best[0], best[1] - (best[1] - south) * 0.02];
}
