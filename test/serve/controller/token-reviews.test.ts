import { expect } from "chai";
import type { Json } from "../../../src/core/base/json/json.ts";
import type { FairCaller } from "../../../src/async/fair-semaphore.ts";
import type { ApiAnswer, ApiCall } from "../../../src/kube/api.ts";
import { refusedOfStranger, TokenReviews } from "../../../src/serve/controller/token-reviews.ts";
import type { TokenReviewsOptions } from "../../../src/serve/controller/token-reviews.ts";

const minute = 60_000;
const start = Date.UTC(2026, 0, 1);
const jwt = (expires: number, name = "a"): string =>
  `e30.${Buffer.from(JSON.stringify({ exp: expires / 1000, sub: name })).toString("base64url")}.c2ln`;

const authenticated: Json = { authenticated: true, user: { username: "system:serviceaccount:shop:web" } };

const stranger: FairCaller = { key: "10.0.0.1", isKnown: false };

/** An API server that answers `status`, and a clock. */
function world(
  answer: (call: ApiCall) => ApiAnswer | Promise<ApiAnswer>,
  more: Pick<TokenReviewsOptions, "limits" | "mostRemembered"> = {},
) {
  const calls: ApiCall[] = [];
  const clock = { now: start };
  const reviews = new TokenReviews({
    ask: async (call) => {
      calls.push(call);
      return answer(call);
    },
    now: () => new Date(clock.now),
    ...more,
  });
  /** `status`, or the reason for which there is none. */
  const review = async (token: string, caller: FairCaller = stranger): Promise<Json> => {
    const reviewed = await reviews.review(token, caller);
    return "refusal" in reviewed ? reviewed.refusal.reason : reviewed.status;
  };
  const unseen = (token: string, caller: FairCaller = stranger): string | undefined =>
    reviews.refusedUnseen(token, caller)?.reason;
  return { calls, clock, review, unseen, onBadRequest: (caller: FairCaller) => reviews.onBadRequest(caller) };
}

const says = (status: Json) => (): ApiAnswer => ({ status: 201, body: { kind: "TokenReview", status } });

describe("what is known of a token before anybody is asked", () => {
  it("bad requests that came with a token count as tokens that were refused", () => {
    const { unseen, onBadRequest } = world(says({ authenticated: true }));
    for (let each = 0; each < refusedOfStranger.atOnce; each += 1) onBadRequest(stranger);
    const other = { key: "10.0.0.2", isKnown: false };
    expect([unseen("t"), unseen("t", other)]).to.deep.equal(["token_limit", undefined]);
  });
  it("what it says of itself, what was found of it, and whether too many of its address were refused", async () => {
    const { calls, clock, review, unseen } = world(says({ authenticated: false }));
    const good = jwt(start + 60 * minute);
    expect([unseen("t\u00e4"), unseen(jwt(start - 60 * minute)), unseen(good), calls.length]).to.deep.equal([
      "token_malformed",
      "token_expired",
      undefined,
      0,
    ]);
    await review(good);
    expect(unseen(good)).to.equal("token_refused");
    clock.now += minute;
    for (let each = 0; each < refusedOfStranger.atOnce + 31; each += 1) await review(`t${each}`);
    expect([unseen("other"), unseen("other", { key: "10.0.0.2", isKnown: false })]).to.deep.equal([
      "token_limit",
      undefined,
    ]);
  });
});

describe("kube/token-reviews", () => {
  it("asks for the audience of the mesh", async () => {
    const { calls, review } = world(says(authenticated));
    expect(await review("t")).to.deep.equal(authenticated);
    const [call] = calls;
    expect([call?.method, call?.path, call?.body]).to.deep.equal([
      "POST",
      "/apis/authentication.k8s.io/v1/tokenreviews",
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec: { token: "t", audiences: ["identity.l5d.io"] },
      },
    ]);
  });

  type Row = readonly [claim: string, token: string, status: Json, after: number, asked: number];
  const rows: readonly Row[] = [
    ["is remembered", jwt(start + 60 * minute), authenticated, minute, 1],
    ["is not believed for longer than two minutes", jwt(start + 60 * minute), authenticated, 2 * minute, 2],
    ["is not believed beyond its own end", jwt(start + minute), authenticated, minute, 2],
    ["was good is asked for again when the clock was set back", jwt(start + 60 * minute), authenticated, -minute, 2],
    ["has just ended", jwt(start - minute / 2), authenticated, 0, 2],
    ["says nothing of its end", "opaque", authenticated, 0, 2],
    ["is not good is remembered for a moment", jwt(start + 60 * minute), { authenticated: false }, 4999, 1],
    ["was not good may be so after it", jwt(start + 60 * minute), { authenticated: false }, 5000, 2],
    ["is good in so many words", jwt(start + 60 * minute), { authenticated: "true" }, 5000, 2],
  ];
  for (const [claim, token, status, after, asked] of rows)
    it(`a token that ${claim}`, async () => {
      const { calls, clock, review } = world(says(status));
      expect(await review(token)).to.deep.equal(status);
      clock.now += after;
      expect(await review(token)).to.deep.equal(status);
      expect(calls).to.have.length(asked);
    });

  it("tokens that differ in one letter are two", async () => {
    const { calls, review } = world(says(authenticated));
    await review(jwt(start + 60 * minute, "a"));
    await review(jwt(start + 60 * minute, "b"));
    expect(calls).to.have.length(2);
  });

  it("who asks for the same token at the same time waits for the same answer", async () => {
    const { calls, review } = world(says({ authenticated: false }));
    const both = [review("t"), review("t")];
    expect(await Promise.all(both)).to.deep.equal([{ authenticated: false }, { authenticated: false }]);
    expect(calls).to.have.length(1);
  });

  it("remembers so many, the oldest is forgotten", async () => {
    const { calls, review } = world(says(authenticated), { mostRemembered: 2 });
    const [a, b, c] = ["a", "b", "c"].map((name) => jwt(start + 60 * minute, name));
    for (const token of [a, b, c, c, b, a]) await review(token ?? "");
    expect(calls).to.have.length(4);
  });

  it("asks for so many at once", async () => {
    let inFlight = 0;
    let most = 0;
    const { calls, review } = world(
      async () => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await new Promise((resolve) => void setImmediate(resolve));
        inFlight -= 1;
        return says(authenticated)();
      },
      { limits: { most: 3, mostOfStrangers: 3, mostWaiting: 100 } },
    );
    await Promise.all(Array.from({ length: 20 }, (_, index) => review(`token-${index}`)));
    expect([calls.length, most]).to.deep.equal([20, 3]);
  });

  const refusals: readonly [claim: string, answer: ApiAnswer, words: RegExp][] = [
    [
      "no right",
      { status: 403, body: { message: "tokenreviews is forbidden" } },
      /POST .*tokenreviews: HTTP 403: tokenreviews is forbidden/,
    ],
    ["a fault of the server", { status: 500, body: null }, /HTTP 500/],
  ];
  for (const [claim, answer, words] of refusals)
    it(`rejects: ${claim}; and asks again next time`, async () => {
      const { calls, review } = world(() => answer);
      const token = jwt(start + 60 * minute);
      expect(await review(token).catch((error: unknown) => String(error))).to.match(words);
      expect(await review(token).catch((error: unknown) => String(error))).to.match(words);
      expect(calls).to.have.length(2);
    });

  it("a body without status is nobody's", async () => {
    const { review } = world(() => ({ status: 201, body: "words" }));
    expect(await review("t")).to.equal(null);
  });

  describe("what strangers send", () => {
    const bad = says({ authenticated: false });
    const known: FairCaller = { key: "10.0.0.2", isKnown: true };
    const times = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

    it("a token that tells by itself that it is no good is not asked for", async () => {
      const { calls, review } = world(says(authenticated));
      expect(await review(jwt(start - 2 * minute))).to.equal("token_expired");
      expect(await review("a\nb")).to.equal("token_malformed");
      expect(calls).to.have.length(0);
    });

    it("an address has so many tokens refused, and more with time; others are not touched", async () => {
      const { calls, clock, review } = world(bad);
      for (const index of times(30)) await review(`bad-${index}`);
      expect(calls).to.have.length(20);
      expect(await review("bad-x")).to.equal("token_limit");
      await review("bad-y", { ...stranger, key: "10.0.0.3" });
      await review("bad-z", known);
      expect(calls).to.have.length(22);
      clock.now += 4000;
      for (const index of times(10)) await review(`later-${index}`);
      expect(calls).to.have.length(24);
    });

    it("good ones count for nothing", async () => {
      const { calls, review } = world(says(authenticated));
      for (const index of times(100)) await review(`good-${index}`);
      expect(calls).to.have.length(100);
    });

    it("of an issuer that is not known few are asked for, until one of them was good", async () => {
      const of = (iss: string, sub: number): string =>
        `e30.${Buffer.from(JSON.stringify({ iss, sub })).toString("base64url")}.c2ln`;
      const { calls, clock, review, unseen } = world((call) => {
        const { spec } = call.body as { readonly spec: { readonly token: string } };
        const claims = Buffer.from(spec.token.split(".")[1] ?? "", "base64url").toString();
        return says({ authenticated: claims.includes("https://real") })();
      });
      await review(of("https://real", 1));
      expect(unseen(of("https://fake", 99))).to.equal(undefined);
      for (const index of times(10)) await review(of("https://fake", index));
      expect(calls).to.have.length(6);
      // Its request is not read either, whatever address it comes from next.
      const others = [of("https://fake", 99), of("https://real", 99)];
      expect(others.map((token) => unseen(token, { key: "10.9.0.1", isKnown: false }))).to.deep.equal([
        "token_limit",
        undefined,
      ]);
      expect(unseen(of("https://fake", 99), known)).to.equal(undefined);
      expect(await review(of("https://really-new", 1))).to.equal("token_limit");
      clock.now += 1000;
      await review(of("https://really-new", 1));
      for (const index of times(10)) await review(of("https://really-new", index + 2));
      expect(calls).to.have.length(17);
    });

    it("does not hold up who is known", async () => {
      const held = Promise.withResolvers<ApiAnswer>();
      const { calls, review } = world(
        (call) => (JSON.stringify(call.body).includes("stranger") ? held.promise : says(authenticated)()),
        { limits: { most: 3, mostOfStrangers: 2, mostWaiting: 2 } },
      );
      const strangers = times(5).map((index) => review(`stranger-${index}`, { ...stranger, key: `10.1.0.${index}` }));
      expect(await review("good", known)).to.deep.equal(authenticated);
      held.resolve(bad());
      const outcomes = await Promise.all(strangers);
      expect(outcomes.filter((each) => each === "overloaded")).to.have.length(1);
      expect(calls).to.have.length(5);
    });
  });
});
