import { setTimeout as pause } from "node:timers/promises";
import { podNamed, sliceOf } from "../../support/shop.ts";
import { pathOf, requestOf, session } from "../calls.ts";
import { callHeaders } from "../../support/hostile-client.ts";
import type { ServerAttack } from "../shape.ts";

const count = 100;
const names = Object.fromEntries(
  Array.from({ length: count }, (_, index) => [`web-${index}`, `10.1.1.${index}`] as const),
);

export const slowStreams: ServerAttack = {
  name: "slow-streams",
  claim: "Who opens streams and does not read them makes nothing pile up.",
  victim: "controller",
  good: ["certificates", "streams"],
  seconds: 5,
  world: { objects: Object.entries(names).map(([name, ip]) => podNamed(name, ip)) },
  attack: async (target, over) => {
    const request = requestOf("destination", "Get", { path: "web.shop.svc.cluster.local:80" });
    const sessions = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const on = await session(target, { to: "destination", certificate: target.certificates?.mallory });
        if (on === undefined) return undefined;
        for (let index = 0; index < 50; index += 1) {
          const stream = on.request(callHeaders(pathOf("destination", "Get")));
          stream.on("error", () => undefined).pause();
          stream.end(request);
        }
        return on;
      }),
    );
    while (!over.aborted) await pause(20);
    for (const on of sessions) on?.destroy();
    const had = sessions.filter((on) => on !== undefined).length;
    return { says: `50 streams on each of ${had} connections, none read`, happened: had > 0 };
  },
  inCluster: async ({ api }, over) => {
    let changes = 0;
    while (!over.aborted) {
      changes += 1;
      const some = Object.entries(names).filter((_, index) => (index + changes) % 2 === 0);
      api.put(sliceOf("web", Object.fromEntries(some)));
      await pause(100, undefined, { signal: over }).catch(() => undefined);
    }
    return { says: `${changes} changes of 100 endpoints`, happened: true };
  },
};
