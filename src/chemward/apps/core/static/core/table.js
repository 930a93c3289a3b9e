// Tables: rows that open by click or key, choice of rows and the bulk bar, density.
import { bind } from "./keys.js";
import { word } from "./words.js";

const rowsOf = (table) => [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.matches(".grp, .open"));

/** The row under the cursor, or null. */
export const current = (table) => table.querySelector('tr[aria-selected="true"]');

/** Put the cursor on a row; it comes into view, the list does not jump otherwise. */
export function select(table, row) {
  current(table)?.removeAttribute("aria-selected");
  if (!row) return;
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
  table.dispatchEvent(new CustomEvent("cw:row", { bubbles: true, detail: { row } }));
}

export function step(table, by) {
  const rows = rowsOf(table);
  const at = rows.indexOf(current(table));
  select(table, rows[Math.min(rows.length - 1, Math.max(0, at + by))]);
}

function openRow(row) {
  const link = row?.querySelector("a[data-row-link], td.first a, td a[href]:not(.why)");
  if (row?.dataset.href) location.assign(row.dataset.href);
  else link?.click();
}

function chosen(form) {
  return [...form.querySelectorAll("tbody .cbx:checked")];
}

function showBulk(form) {
  const bar = form.querySelector("[data-bulk]");
  const count = chosen(form).length;
  if (bar) {
    bar.hidden = count === 0;
    bar.querySelector("[data-selected]").textContent = word("selected", { n: count });
  }
  const every = form.querySelector("thead .cbx");
  const boxes = form.querySelectorAll("tbody .cbx");
  if (every) {
    every.checked = count > 0 && count === boxes.length;
    every.indeterminate = count > 0 && count < boxes.length;
  }
}

function watchRegister(form) {
  let last = null;
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-clear]")) chosen(form).forEach((box) => (box.checked = false));
    const box = event.target.closest(".cbx");
    if (box?.closest("thead")) form.querySelectorAll("tbody .cbx").forEach((b) => (b.checked = box.checked));
    else if (box) last = choose(form, box, event.shiftKey ? last : null);
    showBulk(form);
  });
  showBulk(form);
}

/** With Shift, everything between the last box and this one gets its state. */
function choose(form, box, last) {
  const boxes = [...form.querySelectorAll("tbody .cbx")];
  if (last) {
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    boxes.slice(from, to + 1).forEach((b) => (b.checked = box.checked));
  }
  return box;
}

function watchTable(table, labels) {
  table.addEventListener("click", (event) => {
    const row = event.target.closest("tbody tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, summary") && !getSelection().toString()) openRow(row);
  });
  bind("j", labels.down, () => step(table, 1));
  bind("k", labels.up, () => step(table, -1));
  bind("Enter", labels.open, () => openRow(current(table)));
  bind("x", labels.choose, () => current(table)?.querySelector(".cbx")?.click());
}

function watchDensity(button) {
  const name = "cw_density";
  const show = (isCompact) => {
    button.setAttribute("aria-pressed", String(isCompact));
    document.querySelectorAll(".tb[data-table]").forEach((t) => t.classList.toggle("compact", isCompact));
  };
  show(localStorage.getItem(name) === "compact");
  button.addEventListener("click", () => {
    const isCompact = button.getAttribute("aria-pressed") !== "true";
    localStorage.setItem(name, isCompact ? "compact" : "");
    show(isCompact);
  });
}

export function start() {
  const table = document.querySelector("table[data-table]");
  if (table) watchTable(table, { down: word("row_down"), up: word("row_up"), open: word("row_open"), choose: word("row_choose") });
  document.querySelectorAll("form[data-register]").forEach(watchRegister);
  document.querySelectorAll("[data-density]").forEach(watchDensity);
}
