// One line at the bottom: what was done, and ten seconds to take it back. Never for errors.
import { post } from "./http.js";
import { word } from "./words.js";

const UNDO_S = 10;
const NOTE_S = 4;

/** Say `text`; with `undo` (an address to POST to, or a function) offer to take it back for 10 s. */
export function toast(text, { undo } = {}) {
  const line = document.createElement("div");
  line.className = "toast-line";
  line.append(Object.assign(document.createElement("span"), { textContent: text, className: "grow" }));
  const close = () => {
    clearInterval(timer);
    line.remove();
  };
  let left = undo ? UNDO_S : NOTE_S;
  const counter = Object.assign(document.createElement("span"), { className: "left" });
  if (undo) line.append(undoButton(undo, line, close), counter);
  const show = () => (counter.textContent = `${left} s`);
  show();
  const timer = setInterval(() => {
    left -= 1;
    show();
    if (left <= 0) close();
  }, 1000);
  document.getElementById("toasts")?.append(line);
  return close;
}

function undoButton(undo, line, close) {
  const button = Object.assign(document.createElement("button"), { className: "btn s", type: "button", textContent: word("undo") });
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await (typeof undo === "function" ? undo() : post(undo));
      close();
      toast(word("undone"));
    } catch (fault) {
      // The time to take it back stops: the reason stays until it is read.
      line.firstChild.textContent = `${fault.message} ${fault.remedy ?? ""}`;
      button.disabled = false;
    }
  });
  return button;
}

export function start() {
  for (const e of document.querySelectorAll("[data-toast]")) {
    toast(e.dataset.toast, { undo: e.dataset.undoUrl });
    e.remove();
  }
  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-copy-address]")) return;
    await navigator.clipboard.writeText(location.href);
    toast(word("copied"));
  });
}
