// Day, night, or as the device; kept in a cookie (so that the server writes it and nothing flashes) and in local storage.
import { word } from "./words.js";

const ORDER = ["auto", "day", "night"];
const ICON = { auto: "device-desktop", day: "sun", night: "moon" };
const YEAR_S = 31536000;

export const current = () => document.documentElement.dataset.theme ?? "auto";

export function set(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("cw_theme", theme);
  } catch {
    // A browser without storage still has the cookie.
  }
  document.cookie = `cw_theme=${theme}; path=/; max-age=${YEAR_S}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  show();
  document.dispatchEvent(new CustomEvent("cw:theme", { detail: { theme } }));
}

function show() {
  for (const button of document.querySelectorAll("[data-theme-next]")) {
    const use = button.querySelector("use");
    use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${ICON[current()]}`));
    button.title = word(current());
  }
}

function recalled() {
  try {
    return localStorage.getItem("cw_theme");
  } catch {
    return null;
  }
}

export function start() {
  const kept = recalled();
  if (!document.cookie.includes("cw_theme=") && ORDER.includes(kept) && kept !== current()) set(kept);
  show();
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-next]")) set(ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length]);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("cw:theme")));
}
