/**
 * What somebody could do who got hold of a token of weft's: on a real API server, with the accounts, roles and policy
 * that `weft install` prints.
 */
import { expect } from "chai";
import { configurationNames, names } from "../../src/core/install/names.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { eventually, messageOf } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const namespace = "tokens-weft";
const { mutating, validating } = configurationNames(false);
const registration = "/apis/admissionregistration.k8s.io/v1";
const paths = {
  mutating: `${registration}/mutatingwebhookconfigurations/${mutating}`,
  validating: `${registration}/validatingwebhookconfigurations/${validating}`,
};
const secret = (name: string): string => `/api/v1/namespaces/${namespace}/secrets/${name}`;

const evil = {
  name: "evil.weft.linkerd.io",
  admissionReviewVersions: ["v1"],
  sideEffects: "None",
  failurePolicy: "Ignore",
  clientConfig: { url: "https://203.0.113.1/x" },
  rules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"] }],
};

/** What a change is about, and a JSON patch of the configuration with pods' webhooks. */
const changes: readonly [claim: string, patch: readonly JsonObject[]][] = [
  ["a URL", [{ op: "replace", path: "/webhooks/0/clientConfig", value: { url: "https://203.0.113.1/x" } }]],
  ["another Service", [{ op: "replace", path: "/webhooks/0/clientConfig/service/name", value: "evil" }]],
  ["another path", [{ op: "replace", path: "/webhooks/0/clientConfig/service/path", value: "/" }]],
  ["another resource", [{ op: "replace", path: "/webhooks/0/rules/0/resources/0", value: "secrets" }]],
  ["a rule more", [{ op: "add", path: "/webhooks/0/rules/-", value: evil.rules[0] ?? null }]],
  ["the failure policy", [{ op: "replace", path: "/webhooks/2/failurePolicy", value: "Fail" }]],
  ["the timeout", [{ op: "replace", path: "/webhooks/2/timeoutSeconds", value: 30 }]],
  ["no namespace selector", [{ op: "remove", path: "/webhooks/0/namespaceSelector" }]],
  ["an object selector", [{ op: "add", path: "/webhooks/0/objectSelector", value: { matchLabels: { a: "b" } } }]],
  ["no match conditions", [{ op: "remove", path: "/webhooks/0/matchConditions" }]],
  ["a webhook more", [{ op: "add", path: "/webhooks/-", value: evil }]],
  ["a webhook less", [{ op: "remove", path: "/webhooks/0" }]],
  ["none at all", [{ op: "remove", path: "/webhooks" }]],
  ["another name of a webhook", [{ op: "replace", path: "/webhooks/0/name", value: evil.name }]],
  ["annotations", [{ op: "add", path: "/metadata/annotations", value: { a: "b" } }]],
  ["labels", [{ op: "add", path: "/metadata/labels/a", value: "b" }]],
  ["a finalizer", [{ op: "add", path: "/metadata/finalizers", value: ["a.example/b"] }]],
  [
    "an owner",
    [
      {
        op: "add",
        path: "/metadata/ownerReferences",
        value: [{ apiVersion: "v1", kind: "Node", name: "a", uid: "b" }],
      },
    ],
  ],
  [
    "a caBundle and a timeout",
    [
      { op: "add", path: "/webhooks/0/clientConfig/caBundle", value: "" },
      { op: "replace", path: "/webhooks/2/timeoutSeconds", value: 30 },
    ],
  ],
];

describeOnApi("tokens of weft's", (api) => {
  let weft: Weft;
  before(async () => {
    weft = await installWeft(api(), { namespace, replicas: 0, controllers: 0 });
    // The policy is in force when the API server's watch of policies has told it. What changes nothing is let through.
    let tries = 0;
    await eventually(
      "the guard is in force",
      async () => (await patched(names.certificates, timeout(9 + (tries++ % 2)))) !== 200,
      Boolean,
      { within: 60_000 },
    );
  });
  after(async () => {
    await weft?.end();
    await api().remove(`/api/v1/namespaces/${namespace}`);
  });

  const as = (account: string) => api().askAs(`system:serviceaccount:${namespace}:${account}`);
  const patched = async (account: string, body: readonly JsonObject[], path = paths.mutating): Promise<number> => {
    const answer = await as(account)({ method: "PATCH", path, body, contentType: "application/json-patch+json" });
    if (answer.status === 422) expect(messageOf(answer)).to.include(names.changeGuard);
    return answer.status;
  };
  const timeout = (value: number): readonly JsonObject[] => [
    { op: "replace", path: "/webhooks/2/timeoutSeconds", value },
  ];
  const withBundle = (): readonly JsonObject[] => {
    const value = Buffer.from(api().plane.ca.certificate).toString("base64");
    return [{ op: "add", path: "/webhooks/0/clientConfig/caBundle", value }];
  };

  for (const [claim, patch] of changes) {
    it(`that of the certificate controller changes nothing in its registration: ${claim}`, async () => {
      const before = await api().get(paths.mutating);
      expect(await patched(names.certificates, patch)).to.equal(422);
      expect(await api().get(paths.mutating)).to.deep.equal(before);
    });

    it(`those of webhook and control plane may not change it at all: ${claim}`, async () => {
      expect(await patched(names.injector, patch)).to.equal(403);
      expect(await patched(names.controller, patch)).to.equal(403);
    });
  }

  it("that of the certificate controller sets caBundles, and takes them away", async () => {
    for (const path of Object.values(paths)) {
      expect(await patched(names.certificates, withBundle(), path)).to.equal(200);
      const gone = [{ op: "remove", path: "/webhooks/0/clientConfig/caBundle" }];
      expect(await patched(names.certificates, gone, path)).to.equal(200);
    }
  });

  it("none sets a caBundle but that of the certificate controller", async () => {
    for (const account of [names.injector, names.controller])
      expect(await patched(account, withBundle())).to.equal(403);
  });

  it("that of the certificate controller changes nothing more with rights that somebody gave it by mistake", async () => {
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "tokens-mistake" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name: names.certificates, namespace }],
    };
    await api().apply(binding);
    try {
      const ask = as(names.certificates);
      const own = (await api().get(paths.mutating)) ?? {};
      const collection = paths.mutating.slice(0, paths.mutating.lastIndexOf("/"));
      const calls = [
        { method: "DELETE", path: paths.mutating },
        { method: "POST", path: collection, body: { ...own, metadata: { name: "another" } } },
        { method: "PUT", path: paths.mutating, body: { ...own, webhooks: [evil] } },
      ] as const;
      for (const call of calls) {
        const answer = await eventually(
          call.method,
          () => ask(call),
          ({ status }) => status !== 403,
        );
        expect([answer.status, messageOf(answer).includes(names.changeGuard)], call.method).to.deep.equal([422, true]);
      }
    } finally {
      await api().remove("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/tokens-mistake");
    }
  });

  it("an administrator changes what he likes", async () => {
    const contentType = "application/json-patch+json";
    const answer = await api().ask({ method: "PATCH", path: paths.mutating, body: timeout(2), contentType });
    expect(answer.status).to.equal(200);
  });

  const reads: readonly [account: string, name: string, status: number][] = [
    [names.injector, names.servedSecret, 200],
    [names.injector, names.caSecret, 403],
    [names.controller, names.caSecret, 403],
    [names.controller, names.servedSecret, 403],
    [names.certificates, names.caSecret, 200],
    [names.certificates, names.issuer, 403],
  ];
  for (const [account, name, status] of reads) {
    it(`that of ${account} is answered ${status} for Secret ${name}`, async () => {
      expect((await as(account)({ method: "GET", path: secret(name) })).status).to.equal(status);
    });
  }

  it("none lists Secrets, or writes the one that is served from, but that of the certificate controller", async () => {
    for (const account of [names.injector, names.controller]) {
      expect((await as(account)({ method: "GET", path: secret("").slice(0, -1) })).status).to.equal(403);
      const body = await api().get(secret(names.servedSecret));
      const path = secret(names.servedSecret);
      expect((await as(account)({ method: "PUT", path, body: body ?? null })).status).to.equal(403);
    }
    expect((await as(names.certificates)({ method: "GET", path: secret("").slice(0, -1) })).status).to.equal(403);
  });
});
