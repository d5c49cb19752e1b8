import { listed, podText, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import type { ServerAttack } from "../shape.ts";

export const largeAnnotations: ServerAttack = {
  name: "large-annotations",
  claim: "A tenant's pods with annotations that no API server would store do not make those of others wait.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 5,
  attack: async ({ ports }, over) => {
    const networks = listed(2.75e6, () => "::ffff:10.0.0.1/104");
    const body = Buffer.from(review(podText({ annotations: `,"config.linkerd.io/skip-subnets":"${networks}"` })));
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 10, body: () => body }, over);
    return { says: `${postedWords(posted)}, 10 at once, 2.75 MB of annotation each`, happened: posted.sent >= 10 };
  },
};
