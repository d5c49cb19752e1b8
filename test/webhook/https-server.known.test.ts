import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { policyReview } from "../../src/webhook/reviews/policy.ts";
import { testMesh } from "../support/certificates.ts";
import { connected, exchange, post, serving } from "../support/serving.ts";
import type { Serving } from "../support/serving.ts";

const server: JsonObject = {
  apiVersion: "policy.linkerd.io/v1beta3",
  kind: "Server",
  metadata: { name: "web", namespace: "shop" },
  spec: { podSelector: {}, port: 80 },
};
const complete: JsonObject = {
  uid: "1",
  kind: { group: "policy.linkerd.io", version: "v1beta3", kind: "Server" },
  resource: { group: "policy.linkerd.io", version: "v1beta3", resource: "servers" },
  namespace: "shop",
  operation: "CREATE",
  userInfo: { username: "alice" },
  object: server,
};
const sent = (request: JsonObject): string =>
  post(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request }));

describe("an address is known to the webhook", () => {
  let on: Serving | undefined;
  afterEach(async () => {
    await on?.stop();
    on = undefined;
  });

  const rows: readonly [claim: string, bytes: string, status: number, known: boolean][] = [
    ["whose review was answered", sent(complete), 200, true],
    ["whose review was answered with a refusal", sent({ ...complete, object: { ...server, spec: {} } }), 200, true],
    ["not by a review that says nothing of who asks", sent({ ...complete, userInfo: {} }), 200, false],
    ["not by a review that says nothing", sent({ uid: "1" }), 200, false],
    ["not by a review of what nobody registered", sent({ ...complete, subResource: "status" }), 200, false],
    ["not by what is not a review", post("{}"), 400, false],
    ["not by a path that is none", post("{}", "/x"), 404, false],
    ["not by another method", "GET /healthz HTTP/1.1\r\nHost: weft\r\n\r\n", 404, false],
  ];
  for (const [claim, bytes, status, known] of rows) {
    it(claim, async () => {
      on = await serving(policyReview);
      expect(await exchange(on, bytes)).to.match(new RegExp(`^HTTP/1.1 ${status} `));
      expect(on.server.connections.counts().known).to.equal(known ? 1 : 0);
    });
  }

  it("by its certificate alone, where certificates are asked for", async () => {
    const mesh = await testMesh();
    on = await serving(policyReview, {}, { authority: mesh.anchor.certificate, required: false, names: [] });
    expect(await exchange(on, sent(complete))).to.match(/^HTTP\/1.1 200 /);
    expect(on.server.connections.counts().known).to.equal(0);
    const { chain, key } = await mesh.leaf("api-server");
    const socket = await connected(on, { cert: chain, key });
    while (on.server.connections.counts().known === 0) await new Promise((resolve) => void setImmediate(resolve));
    socket.destroy();
  });
});
