import { podText, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import type { ServerAttack } from "../shape.ts";

export const logUnread: ServerAttack = {
  name: "log-unread",
  claim: "A log that nobody reads takes no memory beyond a bound, and SIGTERM ends weft.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 5,
  world: { log: "unread" },
  attack: async ({ ports }, over) => {
    const name = `"name":"${"n".repeat(200_000)}"`;
    const body = review(podText({}).replace('"name":"x"', name));
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 8, body: () => body }, over);
    return { says: `${postedWords(posted)} with names of 200 kB`, happened: posted.sent > 100 };
  },
};
