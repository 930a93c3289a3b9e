// Acknowledging: through the API, only what was shown, with ten seconds to take it back.
import { nowMs } from "../core/clock.js";
import { post } from "../core/http.js";
import { toast } from "../core/toast.js";
import { config, say } from "./config.js";

const under = new Set();

export const mayAcknowledge = () => config.may.acknowledge;

/** Acknowledge alarms that are shown now. A refusal is said where everybody looks, in the platform's own words. */
export async function acknowledge(rows) {
  const fresh = rows.filter((r) => !under.has(r.id));
  if (!fresh.length || !mayAcknowledge()) return;
  const seen = Math.round(nowMs());
  fresh.forEach((r) => under.add(r.id));
  try {
    const told = await post("/api/v1/alarms/acknowledge", { alarms: fresh.map((r) => ({ id: r.id, seen_ms: seen })) });
    const done = told.done.length + told.already.length;
    if (done) toast(say("acknowledged", { n: done }), { undo: told.done.length ? () => post("/api/v1/alarms/undo-acknowledge", { ids: told.done }) : undefined });
    if (told.changed.length) toast(say("changed", { n: told.changed.length }));
  } catch (fault) {
    toast(`${fault.message} ${fault.remedy ?? ""}`.trim());
  } finally {
    fresh.forEach((r) => under.delete(r.id));
  }
}
