// Values and ages of tags on a page, kept new by the live stream. `data-tag` holds a value, `data-tag-age` its age.
import { setAge } from "../core/clock.js";
import { figure } from "../core/format.js";
import { want, watchTags } from "../core/live.js";

const MOST = 2000;
const UNSURE = 3;
const values = new Map([...document.querySelectorAll("[data-tag]")].map((e) => [Number(e.dataset.tag), e]));
const ages = new Map([...document.querySelectorAll("[data-tag-age]")].map((e) => [Number(e.dataset.tagAge), e]));

const part = (className, text) => Object.assign(document.createElement("span"), { className, textContent: text });

/** The word of a state tag's number, from lines `number=word`. */
function stateWord(lines, value) {
  const line = lines.split("\n").find((l) => l.startsWith(`${value}=`));
  return line?.slice(line.indexOf("=") + 1);
}

function write(holder, value, quality) {
  const word = stateWord(holder.dataset.states ?? "", value);
  const shown = part("val", word ?? figure(value));
  if (typeof value === "number" && word === undefined && holder.dataset.unit) shown.append(part("u", holder.dataset.unit));
  if (quality & UNSURE) shown.append(part("doubt", "?"));
  holder.replaceChildren(shown);
}

function writeAge(holder, at) {
  let age = holder.querySelector("time");
  if (!age) {
    age = Object.assign(document.createElement("time"), { className: "age" });
    holder.replaceChildren(age);
  }
  setAge(age, at, Number(holder.dataset.periodS));
}

function take({ detail }) {
  for (const [n, at, value, quality] of detail.values ?? []) {
    if (values.has(n)) write(values.get(n), value, quality);
    if (ages.has(n)) writeAge(ages.get(n), at);
  }
}

if (values.size) {
  document.addEventListener("cw:value", take);
  document.addEventListener("cw:snapshot", take);
  want("values");
  watchTags([...values.keys()].slice(0, MOST));
}
