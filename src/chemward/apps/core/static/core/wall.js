// The wall of the duty room may look. An act asks who is acting: name and password give that person's rights for a minute.
import { csrfToken } from "./csrf.js";
import { word } from "./words.js";

let held = { grant: "", until: 0 };

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
      held = { grant: said.grant, until: Date.now() + (said.valid_s - 5) * 1000 };
      form.reset();
      dialog.close();
    };
    form.addEventListener("submit", give);
    dialog.addEventListener("close", leave, { once: true });
  });
}
