/** Policies that are written, and then a pod whose labels change: what every attack on whoever writes their status does. */
import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { AttackApi } from "./api.ts";
import type { Did, Seen } from "./shape.ts";
import { pod } from "./tenant.ts";

export const written =
  (policies: () => readonly JsonObject[]) =>
  async ({ api }: AttackApi, over: AbortSignal): Promise<Did> => {
    const all = policies();
    for (const policy of all) api.put(policy);
    await pause(4000, undefined, { signal: over }).catch(() => undefined);
    let changes = 0;
    while (!over.aborted) {
      changes += 1;
      api.put(pod(0, String(changes)));
      await pause(1000, undefined, { signal: over }).catch(() => undefined);
    }
    return { says: `${all.length} policies written, then ${changes} changes of a pod`, happened: true };
  };

/**
 * A standstill is 100 ms at most. It is seen from outside, on a machine with two processors that have other work, too:
 * five times as long is certain to be weft's.
 */
const mostStandstill = 500;

export const standsStill = ({ standstill }: Seen): readonly string[] =>
  standstill > mostStandstill ? [`it stood still for ${Math.round(standstill)} ms`] : [];
