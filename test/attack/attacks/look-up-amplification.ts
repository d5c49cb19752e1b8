import { podText, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import type { ServerAttack } from "../shape.ts";

/** `serve/webhook/namespaces.ts` and `serve/webhook/owners.ts` allow 50 a second each, and 456 at once before. */
const most = { perSecond: 105, atOnce: 480 };

const forged = (index: number): string => {
  const name = `n${index.toString(36)}${Math.random().toString(36).slice(2)}`;
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: `rs-${name}`, uid: name, controller: true };
  const metadata = `,"ownerReferences":[${JSON.stringify(owner)}]`;
  return review(podText({ metadata }), { uid: name, namespace: name });
};

export const lookUpAmplification: ServerAttack = {
  name: "look-up-amplification",
  claim: "Forged reviews do not become look-ups at the API server beyond a rate.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  attack: async ({ ports }, over) => {
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 16, body: forged }, over);
    const says = `${postedWords(posted)}, each of another namespace and owner`;
    return { says, happened: posted.sent > most.atOnce };
  },
  wrong: ({ asked, seconds }) => {
    const lookUps = asked.filter(({ method, url }) => method === "GET" && !url.includes("watch="));
    const allowed = most.atOnce + most.perSecond * seconds;
    return lookUps.length > allowed ? [`${lookUps.length} look-ups in ${seconds.toFixed(1)} s`] : [];
  },
};
