/**
 * Called again for the same pod: once more and no oftener, seeing what the others have added.
 * weft's calls are told by its log, a line for each review.
 */
import { expect } from "chai";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { eventually, good } from "./harness/cluster.ts";
import { startHook } from "./harness/hook.ts";
import type { Hook } from "./harness/hook.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { asking, containersOf, pod } from "./harness/pods.ts";
import type { LogLine } from "./harness/replica.ts";
import { installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const namespace = "again-shop";
const adds = "again.example.com/adds";

/** What the second webhook adds to a pod with this label. */
const additions: Readonly<Record<string, readonly Json[]>> = {
  container: [
    {
      op: "add",
      path: "/spec/containers/-",
      value: { name: "mysql", image: "mysql:8", ports: [{ name: "db", containerPort: 3306 }] },
    },
  ],
  annotation: [{ op: "add", path: "/metadata/annotations/example.com~1seen", value: "yes" }],
};

const noToken: JsonObject = { automountServiceAccountToken: false };

interface Row {
  readonly claim: string;
  readonly adds?: keyof typeof additions;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: JsonObject;
  readonly results: readonly string[];
}

// The debug container is the one that comes without the mount of the token.
const debug = { "config.linkerd.io/enable-debug-sidecar": "true" };

const rows: readonly Row[] = [
  { claim: "alone: one call, as proxy and init container come with the token's mount", results: ["injected"] },
  { claim: "alone, where no token is mounted: one call", spec: noToken, results: ["injected"] },
  {
    claim: "alone, as the ServiceAccount plugin mounts its token into the debug container",
    annotations: debug,
    results: ["injected", "updated"],
  },
  {
    claim: "after a second webhook added a container",
    adds: "container",
    spec: noToken,
    results: ["injected", "updated"],
  },
  {
    claim: "after both: still one further call",
    adds: "container",
    annotations: debug,
    results: ["injected", "updated"],
  },
  { claim: "after a second webhook added an annotation", adds: "annotation", results: ["injected", "updated"] },
];

describeOnApi("reinvocation", (api) => {
  let weft: Weft;
  let second: Hook;

  before(async () => {
    const cluster = api();
    weft = await installWeft(cluster, { namespace: "again-weft", certificates: "files" });
    await cluster.namespace(namespace);
    const pair = await cluster.plane.ca.sign({ name: "second", hosts: ["127.0.0.1"] });
    second = await startHook(pair, ({ object }) => {
      const { metadata } = object as { metadata: { labels: Readonly<Record<string, string>> } };
      const isDone = containersOf(object).some(({ name }) => name === "mysql");
      return isDone ? {} : { patch: additions[metadata.labels[adds] ?? ""] ?? [] };
    });
    await cluster.apply(secondConfiguration(second.port, cluster.plane.ca.certificate));
    await eventually("the second webhook is called", async () => {
      await cluster.create(pod(namespace, { labels: { [adds]: "nothing" } }), { dryRun: true });
      return second.calls.length;
    });
  });

  after(async () => {
    await api().remove("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/z-second");
    await weft?.end();
    await second?.close();
  });

  /** All of them: the log is in order, and a pod created later is in it already. */
  const callsFor = async (name: string): Promise<readonly LogLine[]> => {
    const later = `${name}-later`;
    good(await api().create(pod(namespace, { name: later, annotations: asking }), { dryRun: true }), "pod");
    const lines = (): readonly LogLine[] => weft.replicas().flatMap(({ log }) => log());
    await eventually("a later pod is in the log", () => lines().some((line) => isAbout(line, later)));
    return lines().filter((line) => isAbout(line, name));
  };

  for (const [index, { claim, adds: added, annotations = {}, spec = {}, results }] of rows.entries()) {
    it(`${claim}: ${results.join(", ")}`, async () => {
      const name = `pod-${index}`;
      const labels = added === undefined ? {} : { [adds]: added };
      const given = pod(namespace, { name, annotations: { ...asking, ...annotations }, labels, spec });
      const created = good(await api().create(given), "pod");
      const calls = await callsFor(name);
      expect(calls.map(({ msg }) => msg)).to.deep.equal(results);
      expect(new Set(calls.map(({ uid }) => uid)).size).to.equal(results.length);
      const proxies = containersOf(created).filter((container) => container.name === "linkerd-proxy");
      expect(proxies).to.have.lengthOf(1);
    });
  }

  it("ports of the added container are opaque, on the pod and in the proxy", async () => {
    const labels = { [adds]: "container" };
    const created = good(await api().create(pod(namespace, { name: "opaque", annotations: asking, labels })), "pod");
    const { metadata } = created as { metadata: { annotations: Readonly<Record<string, string>> } };
    expect(metadata.annotations["config.linkerd.io/opaque-ports"]).to.equal("3306");
    const proxy = containersOf(created).find((container) => container.name === "linkerd-proxy");
    const environment = (proxy?.["env"] ?? []) as readonly { readonly name: string; readonly value?: string }[];
    const opaque = environment.find((each) => each.name === "LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION");
    expect(opaque?.value).to.equal("3306");
  });
});

const isAbout = ({ kind, name }: LogLine, pod: string): boolean => kind === "pod" && name === pod;

const secondConfiguration = (port: number, ca: string): JsonObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: "z-second" },
  webhooks: [
    {
      name: "second.example.com",
      clientConfig: { url: `https://127.0.0.1:${port}/second`, caBundle: Buffer.from(ca).toString("base64") },
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      objectSelector: { matchExpressions: [{ key: adds, operator: "Exists" }] },
      rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
    },
  ],
});
