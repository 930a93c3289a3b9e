// Acts of the console. They show at once; what the platform refuses comes back with its reason, which stays until it is read.
import * as board from "../core/alarms.js";
import { nowMs } from "../core/clock.js";
import { post } from "../core/http.js";
import { toast } from "../core/toast.js";
import { may, partyOf, told, word } from "./alarms_told.js";

const UNDO_MS = 10_000;
let last = null; // {ids, at}: what Z takes back

const isParks = (alarm) => Boolean(alarm.organisation_kind) && alarm.organisation_kind !== "enterprise";

const WRITTEN_WITHIN_MS = 5_000;
const WRITTEN_PAUSE_MS = 150;

/** Fields that an acknowledgement of the caller sets: what a park runs itself has one owner for both. */
function ackFields(alarm, atMs) {
  const parties = isParks(alarm) ? ["park", "enterprise"] : [partyOf(alarm)];
  return Object.fromEntries(parties.map((party) => [`${party}_acked_ms`, atMs]));
}

function permitted(act, alarms) {
  const able = alarms.filter((alarm) => may(act, alarm));
  if (alarms.length && !able.length) fail({ message: word("no_right") });
  return able;
}

const nameOf = (alarm) => `${alarm.code} ${alarm.title}`;

/**
 * Do an act on alarms of the board. The stream tells of an alarm a moment before the recorder has written it, so a quick hand may find
 * none of them in the database yet: that is tried again for a while.
 */
async function whenWritten(act) {
  const until = performance.now() + WRITTEN_WITHIN_MS;
  for (;;) {
    try {
      return await act();
    } catch (fault) {
      if (fault.status !== 404 || performance.now() > until) throw fault;
    }
    await new Promise((done) => setTimeout(done, WRITTEN_PAUSE_MS));
  }
}

/** Acknowledge; of a bulk those that the recorder has not written yet are tried again for a while. */
async function acknowledgeWritten(shown) {
  const until = performance.now() + WRITTEN_WITHIN_MS;
  const outcome = await whenWritten(() => post("/api/v1/alarms/acknowledge", { alarms: shown }));
  while (outcome.not_found.length && performance.now() < until) {
    await new Promise((done) => setTimeout(done, WRITTEN_PAUSE_MS));
    const missing = new Set(outcome.not_found);
    const again = await post("/api/v1/alarms/acknowledge", { alarms: shown.filter((s) => missing.has(s.id)) }).catch((fault) => {
      if (fault.status !== 404) throw fault;
      return { changed: [], not_found: [...missing] };
    });
    outcome.changed.push(...again.changed);
    outcome.not_found = again.not_found;
  }
  return outcome;
}

/** Acknowledge exactly these, as they stood on the screen: what turned for the worse since is not acknowledged. */
async function acknowledge(alarms) {
  const able = permitted("acknowledge", alarms);
  if (!able.length) return;
  const shown = able.map((alarm) => ({ id: alarm.id, seen_ms: board.seenMs(alarm) }));
  const ids = able.map((alarm) => alarm.id);
  for (const alarm of able) board.patch([alarm.id], ackFields(alarm, nowMs()));
  last = { ids, at: performance.now() };
  const close = toast(ids.length === 1 ? word("acked", { what: nameOf(able[0]) }) : word("acked_many", { n: ids.length }), { undo: () => takeBack(ids) });
  try {
    const outcome = await acknowledgeWritten(shown);
    const lost = [...outcome.changed, ...outcome.not_found];
    board.unpatch(lost);
    if (lost.length === ids.length) close();
    if (outcome.changed.length) fail({ message: word("ack_changed", { n: outcome.changed.length }) });
    else if (outcome.not_found.length) fail({ message: word("ack_gone", { n: outcome.not_found.length }) });
  } catch (fault) {
    board.unpatch(ids);
    close();
    fail(fault);
  }
}

async function takeBack(ids) {
  const outcome = await post("/api/v1/alarms/undo-acknowledge", { ids });
  if (last?.ids === ids) last = null;
  board.unpatch(outcome.done);
  if (outcome.changed.length) fail({ message: word("undo_late") });
}

/** Z: take back the last acknowledgement. */
async function undo() {
  if (!last) return say(word("undo_none"));
  if (performance.now() - last.at > UNDO_MS) {
    last = null;
    return fail({ message: word("undo_late") });
  }
  try {
    await takeBack(last.ids);
  } catch (fault) {
    fail(fault);
  }
  return undefined;
}

async function reset(alarms) {
  const able = permitted("acknowledge", alarms);
  if (able.length) await run(() => post("/api/v1/alarms/reset", { ids: able.map((a) => a.id) }), (outcome) => word("reset_done", { n: outcome.done.length }));
}

async function urge(alarms) {
  const able = permitted("urge", alarms);
  if (!able.length) return;
  await run(
    () => post("/api/v1/alarms/urge", { ids: able.map((a) => a.id) }),
    (outcome) => (outcome.urged ? word("urged", { n: outcome.urged }) : word("urged_none")),
  );
}

/** Shelve for some minutes, or with "out" take out of service. Throws the refusal: the form shows it where it was filled in. */
async function shelve(alarms, minutes, reason) {
  const able = permitted(minutes === "out" ? "out_of_service" : "shelve", alarms);
  if (!able.length) return;
  const made = minutes === "out" ? await outOfService(able, reason) : await post("/api/v1/alarms/shelve", { ids: able.map((a) => a.id), minutes: Number(minutes), reason });
  const waiting = made.filter((silence) => silence.state === "requested").length;
  const done = made.length - waiting;
  toast([done ? word("shelved", { n: done }) : "", waiting ? word("shelve_waits", { n: waiting }) : ""].filter(Boolean).join(" · ") || word("shelved", { n: 0 }));
}

async function outOfService(alarms, reason) {
  const made = [];
  for (const definition of new Set(alarms.map((a) => a.definition).filter(Boolean))) made.push(await post(`/api/v1/alarm-definitions/${definition}/out-of-service`, { reason }));
  return made;
}

async function unshelve(alarms) {
  const able = permitted("shelve", alarms);
  if (able.length) await run(() => post("/api/v1/alarms/unshelve", { ids: able.map((a) => a.id) }), (outcome) => word("unshelved", { n: outcome.unshelved }));
}

/** The enterprise's answer, which acknowledges too. Throws the refusal. */
async function respond(id, answer) {
  const alarm = board.get(id);
  const result = await post(`/api/v1/alarms/${encodeURIComponent(id)}/respond`, answer);
  toast(word("saved", { what: alarm ? nameOf(alarm) : "" }));
  return result;
}

async function run(act, words) {
  try {
    toast(words(await act()));
  } catch (fault) {
    fail(fault);
  }
}

const say = (text) => toast(text);

/** A refusal stands over the list until it is read or closed. */
export function fail(fault) {
  const band = document.querySelector("[data-fault]");
  band.hidden = false;
  band.querySelector("[data-fault-words]").textContent = fault.message ?? String(fault);
  band.querySelector("[data-fault-remedy]").textContent = remedies(fault);
}

/** What to do, from a refusal with faults by field. */
export const remedies = (fault) => [fault.remedy, ...(fault.body?.faults ?? []).map((f) => `${f.message ?? ""} ${f.remedy ?? ""}`.trim())].filter(Boolean).join(" ");

document.querySelector("[data-fault-close]")?.addEventListener("click", () => (document.querySelector("[data-fault]").hidden = true));

export const acts = { acknowledge, undo, reset, urge, shelve, unshelve, respond, say, fail, urls: told.urls };
