import { expect } from "chai";
import type { Json } from "../../src/core/mesh/api.ts";
import type { ApiAnswer, ApiCall } from "../../src/kube/api.ts";
import { tokenReviews } from "../../src/kube/token-reviews.ts";

const minute = 60_000;
const start = Date.UTC(2026, 0, 1);
const jwt = (expires: number, name = "a"): string =>
  `e30.${Buffer.from(JSON.stringify({ exp: expires / 1000, sub: name })).toString("base64url")}.c2ln`;

const authenticated: Json = { authenticated: true, user: { username: "system:serviceaccount:shop:web" } };

/** An API server that answers `status`, and a clock. */
function world(
  answer: (call: ApiCall) => ApiAnswer | Promise<ApiAnswer>,
  more: { most?: number; mostRemembered?: number } = {},
) {
  const calls: ApiCall[] = [];
  const clock = { now: start };
  const review = tokenReviews({
    ask: async (call) => {
      calls.push(call);
      return answer(call);
    },
    now: () => new Date(clock.now),
    ...more,
  });
  return { calls, clock, review };
}

const says = (status: Json) => (): ApiAnswer => ({ status: 201, body: { kind: "TokenReview", status } });

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
    ["has ended already", jwt(start - minute), authenticated, 0, 2],
    ["says nothing of its end", "opaque", authenticated, 0, 2],
    ["is not good", jwt(start + 60 * minute), { authenticated: false }, 0, 2],
    ["is good in so many words", jwt(start + 60 * minute), { authenticated: "true" }, 0, 2],
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
    let underWay = 0;
    let most = 0;
    const { calls, review } = world(
      async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => void setImmediate(resolve));
        underWay -= 1;
        return says(authenticated)();
      },
      { most: 3 },
    );
    await Promise.all(Array.from({ length: 20 }, (_, index) => review(`token ${index}`)));
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
});
