// The field in the top bar: things by name or code while one types; Enter flies there.
import { request } from "../core/http.js";
import { config, say } from "./config.js";
import { el, icon } from "./dom.js";

const WAIT_MS = 160;
const SHORTEST = 2;

/** `go(found)`: fly to what was chosen. */
export function start(go) {
  const form = document.querySelector("[data-search]");
  const input = form?.querySelector("input");
  if (!input) return;
  const list = el("div", { className: "om-found", id: "om-found", hidden: true, role: "listbox" });
  form.append(list);
  Object.entries({ role: "combobox", "aria-controls": "om-found", "aria-expanded": "false", "aria-autocomplete": "list" }).forEach(([k, v]) => input.setAttribute(k, v));
  let found = [];
  let at = 0;
  let due = 0;
  let ask = null;

  const close = () => {
    ask?.abort();
    clearTimeout(due);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const choose = (one) => {
    close();
    input.blur();
    go(one);
  };
  const draw = (note = "") => {
    const options = found.map((f, i) => {
      const option = el("div", { role: "option", id: `om-found-${i}`, ariaSelected: String(i === at) }, icon(f.icon), el("span", { className: "el", textContent: f.title }), el("small", { className: "el", textContent: f.detail }));
      option.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        choose(f);
      });
      return option;
    });
    list.replaceChildren(...(options.length ? options : [el("p", { textContent: note })]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (options.length) input.setAttribute("aria-activedescendant", `om-found-${at}`);
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  };
  const find = async () => {
    const text = input.value.trim();
    if (!text) return close();
    if ([...text].length < SHORTEST) {
      found = [];
      return draw(say("two_characters"));
    }
    ask?.abort();
    ask = new AbortController();
    const { signal } = ask;
    try {
      const told = await request(`/api/v1/map/search?${new URLSearchParams({ q: text })}`, { signal });
      if (signal.aborted) return undefined;
      found = told.results;
      at = 0;
      return draw(say("found_none"));
    } catch (fault) {
      if (!signal.aborted) {
        found = [];
        draw(fault.message);
      }
      return undefined;
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(due);
    due = setTimeout(find, WAIT_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (list.hidden) input.blur();
      close();
    }
    if (list.hidden || !found.length || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
    draw();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (list.hidden || !found.length) await find();
    if (found[at]) choose(found[at]);
  });
  input.addEventListener("blur", close);
  form.action = config.urls.search;
}
