// Acknowledging: only what was shown and as it was shown, at once on the screen, with ten seconds to take it back.
import * as board from "../core/alarms.js";
import { nowMs } from "../core/clock.js";
import { post } from "../core/http.js";
import { toast } from "../core/toast.js";
import { isWall } from "../core/wall.js";
import { config, say } from "./config.js";

/** At a wall screen the act asks who is acting. */
export const mayAcknowledge = () => config.may.acknowledge || (config.may.alarms && isWall());

/** Fields that the caller's acknowledgement sets: what a park runs itself has one owner for both parties. */
function fields(row) {
  const isParks = row.organisation_kind && row.organisation_kind !== "enterprise";
  const parties = isParks ? ["park", "enterprise"] : [board.party()];
  return Object.fromEntries(parties.map((party) => [`${party}_acked_ms`, nowMs()]));
}

/** Acknowledge alarms that are shown now. A refusal is said in the platform's own words, and what stood before stands again. */
export async function acknowledge(rows) {
  if (!rows.length || !mayAcknowledge()) return;
  const ids = rows.map((r) => r.id);
  for (const row of rows) board.patch([row.id], fields(row));
  try {
    const told = await post("/api/v1/alarms/acknowledge", { alarms: rows.map((r) => ({ id: r.id, seen_ms: board.seenMs(r) })) });
    board.unpatch([...told.changed, ...told.not_found]);
    const done = told.done.length + told.already.length;
    if (done) toast(say("acknowledged", { n: done }), { undo: told.done.length ? () => takeBack(told.done) : undefined });
    if (told.changed.length) toast(say("changed", { n: told.changed.length }));
  } catch (fault) {
    board.unpatch(ids);
    toast(`${fault.message} ${fault.remedy ?? ""}`.trim());
  }
}

async function takeBack(ids) {
  const told = await post("/api/v1/alarms/undo-acknowledge", { ids });
  board.unpatch(told.done);
}
