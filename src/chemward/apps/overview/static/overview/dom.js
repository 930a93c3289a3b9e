// Small makers of elements. Names come from devices and other people: they are always text, never markup.
const SVG = "http://www.w3.org/2000/svg";
const MARKS = { 1: ["M2.5 2.5h13v13h-13Z", 12.8], 2: ["M9 1.2 17.2 16H.8Z", 14], 3: ["M1.5 2.5h15L9 16.8Z", 10.4], 4: ["M9 1.5a7.5 7.5 0 1 0 .01 0Z", 12.8] };

let sprite = "";
export const useSprite = (url) => (sprite = url);

/** `el("b", {className: "x", dataset: {n: 1}}, "text", child)`. */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "dataset") Object.assign(element.dataset, value);
    else if (key in element && key !== "list") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return element;
}

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  // A style set as an attribute is refused by the content policy; set as a property it is ours.
  for (const [key, value] of Object.entries(attributes)) if (key === "style") element.style.cssText = value;
    else element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** An icon of the sprite; 14, 16 or 20 px. */
export function icon(name, size = 16) {
  const drawn = svg("svg", { class: size === 16 ? "i" : `i i${size}`, "aria-hidden": "true" });
  drawn.append(svg("use", { href: `${sprite}#${name}` }));
  return drawn;
}

/** The mark of an alarm priority: filled, "acked" (outline) or "shelved" (dashed). */
export function mark(priority, state = "") {
  const [path, baseline] = MARKS[priority] ?? MARKS[4];
  const drawn = svg("svg", { class: `pm k${priority} ${state}`.trim(), viewBox: "0 0 18 18", "aria-hidden": "true" });
  const digit = svg("text", { x: 9, y: baseline });
  digit.textContent = String(priority);
  drawn.append(svg("path", { class: "s", d: path }), digit);
  return drawn;
}

export const COLOURS = { 1: "red", 2: "org", 3: "yel", 4: "blu" };
