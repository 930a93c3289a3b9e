// The drawing board of one asset: a grey map of what stands around it, and terra-draw on top. What is drawn is written as GeoJSON
// into the form's text field, which is what gets saved; without a map the field is filled by hand.
import { Map as MapView, NavigationControl, ScaleControl, setWorkerUrl } from "../vendor/maplibre-gl.mjs";
import { TerraDrawMapLibreGLAdapter } from "../vendor/terra-draw-maplibre-gl-adapter.mjs";
import {
  TerraDraw,
  TerraDrawCircleMode,
  TerraDrawLineStringMode,
  TerraDrawPointMode,
  TerraDrawPolygonMode,
  TerraDrawRectangleMode,
  TerraDrawSelectMode,
} from "../vendor/terra-draw.mjs";

const board = document.getElementById("map");
const field = document.querySelector("#geometry-form textarea[name=geometry]");
const tools = document.getElementById("tools");
const data = JSON.parse(document.getElementById("editor-data").textContent);
const MODE_OF = { Point: "point", LineString: "linestring", Polygon: "polygon" };

/** The value of a token now, as a colour that the map understands. */
function token(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** The same as `#rrggbb`, which is all that terra-draw takes. */
function hex(name) {
  const [r, g, b] = token(name).match(/[\d.]+/g).map((v) => Math.round(Number(v)));
  return `#${[r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}

/** The single shapes that a geometry consists of. */
export function parts(geometry) {
  if (!geometry) return [];
  if (!geometry.type.startsWith("Multi")) return [geometry];
  return geometry.coordinates.map((coordinates) => ({ type: geometry.type.slice(5), coordinates }));
}

/** One geometry of several drawn shapes, or null. Only the newest counts where the kind has no Multi type. */
export function joined(shapes, allowed) {
  if (!shapes.length) return null;
  const type = shapes[shapes.length - 1].type;
  const same = shapes.filter((s) => s.type === type);
  if (same.length > 1 && allowed.includes(`Multi${type}`)) return { type: `Multi${type}`, coordinates: same.map((s) => s.coordinates) };
  return same[same.length - 1];
}

function style() {
  const line = token("--line2");
  const fill = token("--s3");
  const empty = { type: "FeatureCollection", features: [] };
  return {
    version: 8,
    sources: { around: { type: "geojson", data: empty } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("--bg") } },
      { id: "fill", type: "fill", source: "around", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": fill, "fill-opacity": 0.7 } },
      { id: "line", type: "line", source: "around", paint: { "line-color": line, "line-width": 1 } },
      { id: "dot", type: "circle", source: "around", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 3, "circle-color": line } },
    ],
  };
}

async function around(map) {
  const box = map.getBounds();
  const bbox = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((v) => v.toFixed(6)).join(",");
  const asked = data.layers.map(async (name) => {
    const answer = await fetch(`${board.dataset.layersUrl}${name}?bbox=${bbox}&zoom=${map.getZoom().toFixed(2)}`);
    return answer.ok ? (await answer.json()).features : [];
  });
  const found = (await Promise.all(asked)).flat().filter((f) => f.id !== data.id && f.geometry);
  map.getSource("around")?.setData({ type: "FeatureCollection", features: found });
}

function modes() {
  const points = { feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true } } };
  // Ink, not a risk colour: what is drawn is not a warning.
  const ink = hex("--ink");
  const ground = hex("--s1");
  const surface = { fillColor: ink, outlineColor: ink, fillOpacity: 0.12, outlineWidth: 2, closingPointColor: ink, closingPointOutlineColor: ground };
  const select = {
    selectedPolygonColor: ink,
    selectedPolygonOutlineColor: ink,
    selectedPolygonFillOpacity: 0.12,
    selectedLineStringColor: ink,
    selectedPointColor: ink,
    selectedPointOutlineColor: ground,
    selectionPointColor: ground,
    selectionPointOutlineColor: ink,
    midPointColor: ink,
    midPointOutlineColor: ground,
  };
  return [
    new TerraDrawSelectMode({ styles: select, flags: { point: { feature: { draggable: true } }, linestring: points, polygon: points, rectangle: points, circle: points } }),
    new TerraDrawPointMode({ styles: { pointColor: ink, pointOutlineColor: ground, pointWidth: 6, pointOutlineWidth: 2 } }),
    new TerraDrawLineStringMode({ styles: { lineStringColor: ink, lineStringWidth: 2, closingPointColor: ink } }),
    new TerraDrawPolygonMode({ styles: surface }),
    new TerraDrawRectangleMode({ styles: surface }),
    new TerraDrawCircleMode({ styles: surface }),
  ];
}

/** The shapes on the board, without the handles that terra-draw adds while something is selected. */
function drawn(draw) {
  return draw
    .getSnapshot()
    .filter((f) => f.properties.mode !== "select" && !f.properties.midPoint && !f.properties.selectionPoint && !f.properties.currentlyDrawing)
    .map((f) => f.geometry);
}

function put(draw, geometry) {
  draw.clear();
  const features = parts(geometry).map((g) => ({ type: "Feature", geometry: g, properties: { mode: MODE_OF[g.type] } }));
  return draw.addFeatures(features).every((r) => r.valid);
}

function read() {
  try {
    return field.value.trim() ? JSON.parse(field.value) : null;
  } catch {
    return null;
  }
}

function choose(draw, mode) {
  draw.setMode(mode);
  for (const button of tools.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
}

function start() {
  setWorkerUrl(new URL(board.dataset.worker, location.href).href);
  const [lon, lat, zoom] = data.centre;
  const map = new MapView({ container: board, style: style(), center: [lon, lat], zoom, attributionControl: false, maxZoom: 22 });
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  map.on("mousemove", (event) => {
    document.getElementById("position").textContent = `${event.lngLat.lng.toFixed(6)}, ${event.lngLat.lat.toFixed(6)}`;
  });
  map.on("load", () => {
    const draw = new TerraDraw({ adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 9 }), modes: modes() });
    draw.start();
    put(draw, read());
    for (const button of tools.querySelectorAll("[data-type]")) {
      button.hidden = !data.types.some((t) => t.replace("Multi", "") === button.dataset.type);
    }
    const write = () => {
      const geometry = joined(drawn(draw), data.types);
      field.value = geometry ? JSON.stringify(geometry) : "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    draw.on("finish", () => {
      // A kind without a Multi type has one shape: the new one takes the place of the old one.
      const geometry = joined(drawn(draw), data.types);
      if (geometry && drawn(draw).length > parts(geometry).length) put(draw, geometry);
      write();
    });
    tools.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.mode) choose(draw, button.dataset.mode);
      if (button && "clearDrawing" in button.dataset) {
        draw.clear();
        write();
      }
    });
    field.addEventListener("change", () => put(draw, read()));
    choose(draw, read() ? "select" : tools.querySelector("[data-type]:not([hidden])").dataset.mode);
    around(map);
    map.on("moveend", () => around(map));
    board.dataset.ready = "true";
  });
}

try {
  start();
} catch {
  board.textContent = board.dataset.failed;
}
