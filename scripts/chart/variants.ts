/**
 * What the shape of an installation hangs on: each switch with its positions, and the condition in the chart that holds
 * in each. The objects of a combination are those of `weft install`, with marks where the chart's values go.
 */
import { installObjects } from "../../src/core/install/objects.ts";
import { terminationSeconds } from "../../src/core/install/deployment.ts";
import { imageText } from "../../src/core/install/image.ts";
import { names } from "../../src/core/install/names.ts";
import { nameOf } from "../../src/core/install/print.ts";
import { defaultTimeouts } from "../../src/core/registration/webhooks.ts";
import { readWeftValues } from "../../src/core/install/weft-values.ts";
import type { WeftValues } from "../../src/core/install/weft-values.ts";
import type { Certificates, ControlPlane, InstallOptions, Mesh } from "../../src/core/install/chosen.ts";
import type { IssuerScheme } from "../../src/core/mesh/issuer-secret.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { mark, markedAs, withMarks } from "./marks.ts";

/** Name of a switch → its positions, each with its condition; the first is the usual one. */
const switches = {
  mesh: { own: "$w.own", linkerd: "$w.linkerd", adopted: "$w.adopts" },
  certificates: {
    self: 'eq $w.certificates "self"',
    "cert-manager": 'eq $w.certificates "cert-manager"',
    files: 'eq $w.certificates "files"',
  },
  certificateIssuer: { made: "not $w.weft.certificates.issuer", given: "$w.weft.certificates.issuer" },
  certificateFiles: { given: "$w.files.certificate", theirs: "not $w.files.certificate" },
  issuer: {
    "linkerd.io/tls": 'eq $w.issuer "linkerd.io/tls"',
    "kubernetes.io/tls": 'eq $w.issuer "kubernetes.io/tls"',
    "cert-manager": 'eq $w.issuer "cert-manager"',
    theirs: "not $w.issuer",
  },
  trustAnchors: { given: "$w.trustAnchors", theirs: "not $w.trustAnchors" },
  namespace: { theirs: "not $w.makesNamespace", made: "$w.makesNamespace" },
  replicas: { many: "gt (int $w.weft.replicas) 1", one: "le (int $w.weft.replicas) 1" },
  controllerReplicas: { many: "gt (int $w.weft.controller.replicas) 1", one: "le (int $w.weft.controller.replicas) 1" },
  certificatesReplicas: {
    many: "gt (int $w.weft.certificates.replicas) 1",
    one: "le (int $w.weft.certificates.replicas) 1",
  },
  antiAffinity: { preferred: 'eq $w.weft.antiAffinity "preferred"', required: 'eq $w.weft.antiAffinity "required"' },
  limit: limitOf("$w.weft.resources"),
  controllerLimit: limitOf("$w.weft.controller.resources"),
  certificatesLimit: limitOf("$w.weft.certificates.resources"),
  imagePullSecrets: someOf("$w.weft.imagePullSecrets"),
  tolerations: someOf("$w.weft.tolerations"),
  namespaces: someOf("$w.weft.namespaces"),
  webhookClients: someOf("$w.weft.networkPolicy.webhookClients"),
  networkPolicy: { enabled: "$w.weft.networkPolicy.enabled", none: "not $w.weft.networkPolicy.enabled" },
  webhookClientCa: someOf("$w.weft.webhookClientCa"),
  trafficSplit: someOf("$w.weft.trafficSplit"),
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type Switch = keyof typeof switches;
export type Point = { readonly [Name in Switch]: keyof (typeof switches)[Name] };

function someOf(expression: string): { readonly none: string; readonly some: string } {
  return { none: `not ${expression}`, some: expression };
}

function limitOf(expression: string): { readonly some: string; readonly none: string } {
  const limit = `dig "limits" "memory" "" ${expression}`;
  return { some: limit, none: `not (${limit})` };
}

export const switchNames = Object.keys(switches) as readonly Switch[];
export const positionsOf = (name: Switch): readonly string[] => Object.keys(switches[name]);
export const conditionOf = (name: Switch, position: string): string =>
  (switches[name] as Readonly<Record<string, string>>)[position] ?? "";

// Of each the first position.
export const usual = Object.fromEntries(switchNames.map((name) => [name, positionsOf(name)[0]])) as Point;

/** The objects, with marks; what the reader of the chart brings is left out. */
export function objectsAt(point: Point): readonly JsonObject[] {
  const theirs = new Set<string>([
    ...(point.trustAnchors === "theirs" ? [names.trustAnchors] : []),
    ...(point.issuer === "theirs" ? [names.issuer] : []),
    ...(point.certificateFiles === "theirs" ? [names.givenSecret] : []),
  ]);
  const makesNamespace = point.namespace === "made";
  return installObjects(optionsAt(point))
    .filter((object) => !theirs.has(nameOf(object).name) && (makesNamespace || object["kind"] !== "Namespace"))
    .map((object) => withMarks(withTexts(object), replaced));
}

/** Values and what somebody asked for are texts of YAML. */
function withTexts(object: JsonObject): JsonObject {
  const { kind, name } = nameOf(object);
  if (kind !== "ConfigMap") return object;
  if (name === names.settings) return { ...object, data: { [names.settingsKey]: mark("block", "$w.settings") } };
  if (name === names.given) return { ...object, data: { [names.givenKey]: mark("block", "$w.given") } };
  return object;
}

/** Numbers that the objects are counted with, each with the value of the chart that it stands for. */
const counted = {
  replicas: { many: 7.1, one: 0.1, expression: "$w.weft.replicas" },
  controllerReplicas: { many: 7.2, one: 0.2, expression: "$w.weft.controller.replicas" },
  certificatesReplicas: { many: 7.3, one: 0.3, expression: "$w.weft.certificates.replicas" },
} as const;

const gracePeriod = "299s";
const atOnce = terminationSeconds({ weft: { ...readWeftValues({}).value, gracePeriod: "0s" } });

const image = mark("text", "$w.image");
const version = mark("text", "$w.version");
const unnamed = { "image.registry": undefined, "image.tag": undefined, "image.digest": undefined };

const replaced: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ...Object.values(counted).flatMap(({ many, one, expression }) => [
    [many, mark("int", expression)] as const,
    [one, mark("int", expression)] as const,
  ]),
  [299 + atOnce, mark("int", `add ${atOnce} $w.graceSeconds`)],
  [imageText({ ...unnamed, "image.name": image }, version), image],
  [`--grace-period=${gracePeriod}`, `--grace-period=${mark("text", "$w.weft.gracePeriod")}`],
]);

function optionsAt(point: Point): InstallOptions {
  return {
    namespace: mark("text", "$w.namespace"),
    controlPlaneNamespace: mark("text", "$w.controlPlaneNamespace"),
    version,
    weft: weftAt(point),
    given: {},
    failurePolicy: markedAs("text", "$w.weft.failurePolicy"),
    timeoutSeconds: {
      ...defaultTimeouts,
      inject: markedAs("int", "$w.weft.timeoutSeconds.inject"),
      rest: markedAs("int", "$w.weft.timeoutSeconds.rest"),
    },
    mesh: meshAt(point),
    controlPlane: controlPlaneAt(point),
    certificates: certificatesAt(point),
  };
}

function meshAt({ mesh }: Point): Mesh {
  if (mesh === "adopted") return { kind: "adopted" };
  // Which mesh it is, is not said by who keeps its manifests.
  return { kind: "own", values: {}, trustAnchors: mark("text", "$w.trustAnchors"), id: "" };
}

function controlPlaneAt({ mesh, issuer }: Point): ControlPlane {
  if (mesh !== "own") return { kind: "linkerd" };
  const own = {
    kind: "own",
    trustDomain: mark("text", "$w.trustDomain"),
    leaf: { lifetime: mark("text", "$w.leaf.lifetime"), clockSkew: mark("text", "$w.leaf.clockSkew") },
  } as const;
  if (issuer === "cert-manager")
    return { ...own, issuer: { kind: "cert-manager", issuerRef: issuerRef("$w.weft.identity.issuerRef") } };
  const scheme: IssuerScheme = issuer === "theirs" ? "linkerd.io/tls" : issuer;
  const [certificate, key] = [mark("text", "$w.tls.certificate"), mark("text", "$w.tls.key")];
  return { ...own, issuer: { kind: "secret", scheme, certificate, key } };
}

function certificatesAt({ certificates }: Point): Certificates {
  if (certificates !== "files") return { kind: certificates };
  const [certificate, key, caBundle] = ["certificate", "key", "caBundle"].map((name) =>
    mark("text", `$w.files.${name}`),
  );
  return { kind: "files", certificate: certificate ?? "", key: key ?? "", caBundle: caBundle ?? "" };
}

const issuerRef = (expression: string): Readonly<Record<string, string>> => ({
  name: mark("text", `${expression}.name`),
  kind: mark("text", `${expression}.kind | default \`Issuer\``),
  group: mark("text", `${expression}.group | default \`cert-manager.io\``),
});

function weftAt(point: Point): WeftValues {
  const value = (path: string): string => `$w.weft.${path}`;
  const text = (path: string) => markedAs("text", value(path));
  const each = (isSome: boolean, kind: "each" | "each-int", path: string): readonly never[] =>
    isSome ? [markedAs(kind, value(path))] : [];
  return {
    ...readWeftValues({}).value,
    ...unnamed,
    "image.name": image,
    imagePullPolicy: text("imagePullPolicy"),
    imagePullSecrets: each(point.imagePullSecrets === "some", "each", "imagePullSecrets"),
    replicas: counted.replicas[point.replicas],
    "controller.replicas": counted.controllerReplicas[point.controllerReplicas],
    "certificates.replicas": counted.certificatesReplicas[point.certificatesReplicas],
    resources: resourcesAt(point.limit, value("resources")),
    "controller.resources": resourcesAt(point.controllerLimit, value("controller.resources")),
    "certificates.resources": resourcesAt(point.certificatesLimit, value("certificates.resources")),
    priorityClassName: text("priorityClassName"),
    nodeSelector: markedAs("yaml", value("nodeSelector")),
    tolerations: point.tolerations === "some" ? markedAs("yaml", value("tolerations")) : [],
    antiAffinity: point.antiAffinity,
    podAnnotations: { [mark("more", value("podAnnotations"))]: "" },
    podLabels: { [mark("more", value("podLabels"))]: "" },
    "policies.failurePolicy": text("policies.failurePolicy"),
    namespaces: each(point.namespaces === "some", "each", "namespaces"),
    webhookClientCa: point.webhookClientCa === "some" ? mark("text", value("webhookClientCa")) : undefined,
    trafficSplit: point.trafficSplit === "some",
    events: text("events"),
    logLevel: text("logLevel"),
    logFormat: text("logFormat"),
    gracePeriod,
    "certificates.issuer": point.certificateIssuer === "given" ? issuerRef(value("certificates.issuer")) : undefined,
    "identity.spiffe": markedAs("text", value("identity.spiffe")),
    "networkPolicy.enabled": point.networkPolicy === "enabled",
    "networkPolicy.apiServerPorts": each(true, "each-int", "networkPolicy.apiServerPorts"),
    "networkPolicy.webhookClients": each(point.webhookClients === "some", "each", "networkPolicy.webhookClients"),
  };
}

/** The whole map is the mark. */
const resourcesAt = (limit: "some" | "none", expression: string): WeftValues["resources"] =>
  limit === "none" ? markedAs("yaml", expression) : { limits: { memory: mark("yaml", expression) } };
