/**
 * What the API server stores is what the engine said. A pod is created where weft is called, and once more, as the
 * engine makes it of what the API server showed, where no webhook is called: both have to come out the same. So the
 * API server's own defaults and token mounts are in both, and nothing has to be left out of the comparison.
 */
import { expect } from "chai";
import type { Owner } from "../../src/core/inject/outcome/injection.ts";
import { inject } from "../../src/core/inject/inject.ts";
import { ownerAbove, ownerStep } from "../../src/core/inject/pod/owner.ts";
import { readSubjects } from "../../src/core/inject/request.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { ownPackage } from "../../src/files/package.ts";
import { cases } from "../conformance/cases.ts";
import type { Case } from "../conformance/cases.ts";
import { eventually, good, messageOf, pathOf } from "./harness/cluster.ts";
import type { Cluster } from "./harness/cluster.ts";
import { startHook } from "./harness/hook.ts";
import type { Call, Hook } from "./harness/hook.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

/** Pods and Services that Linkerd's injector was recorded with, under the settings that weft is installed with here. */
const usable = cases.filter(
  ({ kind, values, controlPlaneNamespace, namespace }) =>
    (kind === "Pod" || kind === "Service") &&
    values === undefined &&
    controlPlaneNamespace === undefined &&
    namespace.missing !== true,
);
/** Enough of them to meet every kind, few enough to wait for. */
const step = 5;
const chosen = usable.filter((_, index) => index % step === 0);

describeOnApi("objects as they are stored", (api) => {
  let compared = 0;
  let weft: Weft;
  /** Called before weft, and changes nothing: shows what weft is going to see. */
  let witness: Hook;

  before(async () => {
    const cluster = api();
    weft = await installWeft(cluster, { namespace: "stored-weft", certificates: "files" });
    const pair = await cluster.plane.ca.sign({ name: "witness", hosts: ["127.0.0.1"] });
    witness = await startHook(pair);
    await cluster.apply(witnessConfiguration(witness.port, cluster.plane.ca.certificate));
    await cluster.namespace(bareNamespace, { labels: { "config.linkerd.io/admission-webhooks": "disabled" } });
    for (const object of classes) await cluster.apply(object);
    for (const { object } of chosen) await serviceAccount(cluster, bareNamespace, object);
    await cluster.namespace("stored-try");
    await eventually("the witness is called", async () => {
      await cluster.create({ ...service, metadata: { name: "try", namespace: "stored-try" } }, { dryRun: true });
      return witness.calls.length;
    });
  });

  after(async () => {
    await api().remove(`${configurations}/a-witness`);
    await weft?.end();
    await witness?.close();
  });

  for (const [index, recorded] of chosen.entries()) {
    it(`${recorded.id}: ${recorded.kind}, ${recorded.class}, in Linkerd ${recorded.expect.outcome}`, async () => {
      const cluster = api();
      const namespace = `stored-${index}`;
      await cluster.namespace(namespace, { annotations: recorded.namespace.annotations ?? {} });
      await surroundings(cluster, namespace, recorded);
      witness.forget();
      const answer = await cluster.create(inNamespace(storable(recorded.object), namespace));
      const [seen] = witness.calls;
      if (seen === undefined) throw new Error(`the witness was not called: ${messageOf(answer)}`);
      const expected = expectedObject(recorded, seen, weft);
      if ("issues" in expected) {
        expect(answer.status).to.be.oneOf([400, 500]);
        return;
      }
      const bare = await cluster.create(inNamespace(expected.object, bareNamespace));
      expect(answer.status, messageOf(answer)).to.equal(bare.status);
      if (bare.status !== 201) return;
      compared += 1;
      await cluster.remove(pathOf(bare.body as JsonObject));
      expect(comparable(good(answer, "pod"))).to.deep.equal(comparable(good(bare, "pod")));
    });
  }

  it("most of them were fit to be stored", () => {
    expect(compared / chosen.length).to.be.greaterThan(0.9);
  });
});

const bareNamespace = "stored-bare";

/** What the recorded pods refer to. */
const classes: readonly JsonObject[] = [
  { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "high" }, value: 0 },
  { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: "gvisor" }, handler: "gvisor" },
];

async function surroundings(cluster: Cluster, namespace: string, recorded: Case): Promise<void> {
  await serviceAccount(cluster, namespace, recorded.object);
  for (const object of ownersOf(recorded)) good(await cluster.create(inNamespace(object, namespace)), "owner");
}

async function serviceAccount(cluster: Cluster, namespace: string, object: JsonObject): Promise<void> {
  const { serviceAccountName: name } = (object["spec"] ?? {}) as { serviceAccountName?: string };
  if (name === undefined || name === "") return;
  await cluster.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
}

/** Those that weft looks up. Only their metadata was recorded, and only that counts. */
const ownersOf = ({ clusterObjects = [] }: Case): readonly JsonObject[] =>
  clusterObjects
    .filter(({ kind }) => kind === "ReplicaSet" || kind === "Job")
    .map((object) => ({ ...object, spec: specs[object["kind"] as keyof typeof specs] }));

const template = { metadata: { labels: { app: "it" } }, spec: { containers: [{ name: "it", image: "it:1" }] } };
const specs = {
  ReplicaSet: { replicas: 0, selector: { matchLabels: { app: "it" } }, template },
  Job: { suspend: true, template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } },
} satisfies Record<string, JsonObject>;

const configurations = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const service = { apiVersion: "v1", kind: "Service", spec: { ports: [{ port: 80 }] } };

const witnessConfiguration = (port: number, ca: string): JsonObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: "a-witness" },
  webhooks: [
    {
      name: "witness.example.com",
      clientConfig: { url: `https://127.0.0.1:${port}/witness`, caBundle: Buffer.from(ca).toString("base64") },
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods", "services"] }],
      namespaceSelector: {
        matchExpressions: [{ key: "config.linkerd.io/admission-webhooks", operator: "DoesNotExist" }],
      },
    },
  ],
});

/** The recording was made without an API server, which gives addresses, and takes one owner as controller at most. */
function storable(object: JsonObject): JsonObject {
  const { metadata, spec = {} } = object as {
    metadata: { ownerReferences?: readonly JsonObject[] };
    spec?: JsonObject;
  };
  const given = Object.entries(spec).filter(([key]) => !key.startsWith("clusterIP"));
  const [owner, ...others] = metadata.ownerReferences ?? [];
  const owners = owner === undefined ? [] : [owner, ...others.map((other) => ({ ...other, controller: false }))];
  return { ...object, metadata: { ...metadata, ownerReferences: owners }, spec: Object.fromEntries(given) };
}

function inNamespace(object: JsonObject, namespace: string): JsonObject {
  const { metadata } = object as { metadata: JsonObject };
  return { ...object, metadata: { ...metadata, namespace } };
}

function expectedObject(
  recorded: Case,
  seen: Call,
  { installation }: Weft,
): { readonly object: JsonObject } | { readonly issues: unknown } {
  const injection = inject({
    object: seen.object,
    namespace: { name: seen.namespace, annotations: recorded.namespace.annotations ?? {} },
    owner: ownerOf(recorded, seen.object),
    installation,
    createdBy: `weft/webhook ${ownPackage().version}`,
  });
  if ("issues" in injection) return injection;
  return { object: "object" in injection ? injection.object : seen.object };
}

function ownerOf(recorded: Case, object: JsonObject): Owner {
  const read = readSubjects(object, { group: "", kind: recorded.kind });
  if ("issues" in read || recorded.kind !== "Pod") return { kind: "", name: "" };
  const step = ownerStep(read.value.metadata);
  if (step.kind === "known") return step.owner;
  const found = ownersOf(recorded).find(
    ({ kind, metadata }) => kind === step.of && (metadata as unknown as Named).name === step.name,
  );
  const above = found === undefined ? undefined : readSubjects(found, { group: "", kind: step.of });
  return ownerAbove(step, above !== undefined && "value" in above ? above.value.metadata : undefined);
}

interface Named {
  readonly name: string;
}

/** Without what differs from one creation to the next: identity, and the random ends of names. */
function comparable(stored: JsonObject): unknown {
  const { metadata, ...rest } = stored as { metadata: JsonObject };
  const { uid, name, namespace, creationTimestamp, resourceVersion, managedFields, ...same } = metadata;
  expect([uid, name, namespace, creationTimestamp, resourceVersion, managedFields]).to.not.include(undefined);
  const text = JSON.stringify({ ...rest, metadata: same })
    .replaceAll(/kube-api-access-\w+/g, "kube-api-access")
    .replaceAll(/"nodePort":\d+/g, '"nodePort":"a port"')
    .replaceAll(/"127\.96\.\d+\.\d+"/g, '"an address"');
  return JSON.parse(text) as unknown;
}
