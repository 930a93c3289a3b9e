// The live stream of a page: gets a token, keeps one EventSource open, says on the page itself when it is broken.
//
// Events on `document`: cw:snapshot, cw:alarm, cw:act, cw:value, cw:health, cw:echo, cw:beat (detail = the message), and cw:stream
// (detail = {state: "connecting" | "live" | "dead", sinceMs}). The body's `data-live` names the topics; empty: no stream.
// cw:value holds {at_ms, values: [[tag, ts_ms, value | text | null, quality], …]} of the tags that `watchTags` asked for.
import { learn } from "./clock.js";
import { freshness, shortAge, span } from "./format.js";
import { post, request } from "./http.js";
import { word } from "./words.js";

const TOKEN_URL = "/api/v1/live-token";
const STREAM_URL = "/live/stream";
const VALUES_URL = "/live/values";
const NAMES = ["snapshot", "alarm", "act", "value", "health", "echo", "beat"];
const BEAT_S = 1;
const RENEW_MS = 8 * 60_000; // a token lives 10 minutes
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

let topics = new Set();
let feeds = new Set();
let tags = [];
let token = "";
let stream = "";
let source = null;
let heardAt = null; // performance.now(): this clock cannot be set back while the page is open
let openedAt = performance.now();
let retryMs = FIRST_RETRY_MS;
let renewal = 0;
let retry = 0;
let state = "connecting";

/** Ask for more topics (a map, a trend); the stream is opened anew with all of them. */
export function want(...more) {
  const before = topics.size;
  more.forEach((topic) => topics.add(topic));
  if (topics.size > before) connect();
}

/** Ask for the last message of feeds as it comes in (onboarding page): cw:echo. */
export function watchFeeds(...more) {
  more.forEach((feed) => feeds.add(feed));
  want("echo");
}

/** The tags whose values this page shows from now on (at most 2000): cw:value, and `values` in cw:snapshot. */
export function watchTags(numbers) {
  tags = [...numbers];
  if (stream) askValues();
}

async function askValues() {
  try {
    await post(`${VALUES_URL}?${new URLSearchParams({ token, stream })}`, { tags });
  } catch (fault) {
    console.warn("live values:", fault.message);
  }
}

/** "connecting", "live" or "dead". */
export const streamState = () => state;

async function connect() {
  clearTimeout(retry);
  clearTimeout(renewal);
  try {
    ({ token } = await request(TOKEN_URL));
    open();
  } catch (fault) {
    // 401: the session is over and no retry helps; everything else may come back.
    if (fault.status === 401 || fault.status === 403) show("dead");
    else again();
  }
}

function open() {
  const query = new URLSearchParams({ token, topics: [...topics].join(",") });
  if (feeds.size) query.set("feeds", [...feeds].join(","));
  const fresh = new EventSource(`${STREAM_URL}?${query}`);
  for (const name of NAMES) fresh.addEventListener(name, (event) => heard(fresh, name, event));
  fresh.addEventListener("gone", () => lost(fresh));
  fresh.addEventListener("error", () => lost(fresh));
  // While a token is renewed the former stream goes on until the new one has spoken: no gap, and a snapshot heals doubles.
  if (!source || source.readyState === EventSource.CLOSED) source = fresh;
  renewal = setTimeout(connect, RENEW_MS);
}

function heard(from, name, event) {
  if (from !== source) {
    source?.close();
    source = from;
  }
  heardAt = performance.now();
  retryMs = FIRST_RETRY_MS;
  const detail = parsed(event.data);
  if (detail === undefined) return;
  if (name === "beat" && Number.isFinite(detail?.at_ms)) learn(detail.at_ms);
  // While the platform starts, its board is not the truth yet.
  show(name === "beat" && detail?.state === "starting" ? "connecting" : "live");
  if (name === "snapshot" && detail.stream && detail.stream !== stream) {
    stream = detail.stream;
    if (tags.length) askValues();
  }
  document.dispatchEvent(new CustomEvent(`cw:${name}`, { detail }));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lost(from) {
  from.close();
  if (from === source) {
    source = null;
    stream = "";
    again();
  }
}

function again() {
  clearTimeout(retry);
  clearTimeout(renewal);
  // Many browsers lose the stream in the same moment; they must not all come back in the same moment.
  retry = setTimeout(connect, retryMs * (0.5 + Math.random()));
  retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
}

function show(next) {
  if (next === state) return;
  state = next;
  document.dispatchEvent(new CustomEvent("cw:stream", { detail: { state, sinceMs: heardAt ?? openedAt } }));
  watch();
}

/** The chip of the top bar, once a second and at every change, by our own clock. */
function watch() {
  const silentS = (performance.now() - (heardAt ?? openedAt)) / 1000;
  const fresh = freshness(silentS, BEAT_S);
  if (fresh === "dead") show("dead");
  for (const chip of document.querySelectorAll("[data-stream]")) {
    const isWaiting = state === "connecting" && fresh !== "dead";
    chip.className = `chip age ${isWaiting ? "none" : fresh}`;
    const text = isWaiting
      ? word("connecting")
      : fresh === "dead"
        ? `${word("broken")} ${span(silentS)}`
        : `${word("live")} · ${word("ago", { time: shortAge(silentS) })}`;
    if (chip.textContent !== text) chip.textContent = text;
  }
}

export function start() {
  const wanted = (document.body.dataset.live ?? "").split(",").filter(Boolean);
  if (!wanted.length) return;
  topics = new Set([...topics, ...wanted]);
  openedAt = performance.now();
  connect();
  watch();
  setInterval(watch, 1000);
  window.addEventListener("online", connect);
  window.addEventListener("pagehide", () => source?.close());
  window.addEventListener("pageshow", (event) => event.persisted && connect());
}
