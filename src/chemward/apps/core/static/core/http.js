// Requests of scripts: the CSRF token, refusals as errors with words, htmx under a strict policy.
import { csrfToken } from "./csrf.js";
import { grant, isWall } from "./wall.js";
import { word } from "./words.js";

const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);

export class Refused extends Error {
  constructor(status, body) {
    super(body?.message || word(status === 401 ? "log_in_again" : "failed"));
    this.status = status;
    this.body = body ?? {};
    this.remedy = body?.remedy ?? "";
  }
}

export { csrfToken };

/** JSON from `url`; `Refused` with the platform's own words when it says no, or cannot be reached (status 0). */
export async function request(url, { method = "GET", body, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (UNSAFE.has(method)) headers["X-CSRFToken"] = csrfToken();
  if (UNSAFE.has(method) && isWall()) {
    const given = await grant();
    if (!given) throw new Refused(403, { message: word("not_done") });
    headers["X-Wall-Grant"] = given;
  }
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, { method, headers, signal, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (fault) {
    if (signal?.aborted) throw fault;
    throw new Refused(0, { message: word("offline") });
  }
  const data = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
  if (!answer.ok) throw new Refused(answer.status, data);
  return data;
}

export const post = (url, body, options = {}) => request(url, { ...options, method: "POST", body: body ?? {} });

export function start() {
  document.addEventListener("htmx:configRequest", (event) => {
    if (UNSAFE.has(event.detail.verb.toUpperCase())) event.detail.headers["X-CSRFToken"] = csrfToken();
  });
  // A refusal brings its own words: show them where the answer was wanted.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status >= 400 && xhr.getResponseHeader("Content-Type")?.startsWith("text/html")) event.detail.shouldSwap = true;
  });
}
