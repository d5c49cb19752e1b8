import { large, podText, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import type { ServerAttack } from "../shape.ts";

export const nestedBodies: ServerAttack = {
  name: "nested-bodies",
  claim: "A few large bodies of brackets do not take all memory.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 5,
  attack: async ({ ports }, over) => {
    const depth = Math.floor(large / 2);
    const body = review(podText({ spec: `,"x":${"[".repeat(depth)}${"]".repeat(depth)}` }));
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 12, body: () => body }, over);
    return { says: `${postedWords(posted)}, 12 at once, 7.6 MiB each`, happened: posted.sent >= 12 };
  },
};
