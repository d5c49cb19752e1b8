import { setTimeout as pause } from "node:timers/promises";
import { call, pathOf, requestOf, session } from "../calls.ts";
import { stay } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

export const streamCrowd: ServerAttack = {
  name: "stream-crowd",
  claim: "One identity does not take all streams, nor memory with them.",
  victim: "controller",
  good: ["certificates", "streams"],
  seconds: 10,
  attack: async (target, over) => {
    let opened = 0;
    let connections = 0;
    const methods = [
      ["destination", "Get"],
      ["destination", "GetProfile"],
    ] as const;
    while (connections < 12 && !over.aborted) {
      const on = await session(target, { to: "destination", certificate: target.certificates?.mallory });
      connections += 1;
      if (on === undefined) continue;
      for (let index = 0; index < 5000 && !on.destroyed && !over.aborted; index += 1) {
        const [service, method] = methods[index % 2] ?? methods[0];
        // Services that are not there, each another one.
        const name = { path: `s${connections}-${index}.evil.svc.cluster.local:80` };
        call(on, pathOf(service, method), requestOf(service, method, name));
        opened += 1;
        if (index % 100 === 99) await pause(5);
      }
    }
    await stay(over);
    return { says: `${opened} streams of one identity on ${connections} connections`, happened: opened > 1000 };
  },
};
