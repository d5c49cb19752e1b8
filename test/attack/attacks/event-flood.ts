import { podText, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import { misses } from "../../../src/serve/webhook/owners.ts";
import type { ServerAttack } from "../shape.ts";

/** `kube/event-recorder.ts` allows 20 a second, and 100 at once before. */
const most = { perSecond: 22, atOnce: 110 };

const forged = (index: number): string => {
  const uid = `${index.toString(16)}-${Math.random().toString(16).slice(2)}`;
  // One that weft looks for, or one that it may not read.
  const [apiVersion, kind] = index % 2 === 0 ? ["apps/v1", "StatefulSet"] : ["v1", "ReplicationController"];
  const owner = { apiVersion, kind, name: `ss-${uid}`, uid, controller: true };
  const metadata = `,"ownerReferences":[${JSON.stringify(owner)}]`;
  return review(podText({ metadata }), { uid });
};

export const eventFlood: ServerAttack = {
  name: "event-flood",
  claim: "Forged reviews do not become Events beyond a rate.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  attack: async ({ ports }, over) => {
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 8, body: forged }, over);
    return { says: `${postedWords(posted)}, each of another owner`, happened: posted.sent > 2 * most.atOnce };
  },
  wrong: ({ asked, seconds }) => {
    const events = asked.filter(({ method, url }) => method === "POST" && url.includes("/events"));
    const allowed = most.atOnce + most.perSecond * seconds;
    const looks = asked.filter(({ url }) => url.includes("/statefulsets/"));
    const mayLook = misses.each.atOnce + misses.each.perSecond * (seconds + 1);
    return [
      ...(events.length > allowed ? [`${events.length} Events in ${seconds.toFixed(1)} s`] : []),
      ...(looks.length > mayLook ? [`${looks.length} look-ups of owners in ${seconds.toFixed(1)} s`] : []),
    ];
  },
};
