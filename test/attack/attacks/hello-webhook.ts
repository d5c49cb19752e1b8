import { helloAndSilence } from "../hello.ts";
import type { ServerAttack } from "../shape.ts";

export const helloWebhook: ServerAttack = {
  name: "hello-webhook",
  claim: "Handshakes that are begun and never finished are bounded.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 15,
  attack: helloAndSilence("webhook", 13_000, 13),
};
