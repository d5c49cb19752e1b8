import { heldWords, hold, sameAddress, tls, triedOf } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

export const idleConnections: ServerAttack = {
  name: "idle-connections",
  claim: "Connections that were made and never used are not held until memory is gone.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 15,
  attack: async ({ ports }, over) => {
    const open = () => tls({ port: ports.webhook, from: sameAddress });
    const held = await hold({ count: 11_500, parallel: 100, open }, over);
    return { says: `${heldWords(held)}, of the good callers' address`, happened: triedOf(held) > 1000 };
  },
};
