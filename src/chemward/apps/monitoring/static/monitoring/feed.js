// The onboarding page of a feed: its last message with its faults as it comes in, its figures by the live stream, copy buttons.
import { clockText, figure } from "../core/format.js";
import { watchFeeds } from "../core/live.js";
import { toast } from "../core/toast.js";

const card = document.getElementById("echo");
const feed = card?.dataset.feed;
const part = (name) => card.querySelector(`[data-echo-${name}]`);
const fill = (text, n) => text.replace("%(n)s", n);

function element(tag, className, text) {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

function faultRow(fault) {
  const row = element("div", "find", "");
  const where = fault.index < 0 ? card.dataset.whole : fill(card.dataset.sample, fault.index + 1);
  row.append(
    element("span", "yel b", "!"),
    element("span", "b", fault.message),
    element("span", "t3", fault.code),
    element("span", "m", `${where}${fault.field ? ` · ${fault.field}` : ""} → ${fault.remedy}`),
  );
  return row;
}

function showEcho({ detail }) {
  if (detail.feed !== feed || !part("text")) return;
  part("text").textContent = detail.text;
  const cut = detail.is_cut ? ` · ${card.dataset.cut}` : "";
  part("head").textContent = `${clockText(detail.received_ms)} · ${figure(detail.size)} B${cut}`;
  const rows = detail.faults.map(faultRow);
  if (!rows.length) rows.push(element("div", "cb m", card.dataset.noFault));
  else if (detail.fault_count > rows.length) rows.push(element("div", "cb m", fill(card.dataset.more, figure(detail.fault_count))));
  part("faults").replaceChildren(...rows);
}

/** The figures of the strip stand in a fixed order: rate, lag, skew, frozen. */
function showHealth({ detail }) {
  if (detail.feed !== feed) return;
  const cells = document.querySelectorAll(".strip > div > .v");
  [detail.rate, detail.lag_ms, detail.skew_ms, detail.frozen].forEach((value, at) => {
    const cell = cells[at];
    const unit = cell?.querySelector(".u");
    if (!cell) return;
    cell.textContent = figure(value ?? null);
    if (unit && value !== null && value !== undefined) cell.append(unit);
  });
  const age = document.querySelector("[data-feed-age] time");
  if (age && detail.last_sample_ms) age.dataset.atMs = detail.last_sample_ms;
  else if (detail.last_sample_ms) startAge(detail.last_sample_ms);
}

/** The first sample ever: the chip that said "no data yet" becomes an age that counts. */
function startAge(atMs) {
  const holder = document.querySelector("[data-feed-age]");
  if (!holder) return;
  const time = element("time", "chip age", "");
  Object.assign(time.dataset, { atMs, periodS: card.dataset.periodS });
  holder.replaceChildren(time);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    toast(card?.dataset.copied ?? "");
  } catch {
    // Without a secure origin there is no clipboard: the text is chosen, Ctrl-C does the rest.
    getSelection().selectAllChildren(source);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
if (feed) {
  document.addEventListener("cw:echo", showEcho);
  document.addEventListener("cw:health", showHealth);
  watchFeeds(feed);
}
