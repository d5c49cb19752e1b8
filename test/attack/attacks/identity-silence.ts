import { addressOf, heldWords, hold, tcp, tls, triedOf } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

const silent = (name: string, how: typeof tcp, what: string): ServerAttack => ({
  name,
  claim: "Strangers who say nothing shut out neither who was certified before nor who comes anew.",
  victim: "controller",
  good: ["certificates"],
  seconds: 6,
  attack: async ({ ports }, over) => {
    const open = (index: number) => how({ port: ports.identity, from: addressOf(index, 16) });
    const held = await hold({ count: 1024, atMost: 20_000, open }, over);
    return { says: `${heldWords(held)}, of 16 addresses, ${what}`, happened: triedOf(held) > 300 };
  },
});

export const identitySilentTcp = silent("identity-silent-tcp", tcp, "before the handshake");
export const identitySilentTls = silent("identity-silent-tls", tls, "after the handshake");
