// A base map under the park, where the installation has one: tiles of 天地图, or a PMTiles file of its own.
import { Protocol } from "../vendor/pmtiles.mjs";

const FAINT = 0.55;

/** Sources and layers of the chosen base map: `{kind: "raster", tiles}` or `{kind: "pmtiles", url}`. */
export async function base(chosen, maplibregl) {
  if (chosen.kind === "raster") return raster({ tiles: chosen.tiles, tileSize: 256, maxzoom: 18 });
  const protocol = new Protocol();
  maplibregl.addProtocol("pmtiles", protocol.tile);
  const source = `pmtiles://${chosen.url}`;
  const { PMTiles } = await import("../vendor/pmtiles.mjs");
  const archive = new PMTiles(chosen.url);
  protocol.add(archive);
  const { tileType } = await archive.getHeader();
  if (tileType !== 1) return raster({ url: source, tileSize: 256 });
  const { vector_layers: known = [] } = await archive.getMetadata();
  return { sources: { base: { type: "vector", url: source } }, layers: (c) => known.flatMap(({ id }) => lines(id, c)) };
}

// A photograph or a coloured map would drown what is abnormal: it lies faint and grey under the park.
function raster(source) {
  const layer = { id: "base", type: "raster", source: "base", paint: { "raster-opacity": FAINT, "raster-saturation": -0.9, "raster-contrast": -0.2 } };
  return { sources: { base: { type: "raster", ...source } }, layers: () => [layer] };
}

function lines(name, c) {
  const isWater = /water/i.test(name);
  return [
    { id: `base-${name}-fill`, type: "fill", source: "base", "source-layer": name, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": isWater ? c.water : c.field } },
    { id: `base-${name}-line`, type: "line", source: "base", "source-layer": name, filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": isWater ? c.water : c.road, "line-width": 1 } },
  ];
}
