import { heldWords, hold, sameAddress, tls, triedOf } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

const head = `POST /?timeout=30s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;

export const slowBodies: ServerAttack = {
  name: "slow-bodies",
  claim: "Requests whose bodies never come are no reason to turn away reviews that are complete.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 6,
  attack: async ({ ports }, over) => {
    const held = await hold(
      {
        count: 1001,
        open: () => tls({ port: ports.webhook, from: sameAddress }),
        use: (socket) => socket.write(head),
      },
      over,
    );
    return { says: `${heldWords(held, "requests")}, of the good callers' address`, happened: triedOf(held) > 500 };
  },
};
