// The sheet: opens what a `data-sheet` link points to beside the page. The address holds it (`?sheet=/why/…`), Esc closes it.
import { word } from "./words.js";

const PARAMETER = "sheet";
let opener = null;

const sheet = () => document.getElementById("sheet");
const body = () => document.getElementById("sheet-body");

/** A path of this origin, or null: an address from outside must not choose what is loaded into the page. */
function ownPath(address) {
  try {
    const url = new URL(address, location.origin);
    return url.origin === location.origin && address.startsWith("/") ? url.pathname + url.search : null;
  } catch {
    return null;
  }
}

function addressWith(path) {
  const url = new URL(location.href);
  if (path) url.searchParams.set(PARAMETER, path);
  else url.searchParams.delete(PARAMETER);
  return url;
}

/** Open `address` in the sheet. `keepAddress`: the address holds it already (Back, reload). */
export async function openSheet(address, { keepAddress = false } = {}) {
  const path = ownPath(address);
  if (!path || !sheet()) return;
  if (!sheet().open) opener = document.activeElement;
  body().replaceChildren(Object.assign(document.createElement("div"), { className: "waiting", textContent: word("loading") }));
  document.querySelector("[data-scrim]").hidden = false;
  if (!sheet().open) sheet().show();
  if (!keepAddress) history.pushState({ sheet: path }, "", addressWith(path));
  try {
    await window.htmx.ajax("GET", path, { target: "#sheet-body", swap: "innerHTML" });
  } catch {
    say(word("failed"));
  }
  sheet().querySelector("[data-sheet-close]").focus({ preventScroll: true });
}

function say(text) {
  body().replaceChildren(Object.assign(document.createElement("div"), { className: "waiting", textContent: text }));
}

export function closeSheet({ keepAddress = false } = {}) {
  if (!sheet()?.open) return;
  sheet().close();
  document.querySelector("[data-scrim]").hidden = true;
  body().replaceChildren();
  if (!keepAddress) history.pushState({}, "", addressWith(null));
  opener?.focus?.({ preventScroll: true });
  opener = null;
}

function fromAddress() {
  const path = new URL(location.href).searchParams.get(PARAMETER);
  if (path) openSheet(path, { keepAddress: true });
  else closeSheet({ keepAddress: true });
}

export function start() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-sheet-close], [data-scrim]")) return closeSheet();
    const link = event.target.closest("a[data-sheet]");
    // With a modifier the link opens as a page of its own, like any link.
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return undefined;
    event.preventDefault();
    return openSheet(link.getAttribute("href"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && sheet()?.open && !document.querySelector("dialog.confirm[open]")) {
      event.preventDefault();
      closeSheet();
    }
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (event.detail.target === body()) say(word("offline"));
  });
  window.addEventListener("popstate", fromAddress);
  if (new URL(location.href).searchParams.has(PARAMETER)) fromAddress();
}
