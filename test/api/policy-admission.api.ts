/** Policies at apply time, on a real API server: what is refused, and what is taken with a warning. */
import { expect } from "chai";
import { networkPolicyDefinition } from "../../src/core/install/network-policy-crd.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { objectsAt } from "../../src/core/base/json/read.ts";
import { policyConfiguration, defaultTimeouts } from "../../src/core/registration/webhooks.ts";
import { serveReviews } from "../../src/webhook/https-server.ts";
import type { ReviewServer } from "../../src/webhook/https-server.ts";
import { reviewPaths } from "../../src/webhook/paths.ts";
import { expectations, ns } from "../core/policy/linkerd-expectations.ts";
import { answersWith } from "../support/reviews.ts";
import { eventually, good, messageOf } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

/** Of the expectations. */
const home = ns;

/** Kinds with their plurals. Of these the definitions are the test's own, and keep everything. */
const plurals: Readonly<Record<string, string>> = {
  AuthorizationPolicy: "authorizationpolicies",
  MeshTLSAuthentication: "meshtlsauthentications",
  NetworkAuthentication: "networkauthentications",
  Server: "servers",
  ServerAuthorization: "serverauthorizations",
  EgressNetwork: "egressnetworks",
  HTTPRoute: "httproutes",
  HTTPLocalRateLimitPolicy: "httplocalratelimitpolicies",
};

const definition = (kind: string, plural: string): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.policy.linkerd.io` },
  spec: {
    group: "policy.linkerd.io",
    scope: "Namespaced",
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [
      {
        name: "v1beta3",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
});

describeOnApi("policies at apply time, on an API server", (api) => {
  let server: ReviewServer;
  const stop = new AbortController();
  const made: string[] = [];
  const policy = (kind: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
    apiVersion: `policy.linkerd.io/${kind === "NetworkPolicy" ? "v1alpha1" : "v1beta3"}`,
    kind,
    metadata: { name: "web", namespace: home, ...metadata },
    spec,
  });

  before(async () => {
    // Other files of the same run may have made it.
    if ((await api().get(`/api/v1/namespaces/${home}`)) === undefined) await api().namespace(home);
    const definitions = [
      networkPolicyDefinition(),
      ...Object.entries(plurals).map(([kind, plural]) => definition(kind, plural)),
    ];
    for (const each of definitions) {
      await api().apply(each);
      const { name } = each["metadata"] as { readonly name: string };
      made.push(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`);
    }
    const pair = await api().plane.ca.sign({ name: "weft", hosts: ["127.0.0.1"] });
    const ignore = (): void => undefined;
    server = await serveReviews(
      {
        address: { host: "127.0.0.1", port: 0 },
        pair,
        paths: reviewPaths(answersWith()),
        ready: () => true,
        events: { answered: ignore, refused: ignore, faulted: ignore, late: ignore },
        limits: { grace: 0, drainStart: 0, drain: 100 },
      },
      stop.signal,
    );
    await eventually("all kinds are served", async () => {
      const found = await api().get("/apis/policy.linkerd.io/v1beta3");
      return objectsAt(found, "resources").length >= 2 * Object.keys(plurals).length;
    });
    // Stored before weft looks at policies, and wrong.
    good(await api().create(policy("Server", { podSelector: {}, port: 0 }, { name: "old" })), "old Server");
    await api().apply(
      policyConfiguration("adm-weft-policy", {
        namespace: "adm-weft",
        chosen: [home],
        mutating: "",
        validating: "",
        server: { url: `https://127.0.0.1:${server.address.port}` },
        caBundle: Buffer.from(api().plane.ca.certificate).toString("base64"),
        failurePolicy: "Fail",
        timeoutSeconds: defaultTimeouts,
      }),
    );
    await eventually("weft is asked", async () => {
      const answer = await api().create(policy("Server", {}), { dryRun: true });
      return answer.status === 422;
    });
  });
  after(async () => {
    await api().remove(
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/adm-weft-policy",
      ...made,
    );
    for (const path of made)
      await eventually("the definition is gone", async () => (await api().get(path)) === undefined);
    stop.abort();
    await server.stopped;
  });

  it("what Linkerd refuses is refused, with every problem, and what it takes is taken", async () => {
    const wrong: string[] = [];
    for (const { kind, claim, spec, annotations = {}, refused } of expectations) {
      const answer = await api().create(policy(kind, spec, { annotations }), { dryRun: true });
      const expected = refused.length === 0 ? 201 : 422;
      const isTold = refused.every((problem) => messageOf(answer).includes(problem));
      if (answer.status !== expected || !isTold) wrong.push(`${kind} ${claim}: ${answer.status} ${messageOf(answer)}`);
    }
    expect(wrong).to.deep.equal([]);
  });

  it("what is mistyped in a NetworkPolicy is refused, also for clients that do not validate", async () => {
    const target = { kind: "Service", name: "web" };
    const ports = [{ port: 8080, endPort: 8090, protocl: "UDP" }];
    const answer = await api().create(policy("NetworkPolicy", { targetRef: target, ingres: [], ingress: [{ ports }] }));
    expect(answer.status).to.equal(422);
    expect(messageOf(answer)).to.equal(
      'admission webhook "policy.weft.linkerd.io" denied the request: ' +
        'networkpolicy/web: spec.ingress[0].ports[0]["protocl"]: is unknown (did you mean protocol?): expected port, endPort, protocol; ' +
        'spec["ingres"]: is unknown (did you mean ingress?): expected targetRef, ingress, egress',
    );
    const range = { targetRef: target, ingress: [{ ports: [{ port: 8080, endPort: 8090 }] }] };
    good(await api().create(policy("NetworkPolicy", range), { dryRun: true }), "NetworkPolicy");
  });

  it("what weft does not take up is taken, with a warning", async () => {
    const answer = await api().create(policy("EgressNetwork", { trafficPolicy: "Deny" }), { dryRun: true });
    expect([answer.status, answer.warnings]).to.deep.equal([
      201,
      ["egressnetwork/web: spec.trafficPolicy: weft does not take up EgressNetworks: nothing is denied"],
    ]);
  });

  it("what was wrong before may be labelled, given a status, and deleted, and not changed otherwise", async () => {
    const path = `/apis/policy.linkerd.io/v1beta3/namespaces/${home}/servers/old`;
    const patched = async (at: string, body: JsonObject): Promise<number> => {
      const contentType = "application/merge-patch+json";
      return (await api().ask({ method: "PATCH", path: at, body, contentType })).status;
    };
    const labelled = { metadata: { labels: { a: "b" }, finalizers: ["example.org/wait"] } };
    expect(await patched(path, labelled)).to.equal(200);
    expect(await patched(`${path}/status`, { status: { conditions: [] } })).to.equal(200);
    expect(await patched(path, { spec: { port: 70_000 } })).to.equal(422);
    await api().remove(path);
    expect(await patched(path, { metadata: { finalizers: [] } })).to.equal(200);
    expect(await api().get(path)).to.equal(undefined);
  });
});
