/**
 * Values of Linkerd's chart that weft takes, as whole values files are given to it, and that change nothing: those that
 * are set to something else than what the chart has. Nobody is to rest on them.
 */
import { labels } from "../mesh/annotations.ts";
import { settingPaths } from "../inject/settings/settings.ts";
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { quoted } from "../base/text/quote.ts";
import { chartValues } from "./chart-values.ts";
import type { ValueTree, ValueType } from "./chart-values.ts";
import { meshValuePaths } from "../view/mesh-values.ts";

/** Their paths, in the order of the values. What is below `weft` is weft's; what no chart knows, `values-issues.ts` tells. */
export const unheeded = (values: JsonObject): readonly string[] =>
  unheededBelow(values, { defaultValue: chart, tree: chartValues, above: "" });

/** In one line: `a and b (why), c, and 3 more`. */
export function unheededText(paths: readonly string[]): string {
  const shown = [...Map.groupBy(paths.slice(0, mostShown), whyNot)].map(([why, found]) => {
    const names = found.map((path) => (/^[\w.-]+$/.test(path) ? path : quoted(path))).join(", ");
    return why === undefined ? names : `${names} (${why})`;
  });
  const more = paths.length - mostShown;
  return `${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

const mostShown = 100;

/** Heeded by `weft install` alone. */
const installPaths = [
  "webhookFailurePolicy",
  "proxyInjector.timeoutSeconds",
  "identity.issuer.scheme",
  "identity.issuer.issuanceLifetime",
  "identity.issuer.clockSkewAllowance",
  "identity.issuer.tls",
] as const;

const heeded: ReadonlySet<string> = new Set(["weft", ...settingPaths, ...meshValuePaths, ...installPaths]);

interface Below {
  readonly defaultValue: Json | undefined;
  readonly tree: ValueTree | ValueType;
  readonly above: string;
}

function unheededBelow(values: JsonObject, { defaultValue, tree, above }: Below): readonly string[] {
  return Object.entries(values).flatMap(([key, value = null]): readonly string[] => {
    const path = above === "" ? key : `${above}.${key}`;
    const known = typeof tree === "string" ? tree : Object.hasOwn(tree, key) ? tree[key] : undefined;
    const inChart = isObject(defaultValue) && Object.hasOwn(defaultValue, key) ? defaultValue[key] : undefined;
    if (known === undefined || heeded.has(path) || JSON.stringify(value) === JSON.stringify(inChart)) return [];
    if (isObject(value)) return unheededBelow(value, { defaultValue: inChart, tree: known, above: path });
    return isBlank(value) && isBlank(inChart ?? null) ? [] : [path];
  });
}

const isBlank = (value: Json): boolean => value === null || value === "" || value === false || isEmptyList(value);
const isEmptyList = (value: Json): boolean => Array.isArray(value) && value.length === 0;

/** By the beginning of the path; the longest that fits counts. */
export const reasonsByPath: Readonly<Record<string, string>> = {
  controllerReplicas: "use weft.replicas and weft.controller.replicas",
  controllerImage: "use weft.image",
  controllerImageVersion: "use weft.image.tag",
  controllerLogLevel: "use weft.logLevel",
  imagePullSecrets: "use weft.imagePullSecrets",
  nodeSelector: "use weft.nodeSelector",
  tolerations: "use weft.tolerations",
  priorityClassName: "use weft.priorityClassName",
  enablePodAntiAffinity: "use weft.antiAffinity",
  "identity.externalCA": "use weft.identity.mode",
  proxyInjector: "weft's webhook has values below weft, and certificates of its own",
  policyValidator: "weft's webhook has certificates of its own",
  profileValidator: "there are no ServiceProfiles",
  podMonitor: "weft installs no PodMonitor",
  disableHeartBeat: "weft sends no heartbeat",
  prometheusUrl: "weft sends no heartbeat",
  egress: "there are no EgressNetworks",
};

/** Undefined: there is none. */
function whyNot(path: string): string | undefined {
  const fits = Object.keys(reasonsByPath).filter((start) => path === start || path.startsWith(`${start}.`));
  const [longest = ""] = fits.toSorted((a, b) => b.length - a.length);
  return reasonsByPath[longest];
}

const probes = { livenessProbe: { timeoutSeconds: 1 }, readinessProbe: { timeoutSeconds: 1 } };
const allowed = { key: labels.admissionWebhooks, operator: "NotIn", values: ["disabled"] };
const namespaceSelector = { matchExpressions: [allowed] };

/** What the chart has for those that weft does not heed, where that is not blank. */
const chart: JsonObject = {
  controller: { podDisruptionBudget: { maxUnavailable: 1 } },
  controllerGID: -1,
  controllerImage: "cr.l5d.io/linkerd/controller",
  controllerLogFormat: "plain",
  controllerLogLevel: "info",
  controllerReplicas: 1,
  controllerUID: 2103,
  deploymentStrategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
  destinationController: probes,
  egress: { globalEgressNetworkNamespace: "linkerd-egress" },
  enableEndpointSlices: true,
  identity: { ...probes, kubeAPI: { clientBurst: 200, clientQPS: 100 } },
  kubeAPI: { clientBurst: 200, clientQPS: 100 },
  nodeSelector: { "kubernetes.io/os": "linux" },
  podMonitor: {
    controller: { enabled: true, namespaceSelector: "matchNames:\n  - {{ .Release.Namespace }}\n  - linkerd-viz\n" },
    proxy: { enabled: true },
    scrapeInterval: "10s",
    scrapeTimeout: "10s",
    serviceMirror: { enabled: true },
  },
  policyController: { ...probes, logLevel: "info" },
  policyValidator: { namespaceSelector },
  profileValidator: { namespaceSelector },
  proxyInit: { kubeAPIServerPorts: "443,6443" },
  proxyInjector: {
    ...probes,
    namespaceSelector: {
      matchExpressions: [
        allowed,
        { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system", "cert-manager"] },
      ],
    },
    objectSelector: {
      matchExpressions: [
        { key: labels.controlPlaneComponent, operator: "DoesNotExist" },
        { key: labels.cniResource, operator: "DoesNotExist" },
      ],
    },
  },
  revisionHistoryLimit: 10,
  spValidator: probes,
};
