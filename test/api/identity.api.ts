/** Whose certificate a token is worth, with tokens that a real API server makes and reviews. */
import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { defaultLife } from "../../src/core/identity/validity.ts";
import { identityService } from "../../src/grpc/identity-service.ts";
import { listenGrpc } from "../../src/grpc/listener.ts";
import type { Listener } from "../../src/grpc/listener.ts";
import { connect } from "../../src/kube/connect.ts";
import { TokenReviews } from "../../src/serve/controller/token-reviews.ts";
import type { TestMesh } from "../support/certificates.ts";
import { domain, identityNamed, testMesh } from "../support/certificates.ts";
import { GrpcError, certify, proxyClient, workloadRequest } from "../support/proxy-client.ts";
import { good } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const home = "identity-home";
const identity = identityNamed("default", home);
const name = identityNamed("linkerd-identity", "linkerd");
const rbac = "rbac.authorization.k8s.io";

describeOnApi("identity, on an API server", (api) => {
  let mesh: TestMesh;
  let listener: Listener;
  const reasons: string[] = [];
  const uids: string[] = [];

  before(async () => {
    await api().namespace(home);
    await api().namespace("identity-controller");
    // The one right that identity needs, as a controller's ServiceAccount has it.
    const about = { apiVersion: `${rbac}/v1`, metadata: { name: "identity-controller" } };
    const rules = [{ apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] }];
    const subjects = [{ kind: "ServiceAccount", name: "default", namespace: "identity-controller" }];
    const roleRef = { apiGroup: rbac, kind: "ClusterRole", name: "identity-controller" };
    good(await api().create({ ...about, kind: "ClusterRole", rules }), "role");
    good(await api().create({ ...about, kind: "ClusterRoleBinding", subjects, roleRef }), "binding");
    mesh = await testMesh();
    listener = await serve("identity-controller");
  });
  after(() => listener.close());

  /** As the ServiceAccount `default` of that namespace. */
  const serve = async (namespace: string): Promise<Listener> => {
    const opened = await connect({ kubeconfig: await api().serviceAccount(namespace, "default"), env: {} });
    if ("issues" in opened) throw new Error(opened.issues[0]?.message);
    const reviews = new TokenReviews({ ask: opened.value.ask, now: () => new Date() });
    const service = identityService({
      domain,
      life: defaultLife,
      spiffe: false,
      issuer: () => mesh.issuer,
      review: (token, caller) => reviews.review(token, caller),
      refusedUnseen: (token, caller) => reviews.refusedUnseen(token, caller),
      now: () => new Date(),
      onCertified: ({ owner }) => void uids.push(owner.uid),
      onRefused: ({ refusal, error }) => void reasons.push(`${refusal.reason} ${String(error ?? "")}`.trim()),
    });
    const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 };
    return listenGrpc({
      address: { host: "127.0.0.1", port: 0 },
      identity: { ...(await mesh.issuer.servingPair([name], validity)), anchors: mesh.issuer.anchors },
      clientCertificates: "optional",
      services: [service],
    });
  };

  const tokenFor = async (namespace: string, audiences?: readonly string[]): Promise<string> => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`;
    const spec = { expirationSeconds: 3600, ...(audiences && { audiences: [...audiences] }) };
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
    const { status } = good(await api().ask({ method: "POST", path, body }), "token") as {
      status?: { token?: string };
    };
    return status?.token ?? "";
  };

  /** The certificate's names, or the code of the refusal. */
  const askWith = async (token: string, { address } = listener): Promise<unknown> => {
    const { csr } = await workloadRequest(identity);
    const client = await proxyClient({ address, name, anchors: mesh.anchor.certificate });
    try {
      const { chain } = await certify(client, { identity, token, csr });
      return new X509Certificate(chain).subjectAltName;
    } catch (error) {
      return error instanceof GrpcError ? error.status.code : error;
    } finally {
      client.close();
    }
  };

  it("the token that a pod is given is worth its ServiceAccount's certificate", async () => {
    expect(await askWith(await tokenFor(home, ["identity.l5d.io"]))).to.equal(`DNS:${identity}`);
    const account = await api().get(`/api/v1/namespaces/${home}/serviceaccounts/default`);
    expect(uids).to.deep.equal([(account?.["metadata"] as { uid?: string } | undefined)?.uid]);
  });

  const rows: readonly [claim: string, token: () => Promise<string>, code: number, reason: RegExp][] = [
    ["one for the API server", () => tokenFor(home), 3, /^token_audience$/],
    ["one for somebody else", () => tokenFor(home, ["vault"]), 3, /^token_audience$/],
    ["another namespace's", () => tokenFor("identity-controller", ["identity.l5d.io"]), 9, /^identity_mismatch$/],
    ["no token at all", () => Promise.resolve("token"), 3, /^token_error$/],
    [
      "one that was changed",
      async () => `${(await tokenFor(home, ["identity.l5d.io"])).slice(0, -8)}AAAAAAAA`,
      3,
      /^token_error$/,
    ],
  ];
  for (const [claim, token, code, reason] of rows)
    it(`is refused: ${claim}`, async () => {
      expect(await askWith(await token())).to.equal(code);
      expect(reasons.at(-1)).to.match(reason);
    });

  it("without the right to review tokens the log says which one is missing", async () => {
    const other = await serve(home);
    try {
      expect(await askWith(await tokenFor(home, ["identity.l5d.io"]), other)).to.equal(13);
      expect(reasons.at(-1)).to.match(/^review_failed .*tokenreviews.* is forbidden: .* cannot create resource/);
    } finally {
      await other.close();
    }
  });
});
