// Alarms as halos: one for each thing, the worst state of it; near ones of lesser priority together, priority 1 always alone.
import { el, mark } from "./dom.js";
import { say } from "./config.js";

const NEAR_PX = 34;
const MOST_ON_SCREEN = 400;
const SILENCED_BY_PEOPLE = new Set(["G", "I"]);

/** Alarms by the thing they are of: `{key, asset, tag, lon, lat, priority, isOwed, isFilled, isQuiet, rows, row}`, worst last. */
export function things(rows, { isOwed, stateOf }) {
  const found = new Map();
  for (const row of rows) {
    if (!Number.isFinite(row.lon) || !Number.isFinite(row.lat)) continue;
    const state = stateOf(row);
    // Suppressed by design is no news; silenced by people stays on the map, in grey.
    if (state === "H" || state === "A") continue;
    const key = row.asset || `tag-${row.tag}`;
    const told = { row, isOwed: isOwed(row), isQuiet: SILENCED_BY_PEOPLE.has(state) };
    if (found.has(key)) found.get(key).push(told);
    else found.set(key, [told]);
  }
  return [...found].map(([key, list]) => thing(key, list)).sort((a, b) => b.priority - a.priority || Number(a.isOwed) - Number(b.isOwed));
}

const rank = (t) => (t.isQuiet ? 100 : 0) + t.row.priority * 2 + (t.isOwed ? 0 : 1);

function thing(key, list) {
  list.sort((a, b) => rank(a) - rank(b));
  const worst = list[0];
  const { lon, lat, asset, tag, priority } = worst.row;
  return { key, lon, lat, asset, tag, priority, isOwed: list.some((t) => t.isOwed), isFilled: worst.isOwed, isQuiet: worst.isQuiet, rows: list.map((t) => t.row), row: worst.row };
}

/** Things near each other on the screen as one, keeping the worst: `{...worst thing, members, count}`. */
export function clustered(list, project, width, height) {
  const alone = [];
  const groups = [];
  const grid = new Map();
  for (const one of [...list].reverse()) {
    const { x, y } = project(one);
    if (x < -NEAR_PX || y < -NEAR_PX || x > width + NEAR_PX || y > height + NEAR_PX) continue;
    if (one.priority === 1 && !one.isQuiet) {
      alone.push({ ...one, members: [one], count: 1 });
      continue;
    }
    const near = neighbour(grid, x, y);
    if (near) {
      near.members.push(one);
      near.isOwed ||= one.isOwed;
      if (one.priority === near.priority) near.count += 1;
    } else if (groups.length < MOST_ON_SCREEN) {
      const group = { ...one, members: [one], count: 1, x, y };
      groups.push(group);
      const cell = `${Math.floor(x / NEAR_PX)},${Math.floor(y / NEAR_PX)}`;
      grid.set(cell, [...(grid.get(cell) ?? []), group]);
    }
  }
  return [...groups.reverse(), ...alone.reverse()];
}

function neighbour(grid, x, y) {
  const [cx, cy] = [Math.floor(x / NEAR_PX), Math.floor(y / NEAR_PX)];
  for (let i = cx - 1; i <= cx + 1; i += 1)
    for (let j = cy - 1; j <= cy + 1; j += 1)
      for (const group of grid.get(`${i},${j}`) ?? []) if (Math.hypot(group.x - x, group.y - y) < NEAR_PX) return group;
  return null;
}

/** A group as a mark of the page. `choose(group)` when somebody picks it. */
export function haloMark(group, choose) {
  const many = group.members.length > 1;
  const state = group.isQuiet ? "shelved" : group.isFilled ? "" : "acked";
  return {
    key: group.key,
    says: [group.priority, state, group.isOwed, group.count, group.members.length, group.row.id, group.row.title].join("|"),
    lon: group.lon,
    lat: group.lat,
    make() {
      const label = many ? say("cluster", { n: group.members.length, p: group.priority }) : say("alarm_at", { p: group.priority, title: `${group.row.title} ${group.row.code}` });
      const css = ["om-halo", `k${group.priority}`, group.isOwed ? "owed" : "acked", group.isQuiet ? "quiet" : ""].filter(Boolean).join(" ");
      const button = el("button", { type: "button", className: css, title: label, ariaLabel: label, dataset: { priority: group.priority, key: group.key } }, mark(group.priority, state));
      if (many) button.append(el("span", { className: "n", textContent: group.count > 99 ? "99+" : String(group.count) }));
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        choose(group);
      });
      return button;
    },
  };
}

/** Where marks stand, as points that labels of the map yield to. */
export function placeholders(groups) {
  const size = (g) => (g.priority === 1 ? 36 : g.priority === 2 ? 28 : 24);
  return {
    type: "FeatureCollection",
    features: groups.map((g) => ({ type: "Feature", geometry: { type: "Point", coordinates: [g.lon, g.lat] }, properties: { size: size(g) } })),
  };
}
