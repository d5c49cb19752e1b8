import { helloAndSilence } from "../hello.ts";
import type { ServerAttack } from "../shape.ts";

export const helloDestination: ServerAttack = {
  name: "hello-destination",
  claim: "Handshakes that are begun and never finished shut no proxy out.",
  victim: "controller",
  good: ["streams"],
  seconds: 6,
  attack: helloAndSilence("destination", 4000, 8),
};
