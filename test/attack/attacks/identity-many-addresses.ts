import { preface } from "../../support/hostile-client.ts";
import { addressOf, heldWords, hold, tls, triedOf } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

export const identityManyAddresses: ServerAttack = {
  name: "identity-many-addresses",
  claim: "The same for strangers of 2,000 addresses, who begin to speak HTTP/2.",
  victim: "controller",
  good: ["certificates"],
  seconds: 6,
  attack: async ({ ports }, over) => {
    const open = (index: number) => tls({ port: ports.identity, from: addressOf(index, 2000) });
    const held = await hold({ count: 2000, atMost: 20_000, open, use: (socket) => socket.write(preface) }, over);
    return { says: `${heldWords(held)}, of 2,000 addresses`, happened: triedOf(held) > 300 };
  },
};
