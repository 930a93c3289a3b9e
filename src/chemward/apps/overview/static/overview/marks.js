// Marks of the page over the map: placed with every move, made anew only when what they say has changed.
const MARGIN_PX = 80;

export class Marks {
  constructor(map, host) {
    this.map = map;
    this.host = host;
    this.shown = new Map();
    map.on("move", () => this.place());
    map.on("resize", () => this.place());
  }

  /** Show exactly `list`: [{key, says, lon, lat, make()}]. A mark whose `says` is unchanged keeps its element (and the focus). */
  sync(group, list) {
    const wanted = new Set(list.map((m) => `${group}/${m.key}`));
    for (const [key, known] of this.shown) {
      if (key.startsWith(`${group}/`) && !wanted.has(key)) {
        known.element.remove();
        this.shown.delete(key);
      }
    }
    for (const m of list) {
      const key = `${group}/${m.key}`;
      const known = this.shown.get(key);
      if (known?.says === m.says) Object.assign(known, { lon: m.lon, lat: m.lat });
      else {
        const element = m.make();
        if (known) known.element.replaceWith(element);
        else this.host.append(element);
        this.shown.set(key, { element, says: m.says, lon: m.lon, lat: m.lat });
      }
    }
    this.place();
  }

  place() {
    const { clientWidth: width, clientHeight: height } = this.host;
    for (const { element, lon, lat } of this.shown.values()) {
      const { x, y } = this.map.project([lon, lat]);
      const isSeen = x > -MARGIN_PX && y > -MARGIN_PX && x < width + MARGIN_PX && y < height + MARGIN_PX;
      element.hidden = !isSeen;
      if (isSeen) element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px) translate(-50%, -50%)`;
    }
  }
}
