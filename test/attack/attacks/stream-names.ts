import { setTimeout as pause } from "node:timers/promises";
import { call, pathOf, requestOf, session } from "../calls.ts";
import { stay } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

export const streamNames: ServerAttack = {
  name: "stream-names",
  claim: "A pod with a certificate does not fill memory with the names that it asks for.",
  victim: "controller",
  good: ["certificates", "streams"],
  seconds: 12,
  attack: async (target, over) => {
    const long = "a".repeat(15_000);
    const path = pathOf("destination", "Get");
    let opened = 0;
    let connections = 0;
    while (connections < 70 && !over.aborted) {
      const on = await session(target, { to: "destination", certificate: target.certificates?.mallory });
      connections += 1;
      if (on === undefined) continue;
      for (let index = 0; index < 300 && !on.destroyed && !over.aborted; index += 1) {
        const name = { path: `${connections}-${index}${long}.shop.svc.cluster.local:80` };
        call(on, path, requestOf("destination", "Get", name));
        opened += 1;
        if (index % 100 === 99) await pause(10);
      }
    }
    await stay(over);
    return { says: `${opened} streams with names of 15 kB on ${connections} connections`, happened: opened > 300 };
  },
};
