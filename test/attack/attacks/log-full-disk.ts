import { podText, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import type { ServerAttack } from "../shape.ts";

export const logFullDisk: ServerAttack = {
  name: "log-full-disk",
  claim: "A full disk under the log costs lines, never service, and SIGTERM ends weft.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  world: { log: "small disk" },
  attack: async ({ ports }, over) => {
    const body = review(podText({}).replace('"name":"x"', `"name":"${"n".repeat(2000)}"`));
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 4, body: () => body }, over);
    return { says: `${postedWords(posted)} until and after the disk of the log was full`, happened: posted.sent > 20 };
  },
};
