// Keys of a page, listed by `?`. Single letters never fire while somebody types.
const bindings = new Map();

const isTyping = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]");

/** Give `key` (as in KeyboardEvent.key, with `Shift+` or `Ctrl+` before it) an act and the words of the key map. */
export function bind(key, label, act, { whileTyping = false } = {}) {
  bindings.set(key, { label, act, whileTyping });
  return () => bindings.delete(key);
}

function nameOf(event) {
  const prefix = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.shiftKey && event.key.length > 1 ? "Shift+" : "");
  if (event.shiftKey && /^[a-z]$/i.test(event.key)) return `${prefix}Shift+${event.key.toLowerCase()}`;
  return prefix + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
}

function showMap() {
  const dialog = document.getElementById("keymap");
  const list = dialog?.querySelector("[data-keys]");
  if (!list) return;
  list.replaceChildren();
  for (const [key, { label }] of bindings) {
    const term = document.createElement("dt");
    term.append(Object.assign(document.createElement("kbd"), { textContent: key.replace("Shift+", "⇧").replace("Enter", "↵").toUpperCase() }));
    list.append(term, Object.assign(document.createElement("dd"), { textContent: label }));
  }
  dialog.showModal();
}

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || event.altKey) return;
    const binding = bindings.get(nameOf(event));
    if (!binding || (isTyping(event.target) && !binding.whileTyping) || document.querySelector("dialog.confirm[open]")) return;
    event.preventDefault();
    binding.act(event);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keymap]")) showMap();
    const map = document.getElementById("keymap");
    if (event.target === map) map.close();
  });
  const search = document.querySelector("[data-search] input");
  if (search) bind("/", search.placeholder, () => search.focus());
  bind("?", document.querySelector("[data-keymap]")?.textContent.trim().replace(/\s*\?$/, "") ?? "?", showMap);
}
