import { expect } from "chai";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { entries } from "../../../src/core/registration/entries.ts";
import { policyReview } from "../../../src/webhook/reviews/policy.ts";
import { askable, reviewOf } from "../../support/reviews.ts";
import type { Asking } from "../../support/reviews.ts";

const policy = (kind: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: "policy.linkerd.io/v1beta3",
  kind,
  metadata: { name: "web", namespace: "shop", ...metadata },
  spec,
});
const good = policy("Server", { podSelector: {}, port: 80 });
const bad = policy("Server", { podSelector: {}, port: 0, accessPolicy: "Deny" });
const message =
  "server/web: spec.port: must be a number, 1 to 65535, or the name of a container's port; " +
  "spec.accessPolicy: must be one of all-unauthenticated, all-authenticated, cluster-unauthenticated, cluster-authenticated, deny, audit";
const update = (oldObject: JsonObject, more: JsonObject = {}): JsonObject => ({
  operation: "UPDATE",
  oldObject,
  ...more,
});

describe("a review of a policy", () => {
  let open: Asking | undefined;
  afterEach(async () => {
    await open?.stop();
    open = undefined;
  });

  const taken = { allowed: true };
  const refused = { allowed: false, status: { metadata: {}, message, code: 422, reason: "Invalid" } };
  const rows: readonly [claim: string, object: Json, request: JsonObject, response: JsonObject][] = [
    ["that is right", good, {}, taken],
    ["that is wrong, with every problem", bad, {}, refused],
    ["that is wrong, in a dry run", bad, { dryRun: true }, refused],
    ["that becomes wrong", bad, update(good), refused],
    [
      "that stays wrong, and gets a label",
      { ...bad, metadata: { name: "web", labels: { a: "b" } } },
      update(bad),
      taken,
    ],
    [
      "that was wrong and is wrong otherwise",
      policy("Server", { port: 0 }),
      update(bad),
      {
        allowed: false,
        status: {
          metadata: {},
          message:
            "server/web: spec: must have podSelector or externalWorkloadSelector, one of them; spec.port: must be a number, 1 to 65535, or the name of a container's port",
          code: 422,
          reason: "Invalid",
        },
      },
    ],
    [
      "that is being deleted",
      policy("Server", { port: 0 }, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      update(bad),
      taken,
    ],
    ["that is deleted", null, { operation: "DELETE", oldObject: bad }, taken],
    ["whose status is written", bad, update(good, { subResource: "status" }), taken],
    ["of another group", { ...bad, apiVersion: "example.org/v1" }, {}, taken],
    ["of a kind that is not known", policy("Gateway", {}), {}, taken],
    [
      "that weft does not take up",
      policy("EgressNetwork", { trafficPolicy: "Deny" }),
      {},
      {
        allowed: true,
        warnings: ["egressnetwork/web: spec.trafficPolicy: weft does not take up EgressNetworks: nothing is denied"],
      },
    ],
    [
      "whose keys hide and break lines",
      policy("Server", { podSelector: { matchLabels: { "a\n\u202eb": 1 } }, port: 80 }),
      {},
      {
        allowed: false,
        status: {
          metadata: {},
          message: String.raw`server/web: spec.podSelector.matchLabels["a\n\u202eb"]: must be a text`,
          code: 422,
          reason: "Invalid",
        },
      },
    ],
  ];
  for (const [claim, object, request, response] of rows)
    it(claim, async () => {
      open = await askable();
      const [status, got] = await open.ask(entries.policy, reviewOf(object, request));
      expect([status, got]).to.deep.equal([200, { uid: "u-1", ...response }]);
    });

  it("tells twenty problems at most", async () => {
    open = await askable();
    const networks = Array.from({ length: 5000 }, () => ({ cidr: "x" }));
    const [, got] = await open.ask(entries.policy, reviewOf(policy("NetworkAuthentication", { networks })));
    const { message } = got["status"] as { readonly message: string };
    expect(message.split("; ")).to.have.length(20);
    expect(message).to.match(/ and 4980 more$/);
  });

  it("is counted by what came of it", async () => {
    const deadline = { at: Infinity, signal: () => new AbortController().signal };
    const resultOf = async (object: JsonObject): Promise<unknown> => {
      const { record } = await policyReview(Buffer.from(reviewOf(object)), deadline);
      return [record?.kind, record?.namespace, record?.name, record?.result];
    };
    expect(await resultOf(bad)).to.deep.equal(["server", "shop", "web", "refused"]);
    expect(await resultOf(good)).to.deep.equal(["server", "shop", "web", "silent"]);
    expect(await resultOf(policy("EgressNetwork", { trafficPolicy: "Allow" }))).to.deep.equal([
      "egressnetwork",
      "shop",
      "web",
      "advised",
    ]);
  });
});
