// Forms with `data-draft="key"` keep what is typed in this browser until it is saved; nothing is lost by Back or a broken line.
// Passwords and files are never kept.
import { moment } from "./format.js";
import { nowMs } from "./clock.js";
import { word } from "./words.js";

const PREFIX = "cw_draft:";
const SAVE_AFTER_MS = 600;
const KEEP_MS = 7 * 86_400_000;

const kept = (form) => [...form.elements].filter((e) => e.name && !["password", "file", "hidden", "submit", "button"].includes(e.type));

function values(form) {
  return kept(form).map((e) => [e.name, e.type === "checkbox" || e.type === "radio" ? [e.value, e.checked] : e.value]);
}

function say(form, text) {
  const place = (form.closest(".card") ?? form).querySelector("[data-draft-state]");
  if (place) place.textContent = text;
}

function save(form) {
  try {
    localStorage.setItem(PREFIX + form.dataset.draft, JSON.stringify({ at: Date.now(), values: values(form) }));
    say(form, word("draft_kept"));
  } catch {
    // Storage full or switched off: the form still works.
  }
}

function stored(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
    return draft && Date.now() - draft.at < KEEP_MS ? draft : null;
  } catch {
    return null;
  }
}

export const drop = (key) => localStorage.removeItem(PREFIX + key);

function fill(form, draft) {
  for (const [name, value] of draft.values) {
    for (const element of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (!Array.isArray(value)) element.value = value;
      else if (element.value === value[0]) element.checked = value[1];
    }
  }
}

function offer(form, draft) {
  const line = Object.assign(document.createElement("div"), { className: "note hx", textContent: word("draft_found", { time: moment(draft.at, nowMs()) }) });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "l", textContent: word("draft_drop") });
  button.addEventListener("click", () => {
    drop(form.dataset.draft);
    form.reset();
    line.remove();
    say(form, "");
  });
  line.append(button);
  form.prepend(line);
}

function keep(form) {
  const draft = stored(form.dataset.draft);
  // A form that came back with faults holds newer values than any draft.
  if (draft && !form.querySelector(".field.bad") && JSON.stringify(draft.values) !== JSON.stringify(values(form))) {
    fill(form, draft);
    offer(form, draft);
  }
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => save(form), SAVE_AFTER_MS);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    // The page that follows tells by `data-draft-done` that it was saved; until then the draft stays.
    save(form);
  });
}

export function start() {
  for (const e of document.querySelectorAll("[data-draft-done]")) drop(e.dataset.draftDone);
  for (const form of document.querySelectorAll("form[data-draft]")) keep(form);
}
