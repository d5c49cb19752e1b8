/**
 * A Deployment of weft's: replicas of a command that serves, under Pod Security *restricted*, spread out, and slow to
 * leave.
 */
import type {
  V1Affinity,
  V1Container,
  V1ContainerPort,
  V1Deployment,
  V1PodSpec,
  V1Probe,
  V1Volume,
} from "@kubernetes/client-node";
import { keys } from "../mesh/annotations.ts";
import type { Wire } from "./wire.ts";
import { imageText } from "./image.ts";
import { meta } from "./meta.ts";
import { labelsOf, names, paths, podSelectorOf, ports } from "./names.ts";
import type { Component } from "./names.ts";
import type { Resources } from "./readers.ts";
import { wholeSeconds } from "./readers.ts";
import type { InstallOptions } from "./chosen.ts";

/** One of weft's commands that serve. */
export interface Program {
  /** Of the Deployment and the ServiceAccount. */
  readonly name: string;
  /** Also the name of the container. */
  readonly component: Component;
  readonly replicas: number;
  readonly resources: Resources;
  /** The command and its flags. */
  readonly args: readonly string[];
  /** Beside that of /livez and /readyz. */
  readonly ports: readonly Wire<V1ContainerPort>[];
  /** Folders beside that with the token. */
  readonly mounts: readonly Mount[];
}

export interface Mount {
  readonly volume: Wire<V1Volume> & { readonly name: string };
  readonly path: string;
}

export function deploymentOf(options: InstallOptions, program: Program): Wire<V1Deployment> {
  const { namespace, version, weft } = options;
  const labels = { ...labelsOf(program.component), "app.kubernetes.io/version": version };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...meta(program.name, namespace), labels },
    spec: {
      replicas: program.replicas,
      selector: { matchLabels: podSelectorOf(program.component) },
      strategy: { type: "RollingUpdate", rollingUpdate: rollingUpdate(options, program) },
      template: {
        metadata: {
          labels: { ...weft.podLabels, ...labels },
          annotations: {
            ...weft.podAnnotations,
            // Also where Linkerd's own injector looks at this namespace.
            [keys.inject]: "disabled",
          },
        },
        spec: podSpec(options, program),
      },
    },
  };
}

/**
 * A new replica is ready before an old one goes; where no two replicas may share a node, there may be none for it.
 */
const rollingUpdate = ({ weft }: InstallOptions, { replicas }: Program) =>
  weft.antiAffinity === "required" && replicas > 1
    ? { maxUnavailable: 1, maxSurge: 1 }
    : { maxUnavailable: 0, maxSurge: 1 };

function podSpec(options: InstallOptions, program: Program): Wire<V1PodSpec> {
  const { weft } = options;
  return {
    serviceAccountName: program.name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: weft.priorityClassName,
    ...(weft.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: weft.imagePullSecrets.map((name) => ({ name })) }),
    nodeSelector: weft.nodeSelector,
    ...(weft.tolerations.length === 0 ? {} : { tolerations: weft.tolerations }),
    affinity: affinity(options, program),
    topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: podSelectorOf(program.component) },
      // Replicas of the version before do not count while one follows the other.
      matchLabelKeys: ["pod-template-hash"],
    })),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationGracePeriodSeconds: terminationSeconds(options),
    containers: [container(options, program)],
    volumes: mountsOf(program).map(({ volume }) => volume),
  };
}

/** As Linkerd's HA values have it: apart by node, if possible also by zone. */
function affinity({ weft }: InstallOptions, { component }: Program): Wire<V1Affinity> {
  const apart = (topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: podSelectorOf(component) } });
  const preferred = (topologyKey: string) => ({ weight: 100, podAffinityTerm: apart(topologyKey) });
  const [node, zone] = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"] as const;
  return {
    podAntiAffinity:
      weft.antiAffinity === "required"
        ? {
            requiredDuringSchedulingIgnoredDuringExecution: [apart(node)],
            preferredDuringSchedulingIgnoredDuringExecution: [preferred(zone)],
          }
        : { preferredDuringSchedulingIgnoredDuringExecution: [preferred(node)] },
  };
}

/**
 * Stopping, in seconds: before SIGTERM, so that the EndpointSlice is without this replica when weft's own grace period
 * begins; then, after that, what `webhook/limits.ts` says for a last call and for draining, and some to spare.
 */
const stopping = { before: 2, after: 1 + 15, spare: 5 };

export const terminationSeconds = ({ weft }: Pick<InstallOptions, "weft">): number =>
  stopping.before + wholeSeconds(weft.gracePeriod) + stopping.after + stopping.spare;

function container({ weft, version }: InstallOptions, program: Program): Wire<V1Container> {
  return {
    name: program.component,
    image: imageText(weft, version),
    imagePullPolicy: weft.imagePullPolicy,
    args: program.args,
    ...heapOf(program.resources),
    ports: [...program.ports, { name: "admin", containerPort: ports.admin, protocol: "TCP" }],
    startupProbe: probe("/livez", { periodSeconds: 1, failureThreshold: 60 }),
    livenessProbe: probe("/livez", { periodSeconds: 10, timeoutSeconds: 5 }),
    readinessProbe: probe("/readyz", { periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 }),
    lifecycle: { preStop: { sleep: { seconds: stopping.before } } },
    resources: program.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: mountsOf(program).map(({ volume: { name }, path }) => ({ name, mountPath: path, readOnly: true })),
  };
}

/**
 * Node's heap may grow to a part of the container's memory, whatever that is set to later; without a limit, to what Node
 * thinks best, which under one is too little or more than there is. Of what is left, 140 MiB were seen in use at most:
 * the program, and bodies that come and go.
 */
const heapOf = ({ limits }: Resources): Pick<Wire<V1Container>, "env"> =>
  limits?.["memory"] === undefined
    ? {}
    : { env: [{ name: "NODE_OPTIONS", value: "--max-old-space-size-percentage=65" }] };

const probe = (path: string, times: Partial<Wire<V1Probe>>): Wire<V1Probe> => ({
  httpGet: { path, port: "admin" },
  ...times,
});

/** Flags of who knows the mesh; each that is not as usual, and those that are also fixed elsewhere in the manifest. */
export const commonArgs = ({ namespace, controlPlaneNamespace }: InstallOptions): readonly string[] => [
  `--namespace=${namespace}`,
  `--control-plane-namespace=${controlPlaneNamespace}`,
  `--settings=${paths.settings}/${names.settingsKey}`,
  `--settings-config-map=${names.settings}`,
  `--trust-anchors=${paths.trustAnchors}/${names.trustAnchorsKey}`,
  `--trust-anchors-config-map=${names.trustAnchors}`,
];

/** What those flags name. */
export const commonMounts: readonly Mount[] = [
  { volume: { name: "settings", configMap: { name: names.settings } }, path: paths.settings },
  { volume: { name: "trust-anchors", configMap: { name: names.trustAnchors } }, path: paths.trustAnchors },
];

export const servingArgs = (options: InstallOptions): readonly string[] => [
  ...loggingArgs(options),
  `--grace-period=${options.weft.gracePeriod}`,
];

export const loggingArgs = ({ weft }: InstallOptions): readonly string[] => [
  `--log-level=${weft.logLevel}`,
  `--log-format=${weft.logFormat}`,
];

const mountsOf = ({ mounts }: Program): readonly Mount[] => [
  ...mounts,
  { volume: { name: "token", projected: { sources: tokenSources } }, path: paths.token },
];

/** What the kubelet mounts by itself for other pods. */
const tokenSources = [
  { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
  { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
  {
    downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] },
  },
];
