import { addressOf, repeatedly, tls } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

export const handshakeStorm: ServerAttack = {
  name: "handshake-storm",
  claim: "Connections that are made and closed as fast as can be do not make reviews wait.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  attack: async ({ ports }, over) => {
    const made = await repeatedly(64, over, async (index) => {
      const socket = await tls({ port: ports.webhook, from: addressOf(index, 64) });
      socket.destroy();
    });
    return { says: `${made} connections, 64 at once`, happened: made > 50 };
  },
};
