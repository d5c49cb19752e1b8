import { large, podText, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import type { ServerAttack } from "../shape.ts";

export const arrayBodies: ServerAttack = {
  name: "array-bodies",
  claim: "Large bodies of many small values do not take all memory.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 6,
  attack: async ({ ports }, over) => {
    const body = review(podText({ spec: `,"x":[${"[],".repeat(Math.floor(large / 3))}[]]` }));
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 30, body: () => body }, over);
    return { says: `${postedWords(posted)}, 30 at once, 7.6 MiB each`, happened: posted.sent >= 30 };
  },
};
