import { pathOf, requestOf, session, statusOf } from "../calls.ts";
import { addressOf, repeatedly } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

/** TokenReviews a second that strangers may cause; a burst may come first. Proxies of the good callers come on top. */
const most = { rate: 50, burst: 200 };

/** A projected token as it looks, but for its signature. */
const forgedToken = (index: number): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { aud: ["identity.l5d.io"], exp: Math.floor(Date.now() / 1000) + 3600, jti: String(index) };
  return `${part({ alg: "RS256" })}.${part(claims)}.${Buffer.from(String(index)).toString("base64url")}`;
};

const flood = (name: string, claim: string, token: (index: number) => string): ServerAttack => ({
  name,
  claim,
  victim: "controller",
  good: ["certificates"],
  seconds: 4,
  attack: async (target, over) => {
    const path = pathOf("identity", "Certify");
    const statuses: Record<string, number> = {};
    const asked = await repeatedly(32, over, async (index) => {
      const on = await session(target, { to: "identity", from: addressOf(index, 8) });
      if (on === undefined) return;
      const ask = requestOf("identity", "Certify", {
        identity: "web.shop.serviceaccount.identity.linkerd.cluster.local",
        token: Buffer.from(token(index)),
        certificate_signing_request: Buffer.from([0x30, 0x03, 1, 1, 1]),
      });
      const status = String(await statusOf(on, path, ask));
      statuses[status] = (statuses[status] ?? 0) + 1;
      on.destroy();
    });
    const parts = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`);
    return { says: `${asked} calls of 8 addresses (${parts.join(", ")})`, happened: asked > 50 };
  },
  wrong: ({ asked, seconds }) => {
    const reviews = asked.filter(({ url }) => url.includes("tokenreviews"));
    // Two good callers, 12.5 times a second each.
    const allowed = most.burst + (most.rate + 25) * seconds;
    return reviews.length > allowed ? [`${reviews.length} TokenReviews in ${seconds.toFixed(1)} s`] : [];
  },
});

export const certifyHugeTokens = flood(
  "certify-huge-tokens",
  "Tokens of 30 kB, each another one, are refused early.",
  (index) => `${index}.${"a".repeat(30_000)}`,
);

export const certifyForgedTokens = flood(
  "certify-forged-tokens",
  "Forged tokens do not become TokenReviews beyond a rate, nor shut out who has a good one.",
  forgedToken,
);
