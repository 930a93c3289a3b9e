// Ages in the register of feeds, kept new by the reports that the stream brings.
import { setAge } from "../core/clock.js";
import { want } from "../core/live.js";

const ages = new Map([...document.querySelectorAll("[data-feed]")].map((e) => [e.dataset.feed, e]));

function take({ detail }) {
  const holder = ages.get(detail.feed);
  if (!holder || !detail.last_sample_ms) return;
  let age = holder.querySelector("time");
  if (!age) {
    age = Object.assign(document.createElement("time"), { className: "age" });
    holder.replaceChildren(age);
  }
  setAge(age, detail.last_sample_ms, Number(holder.dataset.periodS));
}

if (ages.size) {
  document.addEventListener("cw:health", take);
  want("health");
}
