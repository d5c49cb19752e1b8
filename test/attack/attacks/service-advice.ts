import { entries } from "../../../src/core/registration/entries.ts";
import { listed, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import type { ServerAttack } from "../shape.ts";

const count = 60_000;

/** Valid for an API server: 60,000 ports, and 255 KiB of annotation. */
function service(): string {
  const opaque = listed(255 * 1024, (index) => String(count + 1 + (index % (65_535 - count))));
  const ports = Array.from({ length: count }, (_, index) => `{"port":${index + 1},"name":"m${index}","targetPort":80}`);
  return (
    `{"apiVersion":"v1","kind":"Service","metadata":{"name":"x","namespace":"evil","annotations":` +
    `{"config.linkerd.io/opaque-ports":"${opaque}"}},"spec":{"ports":[${ports.join(",")}]}}`
  );
}

export const serviceAdvice: ServerAttack = {
  name: "service-advice",
  claim: "Advice on a Service with 60,000 ports takes no longer than others can wait.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 5,
  attack: async ({ ports }, over) => {
    const body = Buffer.from(review(service(), { resource: "services", kind: "Service", namespace: "evil" }));
    const path = `${entries.advise.path}?timeout=2s`;
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 4, path, body: () => body }, over);
    return { says: `${postedWords(posted)}, 4 at once`, happened: posted.sent >= 4 };
  },
};
