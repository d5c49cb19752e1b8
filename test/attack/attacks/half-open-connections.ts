import { addressOf, heldWords, hold, tcp, triedOf } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

export const halfOpenConnections: ServerAttack = {
  name: "half-open-connections",
  claim: "Connections that never begin a handshake are bounded.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 8,
  attack: async ({ ports }, over) => {
    const open = (index: number) => tcp({ port: ports.webhook, from: addressOf(index, 60) });
    const held = await hold({ count: 15_000, parallel: 100, open }, over);
    return { says: `${heldWords(held)}, of 60 addresses`, happened: triedOf(held) > 3000 };
  },
};
