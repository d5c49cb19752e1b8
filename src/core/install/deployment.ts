/** The Deployment: replicas of `weft webhook`, under Pod Security *restricted*, spread out, and slow to leave. */
import type { V1Affinity, V1Container, V1Deployment, V1PodSpec, V1Probe, V1Volume } from "@kubernetes/client-node";
import { keys } from "../mesh/annotations.ts";
import type { Wire } from "../mesh/models.ts";
import type { Choices } from "./choices.ts";
import { meta } from "./meta.ts";
import { commonLabels, configurationNames, names, paths, podSelector, ports } from "./names.ts";
import { wholeSeconds } from "./readers.ts";

export function deployment(choices: Choices): Wire<V1Deployment> {
  const { namespace, version, weft } = choices;
  const labels = { ...commonLabels, "app.kubernetes.io/version": version };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...meta(names.injector, namespace), labels },
    spec: {
      replicas: weft.replicas,
      selector: { matchLabels: podSelector },
      strategy: { type: "RollingUpdate", rollingUpdate: rollingUpdate(choices) },
      template: {
        metadata: {
          labels: { ...weft.podLabels, ...labels },
          annotations: {
            ...weft.podAnnotations,
            // Also where Linkerd's own injector looks at this namespace.
            [keys.inject]: "disabled",
          },
        },
        spec: podSpec(choices),
      },
    },
  };
}

/**
 * A new replica is ready before an old one goes; where no two replicas may share a node, there may be none for it.
 */
const rollingUpdate = ({ weft }: Choices) =>
  weft.antiAffinity === "required" && weft.replicas > 1
    ? { maxUnavailable: 1, maxSurge: 1 }
    : { maxUnavailable: 0, maxSurge: 1 };

function podSpec(choices: Choices): Wire<V1PodSpec> {
  const { weft } = choices;
  return {
    serviceAccountName: names.injector,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: weft.priorityClassName,
    ...(weft.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: weft.imagePullSecrets.map((name) => ({ name })) }),
    nodeSelector: weft.nodeSelector,
    ...(weft.tolerations.length === 0 ? {} : { tolerations: weft.tolerations }),
    affinity: affinity(choices),
    topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: podSelector },
      // Replicas of the version before do not count while one follows the other.
      matchLabelKeys: ["pod-template-hash"],
    })),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationGracePeriodSeconds: terminationSeconds(choices),
    containers: [container(choices)],
    volumes: volumes(choices),
  };
}

/** As Linkerd's HA values have it: apart by node, if possible also by zone. */
function affinity({ weft }: Choices): Wire<V1Affinity> {
  const apart = (topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: podSelector } });
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

export const terminationSeconds = ({ weft }: Pick<Choices, "weft">): number =>
  stopping.before + wholeSeconds(weft.gracePeriod) + stopping.after + stopping.spare;

function container(choices: Choices): Wire<V1Container> {
  const { weft, version } = choices;
  return {
    name: "injector",
    image: weft.image ?? `weft:${version}`,
    imagePullPolicy: weft.imagePullPolicy,
    args: args(choices),
    ports: [
      { name: "webhook", containerPort: ports.webhook, protocol: "TCP" },
      { name: "admin", containerPort: ports.admin, protocol: "TCP" },
    ],
    startupProbe: probe("/livez", { periodSeconds: 1, failureThreshold: 60 }),
    livenessProbe: probe("/livez", { periodSeconds: 10, timeoutSeconds: 5 }),
    readinessProbe: probe("/readyz", { periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 }),
    lifecycle: { preStop: { sleep: { seconds: stopping.before } } },
    resources: weft.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [
      { name: "settings", mountPath: paths.settings, readOnly: true },
      { name: "trust-anchors", mountPath: paths.trustAnchors, readOnly: true },
      ...(mountedSecret(choices) === undefined ? [] : [{ name: "tls", mountPath: paths.tls, readOnly: true }]),
      { name: "token", mountPath: paths.token, readOnly: true },
    ],
  };
}

const probe = (path: string, times: Partial<Wire<V1Probe>>): Wire<V1Probe> => ({
  httpGet: { path, port: "admin" },
  ...times,
});

/** Every flag that is not as usual; ports and paths are also fixed elsewhere in the manifest. */
function args({ namespace, weft, mesh, certificates }: Choices): readonly string[] {
  const configurations = configurationNames(mesh.kind === "adopted");
  return [
    "webhook",
    `--namespace=${namespace}`,
    `--service=${names.injector}`,
    `--control-plane-namespace=${weft.controlPlaneNamespace}`,
    `--settings=${paths.settings}/${names.settingsKey}`,
    `--trust-anchors=${paths.trustAnchors}/${names.trustAnchorsKey}`,
    ...(certificates.kind === "self"
      ? [
          `--certificates-secret=${names.ownSecret}`,
          `--mutating-configuration=${configurations.mutating}`,
          `--validating-configuration=${configurations.validating}`,
        ]
      : [`--tls-dir=${paths.tls}`]),
    `--events=${weft.events}`,
    `--log-level=${weft.logLevel}`,
    `--log-format=${weft.logFormat}`,
    `--grace-period=${weft.gracePeriod}`,
  ];
}

const mountedSecret = ({ certificates }: Choices): string | undefined =>
  ({ self: undefined, "cert-manager": names.certManagerSecret, files: names.givenSecret })[certificates.kind];

function volumes(choices: Choices): readonly Wire<V1Volume>[] {
  const secretName = mountedSecret(choices);
  return [
    { name: "settings", configMap: { name: names.settings } },
    { name: "trust-anchors", configMap: { name: names.trustAnchors } },
    ...(secretName === undefined ? [] : [{ name: "tls", secret: { secretName } }]),
    { name: "token", projected: { sources: tokenSources } },
  ];
}

/** What the kubelet mounts by itself for other pods. */
const tokenSources = [
  { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
  { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
  {
    downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] },
  },
];
