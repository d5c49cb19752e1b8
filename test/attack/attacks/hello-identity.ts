import { helloAndSilence } from "../hello.ts";
import type { ServerAttack } from "../shape.ts";

export const helloIdentity: ServerAttack = {
  name: "hello-identity",
  claim: "Handshakes that are begun and never finished shut no proxy out.",
  victim: "controller",
  good: ["certificates"],
  seconds: 6,
  attack: helloAndSilence("identity", 4000, 8),
};
