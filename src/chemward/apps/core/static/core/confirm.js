// Asks before what cannot be undone or reaches people. `data-confirm="text"` on a button or form; `data-confirm-title`, `data-confirm-act`.
import { word } from "./words.js";

/** True when the person says yes. Names the object and the count in `text`. */
export function ask({ title = "", text = "", act = word("confirm"), isDangerous = false } = {}) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("[data-title]").textContent = title || text;
  dialog.querySelector("[data-text]").textContent = title ? text : "";
  dialog.querySelector("[data-no]").textContent = word("cancel");
  const yes = dialog.querySelector("[data-yes]");
  yes.textContent = act;
  yes.className = `btn ${isDangerous ? "d" : "p"}`;
  dialog.returnValue = "no";
  dialog.showModal();
  dialog.querySelector("[data-no]").focus();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

const agreed = new WeakSet();

async function guard(event, element, go) {
  if (agreed.has(element)) {
    agreed.delete(element);
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  const { confirm: text, confirmTitle: title, confirmAct: act } = element.dataset;
  const isDangerous = element.classList.contains("d") || "danger" in element.dataset;
  if (await ask({ title, text, act: act || element.textContent.trim() || undefined, isDangerous })) {
    agreed.add(element);
    go();
  }
}

export function start() {
  document.addEventListener("click", (event) => event.target.closest("[data-dialog-close]")?.closest("dialog")?.close());
  document.addEventListener("click", (event) => {
    const element = event.target.closest("a[data-confirm], button[data-confirm]");
    if (element) guard(event, element, () => element.click());
  }, true);
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-confirm]");
    if (form) guard(event, form, () => form.requestSubmit(event.submitter));
  }, true);
}
