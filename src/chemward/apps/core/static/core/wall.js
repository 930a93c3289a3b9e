// The wall of the duty room may look. An act asks who is acting: name and password give that person's rights for a minute.
import { csrfToken } from "./csrf.js";
import { word } from "./words.js";

// Seconds kept back, so that what is sent still arrives in time.
const MARGIN_MS = 5000;
let held = { grant: "", until: 0 };
// The page was made for a person whose grant stands in a cookie: plain forms need to ask nobody.
let pageUntil = 0;

export const isWall = () => Boolean(document.querySelector(".app.wall"));

/** The grant for the next act, asked for when none is held. Null when the person leaves it. */
export async function grant() {
  if (held.until > Date.now()) return held.grant;
  const dialog = document.getElementById("person");
  const form = dialog.querySelector("form");
  const fault = dialog.querySelector("[data-fault]");
  form.reset();
  fault.textContent = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const leave = () => {
      form.removeEventListener("submit", give);
      resolve(held.until > Date.now() ? held.grant : null);
    };
    const give = async (event) => {
      event.preventDefault();
      const answer = await fetch("/wall/grant", { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": csrfToken() }, body: new URLSearchParams(new FormData(form)) });
      const said = await answer.json().catch(() => ({}));
      if (!answer.ok) {
        fault.textContent = said.message || word("failed");
        return;
      }
      held = { grant: said.grant, until: Date.now() + said.valid_s * 1000 - MARGIN_MS };
      pageUntil = held.until;
      form.reset();
      dialog.close();
    };
    form.addEventListener("submit", give);
    dialog.addEventListener("close", leave, { once: true });
  });
}

/** A plain form asks for the person first and is sent when there is one; the grant travels in a cookie. */
async function guard(event) {
  const form = event.target;
  const asksNobody = form.method !== "post" || "noPerson" in form.dataset || form.closest("#person");
  if (event.defaultPrevented || asksNobody || pageUntil > Date.now()) return;
  event.preventDefault();
  if (await grant()) form.requestSubmit(event.submitter);
}

/** The minute of a person runs down in sight; at its end the page is what the wall sees again, unless something is being filled in. */
function countDown(place) {
  const until = Number(place.dataset.personUntil) - Number(document.querySelector("meta[name=cw-now-ms]").content) + Date.now();
  const shown = place.querySelector("[data-person-left]");
  pageUntil = until - MARGIN_MS;
  const tick = () => {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0) return;
    clearInterval(timer);
    if (!document.querySelector("main form :is(textarea, input):focus")) location.reload();
  };
  const timer = setInterval(tick, 1000);
  tick();
}

export function start() {
  if (!isWall()) return;
  document.addEventListener("submit", guard);
  document.querySelector("[data-person]")?.addEventListener("click", async () => (await grant()) && location.reload());
  const place = document.querySelector("[data-person-until]");
  if (place) countDown(place);
}
