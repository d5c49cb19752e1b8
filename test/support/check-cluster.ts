/** A cluster in which weft is at work, as an API server would tell it; rows of a test break it in one place. */
import { defaultValues } from "../../src/core/inject/settings/defaults.ts";
import { inject } from "../../src/core/inject/inject.ts";
import { warningLines } from "../../src/core/inject/messages/warnings.ts";
import { resolveOptions } from "../../src/core/install/choices.ts";
import { installObjects } from "../../src/core/install/objects.ts";
import { annotationsOf, nameOf, objectsAt, textAt, textsAt } from "../../src/core/base/json/read.ts";
import { isObject } from "../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import type { Listener, Shown } from "../../src/net/tls-probe.ts";
import type { ApiAnswer, ApiCall } from "../../src/kube/api.ts";
import { installation, sha256 } from "./injection.ts";
import { authority, lasting } from "./certificates.ts";
import type { Authority } from "./certificates.ts";
import { fakeApi } from "./api-server.ts";
import type { FakeApi } from "./api-server.ts";
import { placeOf, placeOfObject } from "./api-paths.ts";
import { base64 } from "./listening.ts";

export const now = new Date("2026-03-01T12:00:00Z");
const made = new Date("2026-02-01T00:00:00Z");

export interface Material {
  readonly own: Authority;
  /** Of the same name, with another key. */
  readonly stranger: Authority;
  readonly serving: string;
  readonly trustAnchor: string;
  /** Its key. */
  readonly anchorKey: string;
  /** Below the trust anchor. */
  readonly issuer: Authority;
}

/** Made once: keys take time. */
export async function material(): Promise<Material> {
  const [own, stranger, anchor] = await Promise.all([
    authority("weft-ca", lasting(made, 365)),
    authority("weft-ca", lasting(made, 365)),
    authority("root.linkerd.cluster.local", lasting(made, 3650)),
  ]);
  const serving = await own.sign({ name: "weft-injector.weft.svc", during: lasting(made, 90) });
  const issuer = await anchor.below("identity.linkerd.cluster.local", lasting(made, 365));
  return {
    own,
    stranger,
    serving: serving.certificate,
    trustAnchor: anchor.certificate,
    anchorKey: anchor.key,
    issuer,
  };
}

export interface FakeCluster {
  version: string;
  clock: Date;
  /** What is stored, and what was asked. */
  readonly api: FakeApi;
  /** Collections that are there even when they are empty, such as `apps/v1 deployments`. */
  readonly collections: Set<string>;
  /** Pages of pods and of discovery, by their path. */
  readonly pages: Map<string, ApiAnswer>;
  /** `verb resource` that nobody may; with ` everywhere` behind it: but in one namespace. */
  readonly denied: Set<string>;
  /** What is answered instead, by method and path; `undefined`: nothing. */
  readonly answers: Map<string, ApiAnswer | undefined>;
  /** Paths that the user may not use. */
  forbids: RegExp | undefined;
  /** What becomes of a pod. */
  admit: (pod: JsonObject) => ApiAnswer;
  /** What a listener of a pod shows; throws when nobody answers. */
  show: (listener: Listener) => Shown;
}

export function emptyCluster(): FakeCluster {
  const cluster: FakeCluster = {
    version: "v1.34.2",
    clock: now,
    api: fakeApi(),
    collections: new Set(),
    pages: new Map(),
    denied: new Set(),
    answers: new Map(),
    forbids: undefined,
    admit: (pod) => ({ status: 201, body: pod, warnings: [] }),
    show: () => {
      throw new Error("connect EHOSTUNREACH");
    },
  };
  cluster.api.answerWith((call) => answerOf(cluster, call));
  for (const name of ["default", "kube-system", "cert-manager"]) put(cluster, namespace(name));
  put(cluster, { apiVersion: "v1", kind: "Node", metadata: { name: "node-0" }, spec: { podCIDRs: ["10.244.0.0/24"] } });
  return cluster;
}

export function healthyCluster(material: Material, adopts = false): FakeCluster {
  const cluster = emptyCluster();
  install(cluster, material, { highAvailability: !adopts, adoptLinkerd: adopts });
  atWork(cluster, material, adopts ? "linkerd" : "weft");
  put(cluster, namespace("shop", { "linkerd.io/inject": "enabled" }, { "weft.linkerd.io/inject": "enabled" }));
  addLinkerd(cluster, material);
  cluster.admit = admitting(material);
  return cluster;
}

/** With its own control plane, and a pod that trusts it. */
export function ownCluster(material: Material): FakeCluster {
  const cluster = emptyCluster();
  install(cluster, material, { highAvailability: true, controlPlane: "own" });
  atWork(cluster, material, "weft");
  change(cluster, "/apis/apps/v1/namespaces/weft/deployments/weft-controller", (object) => ({
    ...object,
    status: { availableReplicas: 3, updatedReplicas: 3, observedGeneration: 1 },
  }));
  for (const name of ["a", "b"]) addPod(cluster, `weft-controller-${name}`, "weft", "controller");
  put(cluster, meshedPod("web", material.trustAnchor));
  cluster.admit = admitting(material);
  return cluster;
}

export const meshedPod = (name: string, anchors: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: "shop",
    labels: { "linkerd.io/control-plane-ns": "weft" },
    annotations: { "linkerd.io/trust-root-sha256": sha256(anchors) },
  },
  spec: {
    containers: [{ name: "linkerd-proxy", env: [{ name: "LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS", value: anchors }] }],
  },
});

export const namespace = (
  name: string,
  annotations: Readonly<Record<string, string>> = {},
  labels: Readonly<Record<string, string>> = {},
): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, annotations, labels: { "kubernetes.io/metadata.name": name, ...labels } },
  status: { phase: "Active" },
});

export function put(cluster: FakeCluster, object: JsonObject): void {
  const { apiVersion, resource } = placeOfObject(object);
  cluster.collections.add(`${apiVersion} ${resource}`);
  cluster.api.put(object);
}

/** Changes the object at a path, which has to be there. */
export function change(cluster: FakeCluster, path: string, edit: (object: JsonObject) => JsonObject): void {
  const object = cluster.api.stored(path);
  if (object === undefined) throw new Error(`nothing at ${path}`);
  cluster.api.put(edit(object));
}

export function addLinkerd(cluster: FakeCluster, { trustAnchor }: Material): void {
  put(cluster, namespace("linkerd"));
  put(cluster, configMap("linkerd-config", { values: JSON.stringify(defaultValues) }));
  put(cluster, configMap("linkerd-identity-trust-roots", { "ca-bundle.crt": trustAnchor }));
}

const configMap = (name: string, data: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "linkerd" },
  data,
});

/** What `weft install` prints. */
export function objectsOf({ trustAnchor, issuer }: Material, weft: JsonObject): readonly JsonObject[] {
  const isOwn = weft["controlPlane"] === "own";
  const read = resolveOptions({
    namespace: weft["adoptLinkerd"] === true ? "linkerd" : "weft",
    version: "0.1.0",
    base: defaultValues,
    given: { weft },
    trustAnchors: trustAnchor,
    issuer: isOwn ? { certificate: base64(issuer.certificate), key: base64(issuer.key) } : undefined,
    files: undefined,
    sha256,
  });
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  return installObjects(read.value.options);
}

/** The objects, and what weft makes of its registration. */
function install(cluster: FakeCluster, material: Material, weft: JsonObject): void {
  for (const object of objectsOf(material, weft)) {
    const webhooks = objectsAt(object, "webhooks").map((webhook) => withBundle(webhook, material.own.certificate));
    put(cluster, webhooks.length === 0 ? object : { ...object, webhooks });
  }
}

/** What controllers, kubelets and weft itself add to the objects. */
function atWork(cluster: FakeCluster, { own, serving }: Material, namespaceName: string): void {
  const inNamespace = (path: string): string => path.replace("/NS/", `/${namespaceName}/`);
  const replicas = 3;
  change(cluster, inNamespace("/apis/apps/v1/namespaces/NS/deployments/weft-injector"), (object) => ({
    ...object,
    spec: { ...(object["spec"] as JsonObject), replicas },
    status: { availableReplicas: replicas, updatedReplicas: replicas, observedGeneration: 1 },
  }));
  change(cluster, inNamespace("/api/v1/namespaces/NS/secrets/weft-tls"), (object) => ({
    ...object,
    data: { "tls.crt": base64(serving + own.certificate) },
  }));
  change(cluster, inNamespace("/apis/apps/v1/namespaces/NS/deployments/weft-certificates"), (object) => ({
    ...object,
    status: { availableReplicas: 2, updatedReplicas: 2, observedGeneration: 1 },
  }));
  addPod(cluster, "weft-certificates-a", namespaceName, "certificates");
  change(cluster, inNamespace("/apis/coordination.k8s.io/v1/namespaces/NS/leases/weft-certificates"), (object) => ({
    ...object,
    spec: {
      holderIdentity: "weft-certificates-a",
      leaseDurationSeconds: 15,
      renewTime: new Date(now.getTime() - 4000).toISOString(),
    },
  }));
  for (const name of ["a", "b", "c"]) addPod(cluster, `weft-injector-${name}`, namespaceName);
  put(cluster, {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "weft-injector-x",
      namespace: namespaceName,
      labels: { "kubernetes.io/service-name": "weft-injector" },
    },
    endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }],
  });
}

export const withBundle = (webhook: JsonObject, pem: string): JsonObject => ({
  ...webhook,
  clientConfig: { ...(webhook["clientConfig"] as JsonObject), caBundle: base64(pem) },
});

function addPod(cluster: FakeCluster, name: string, namespaceName: string, component = "injector"): void {
  put(cluster, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: namespaceName,
      labels: { "app.kubernetes.io/name": "weft", "app.kubernetes.io/component": component },
    },
    spec: { containers: [{ name: component, image: "weft:0.1.0" }] },
    status: { phase: "Running", podIP: "10.1.0.1", conditions: [{ type: "Ready", status: "True" }] },
  });
  page(cluster, name, "readyz", "[+]webhook serving\n[+]settings loaded\nok\n", namespaceName);
  const metrics = [
    'weft_build_info{version="0.1.0"} 1',
    "weft_settings_reload_success 1",
    `weft_certificate_expiry_timestamp_seconds ${made.getTime() / 1000 + 90 * 86_400}`,
  ];
  page(cluster, name, "metrics", `# HELP weft_build_info Always 1.\n${metrics.join("\n")}\n`, namespaceName);
}

export function page(cluster: FakeCluster, pod: string, name: string, text: string, namespaceName = "weft"): void {
  const path = `/api/v1/namespaces/${namespaceName}/pods/${pod}:9995/proxy/${name}`;
  cluster.pages.set(path, { status: text.includes("[-]") ? 503 : 200, body: null, text });
}

/** As weft answers for a namespace that does not ask. */
const admitting =
  ({ trustAnchor }: Material) =>
  (object: JsonObject): ApiAnswer => {
    const injection = inject({
      object,
      namespace: { name: "default", annotations: {} },
      owner: { kind: "pod", name: "" },
      installation: installation({ identityTrustAnchorsPEM: trustAnchor }),
      createdBy: "weft/webhook 0.1.0",
    });
    const warnings = "warnings" in injection ? warningLines(injection.subject, injection.warnings) : [];
    return { status: 201, body: "object" in injection ? injection.object : object, warnings };
  };

const status = (code: number, message: string): ApiAnswer => ({ status: code, body: { kind: "Status", message } });

/** Undefined: what is stored. */
function answerOf(cluster: FakeCluster, call: ApiCall): ApiAnswer | undefined {
  const { method, path } = call;
  const key = `${method} ${path}`;
  if (cluster.answers.has(key)) return cluster.answers.get(key) ?? noConnection();
  if (path === "/version") {
    return { status: 200, body: { gitVersion: cluster.version }, date: cluster.clock.toUTCString() };
  }
  if (cluster.forbids?.test(path) === true) return status(403, `you may not use ${path}`);
  if (method === "POST") return posted(cluster, call);
  const place = placeOf(path);
  const isThere =
    place === undefined || place.name !== "" || cluster.collections.has(`${place.apiVersion} ${place.resource}`);
  return cluster.pages.get(path) ?? (isThere || builtIn.test(path) ? undefined : status(404, "page not found"));
}

const noConnection = (): never => {
  throw new Error("connect ECONNREFUSED");
};

const builtIn = /\/(pods|namespaces|endpointslices|(mutating|validating)webhookconfigurations)$/;

function posted(cluster: FakeCluster, { path, body, query }: ApiCall): ApiAnswer {
  const object = isObject(body) ? body : {};
  if (path.endsWith("accessreviews")) {
    const attributes = (object["spec"] as JsonObject)["resourceAttributes"];
    const right = `${textAt(attributes, "verb")} ${textAt(attributes, "resource")}`;
    const isDenied =
      cluster.denied.has(right) ||
      (textAt(attributes, "namespace") === "" && cluster.denied.has(`${right} everywhere`));
    const allowed = !isDenied && isGranted(cluster, textAt(object, "spec", "user"), attributes);
    return { status: 201, body: { ...object, status: { allowed } } };
  }
  if (!path.endsWith("/pods") || query?.["dryRun"] !== "All") throw new Error(`nothing may be kept: ${path}`);
  return cluster.admit(object);
}

/** By the roles of a ServiceAccount, which have its name; a user of the command has all rights. */
function isGranted(cluster: FakeCluster, user: string, attributes: Json | undefined): boolean {
  const [, namespaceName, account] = /^system:serviceaccount:(.*):(.*)$/.exec(user) ?? [];
  if (account === undefined) return true;
  const [verb = "", resource = "", name = ""] = ["verb", "resource", "name"].map((key) => textAt(attributes, key));
  const subresource = textAt(attributes, "subresource");
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  return [`${rbac}/clusterroles/${account}`, `${rbac}/namespaces/${namespaceName}/roles/${account}`]
    .flatMap((path) => objectsAt(cluster.api.stored(path), "rules"))
    .some((rule) => {
      const names = textsAt(rule, "resourceNames");
      return (
        textsAt(rule, "verbs").includes(verb) &&
        textsAt(rule, "resources").includes(full) &&
        (names.length === 0 || names.includes(name))
      );
    });
}

export const withAnnotations = (object: JsonObject, annotations: Readonly<Record<string, string>>): JsonObject => ({
  ...object,
  metadata: {
    ...(object["metadata"] as JsonObject),
    name: nameOf(object),
    annotations: { ...annotationsOf(object), ...annotations },
  },
});
