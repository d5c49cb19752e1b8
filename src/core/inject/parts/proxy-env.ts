/** Environment of the proxy, in the contract's order (6.3.1): Kubernetes expands only what was defined earlier. */
import { perObject } from "../../base/memory/memo.ts";
import { tokenMountPath } from "../../kubernetes/service-account.ts";
import { controlPlane, domainsOf } from "../../mesh/control-plane.ts";
import type { ControlPlaneService } from "../../mesh/control-plane.ts";
import { identityOf } from "../../mesh/identity.ts";
import { listenVariables } from "../../mesh/proxy-ports.ts";
import type { ProxyListener } from "../../mesh/proxy-ports.ts";
import { containerNames } from "../../mesh/sidecar.ts";
import { tapAccount, tapVariable } from "../../mesh/tap.ts";
import { environmentName } from "./environment-name.ts";
import { numberText } from "../../base/scalars/numbers.ts";
import { identityDirectory, podInfoDirectory, tokenDirectory, volumeNames } from "./volumes.ts";
import { byteOrder } from "../settings/fields.ts";
import type { EnvVar, Leaf, Scalar } from "../settings/fields.ts";
import type { Installation } from "../settings/installation.ts";
import type { PodSettings } from "../settings/settings.ts";

export interface EnvironmentInput {
  readonly settings: PodSettings;
  readonly installation: Installation;
  /** `LINKERD2_PROXY_INBOUND_PORTS` */
  readonly inboundPorts: string;
  /** `LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION`; empty: left out. */
  readonly opaquePorts: string;
}

export const inboundPortsVariable = "LINKERD2_PROXY_INBOUND_PORTS";
export const opaquePortsVariable = "LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION";
/** Always there, and the next after the opaque ports. */
export const afterOpaquePorts = "LINKERD2_PROXY_DESTINATION_CONTEXT";

export function proxyEnvironment({
  installation,
  settings,
  inboundPorts,
  opaquePorts,
}: EnvironmentInput): readonly EnvVar[] {
  const { beforePorts, beforeOpaque, rest } = fixed(installation)(settings);
  return [
    ...beforePorts,
    { name: inboundPortsVariable, value: inboundPorts },
    ...beforeOpaque,
    ...(opaquePorts === "" ? [] : [{ name: opaquePortsVariable, value: opaquePorts }]),
    ...rest,
  ];
}

/** What follows from the settings alone, made once for them. */
const fixed = perObject((installation: Installation) =>
  perObject((settings: PodSettings) => {
    const input = { installation, settings };
    return {
      beforePorts: [
        ...downward,
        ...cores(settings),
        ...unlessBlank("INBOUND_PORTS_REQUIRE_IDENTITY", settings["proxy.requireIdentityOnInboundPorts"]),
        variable("SHUTDOWN_ENDPOINT_ENABLED", settings["proxy.enableShutdownEndpoint"]),
        variable("LOG", logFilter(settings)),
        variable("LOG_FORMAT", settings["proxy.logFormat"]),
        ...discovery(input),
        ...timeouts(settings),
        ...listeners(settings),
        { name: "LINKERD2_PROXY_INBOUND_IPS", valueFrom: field("status.podIPs") },
      ],
      beforeOpaque: [
        ...modes(input),
        ...keepAlive,
        variable("OUTBOUND_METRICS_HOSTNAME_LABELS", settings["proxy.metrics.hostnameLabels"]),
        ...tracing(input),
        ...leaves("INBOUND", settings["proxy.inbound"]),
        ...leaves("OUTBOUND", settings["proxy.outbound"]),
      ],
      rest: [
        ...identity(input),
        ...unlessBlank("ACCESS_LOG", settings["proxy.accessLog"]),
        ...unlessBlank("SHUTDOWN_GRACE_PERIOD", settings["proxy.shutdownGracePeriod"]),
        ...settings["proxy.additionalEnv"],
        ...settings["proxy.experimentalEnv"],
      ],
    };
  }),
);

type FixedInput = Pick<EnvironmentInput, "settings" | "installation">;

/** Names of the mesh, as certificates and the DNS have them. */
function meshNames({ settings, controlPlaneNamespace }: Installation) {
  const { clusterDomain, trustDomain } = domainsOf(settings);
  const domain = { controlPlaneNamespace, trustDomain };
  return {
    trustDomain,
    services: `svc.${clusterDomain}.`,
    addressOf: ({ name, port }: ControlPlaneService): string =>
      `${name}.${controlPlaneNamespace}.svc.${clusterDomain}.:${port.number}`,
    identityOf: (serviceAccount: string, namespace: string): string =>
      identityOf({ namespace, serviceAccount }, domain),
    /** Of whom it is that answers at the address. */
    accountOf: ({ account }: ControlPlaneService): string =>
      identityOf({ namespace: controlPlaneNamespace, serviceAccount: account }, domain),
  };
}

const field = (fieldPath: string): { readonly fieldRef: { readonly fieldPath: string } } => ({
  fieldRef: { fieldPath },
});

const variable = (name: string, value: string | boolean): EnvVar => ({
  name: `LINKERD2_PROXY_${name}`,
  value: String(value),
});

const unlessBlank = (name: string, value: string): readonly EnvVar[] => (value === "" ? [] : [variable(name, value)]);

const downward: readonly EnvVar[] = [
  { name: "_pod_name", valueFrom: field("metadata.name") },
  { name: "_pod_ns", valueFrom: field("metadata.namespace") },
  { name: "_pod_uid", valueFrom: field("metadata.uid") },
  { name: "_pod_ip", valueFrom: field("status.podIP") },
  { name: "_pod_nodeName", valueFrom: field("spec.nodeName") },
  { name: "_pod_containerName", value: containerNames.proxy },
];

function cores(settings: PodSettings): readonly EnvVar[] {
  const fixed = settings["proxy.cores"];
  const minimum = settings["proxy.runtime.workers.minimum"];
  const maximum = settings["proxy.runtime.workers.maximum"];
  const ratio = settings["proxy.runtime.workers.maximumCPURatio"];
  const isSet = (value: number | bigint): boolean => Number(value) !== 0;
  const least = numberText(isSet(fixed) ? fixed : isSet(minimum) ? minimum : 1);
  if (![fixed, minimum, maximum, ratio].some(isSet)) return [];
  return [
    variable("CORES", least),
    variable("CORES_MIN", least),
    ...(!isSet(fixed) && isSet(maximum) ? [variable("CORES_MAX", numberText(maximum))] : []),
    ...(!isSet(fixed) && isSet(ratio) ? [variable("CORES_MAX_RATIO", numberText(ratio))] : []),
  ];
}

const logFilter = (settings: PodSettings): string =>
  settings["proxy.logHTTPHeaders"] === "insecure"
    ? settings["proxy.logLevel"]
    : `${settings["proxy.logLevel"]},[{headers}]=off,[{request}]=off`;

function discovery({ settings, installation }: FixedInput): readonly EnvVar[] {
  const { addressOf } = meshNames(installation);
  const networks = installation.settings.clusterNetworks;
  return [
    variable("DESTINATION_SVC_ADDR", addressOf(controlPlane.destination)),
    variable("DESTINATION_PROFILE_NETWORKS", networks),
    variable("POLICY_SVC_ADDR", addressOf(controlPlane.policy)),
    variable("POLICY_WORKLOAD", '{"ns":"$(_pod_ns)", "pod":"$(_pod_name)"}\n'),
    variable("INBOUND_DEFAULT_POLICY", settings["proxy.defaultInboundPolicy"]),
    variable("POLICY_CLUSTER_NETWORKS", networks),
    variable("CONTROL_STREAM_INITIAL_TIMEOUT", settings["proxy.control.streams.initialTimeout"]),
    variable("CONTROL_STREAM_IDLE_TIMEOUT", settings["proxy.control.streams.idleTimeout"]),
    variable("CONTROL_STREAM_LIFETIME", settings["proxy.control.streams.lifetime"]),
  ];
}

const timeouts = (settings: PodSettings): readonly EnvVar[] => [
  ...unlessBlank("INBOUND_CONNECT_TIMEOUT", settings["proxy.inboundConnectTimeout"]),
  ...unlessBlank("OUTBOUND_CONNECT_TIMEOUT", settings["proxy.outboundConnectTimeout"]),
  ...unlessBlank("OUTBOUND_DISCOVERY_IDLE_TIMEOUT", settings["proxy.outboundDiscoveryCacheUnusedTimeout"]),
  ...unlessBlank("INBOUND_DISCOVERY_IDLE_TIMEOUT", settings["proxy.inboundDiscoveryCacheUnusedTimeout"]),
  ...(settings["proxy.disableOutboundProtocolDetectTimeout"] ? [variable("OUTBOUND_DETECT_TIMEOUT", "365d")] : []),
  ...(settings["proxy.disableInboundProtocolDetectTimeout"] ? [variable("INBOUND_DETECT_TIMEOUT", "365d")] : []),
];

function listeners(settings: PodSettings): readonly EnvVar[] {
  const any = settings.disableIPv6 ? "0.0.0.0" : "[::]";
  const port = (name: ProxyListener): string => numberText(settings[`proxy.ports.${name}`]);
  const listening = (name: ProxyListener, value: string): EnvVar => ({ name: listenVariables[name], value });
  const loopback = `127.0.0.1:${port("outbound")}`;
  return [
    listening("control", `${any}:${port("control")}`),
    listening("admin", `${any}:${port("admin")}`),
    listening("outbound", loopback),
    variable("OUTBOUND_LISTEN_ADDRS", settings.disableIPv6 ? loopback : `${loopback},[::1]:${port("outbound")}`),
    listening("inbound", `${any}:${port("inbound")}`),
  ];
}

const modes = ({ settings, installation }: FixedInput): readonly EnvVar[] => [
  ...(settings["proxy.isGateway"] ? [variable("INBOUND_GATEWAY_SUFFIXES", meshNames(installation).services)] : []),
  ...(settings["proxy.isIngress"] ? [variable("INGRESS_MODE", true)] : []),
  variable(
    "DESTINATION_PROFILE_SUFFIXES",
    settings["proxy.enableExternalProfiles"] ? "." : meshNames(installation).services,
  ),
];

const keepAlive: readonly EnvVar[] = [
  variable("INBOUND_ACCEPT_KEEPALIVE", "10000ms"),
  variable("OUTBOUND_CONNECT_KEEPALIVE", "10000ms"),
  variable("INBOUND_ACCEPT_USER_TIMEOUT", "30s"),
  variable("OUTBOUND_CONNECT_USER_TIMEOUT", "30s"),
];

function tracing({ settings, installation }: FixedInput): readonly EnvVar[] {
  if (!settings["proxy.tracing.enabled"]) return [];
  const { identityOf } = meshNames(installation);
  const protocol = settings["proxy.tracing.protocol"];
  const service = settings["proxy.tracing.traceServiceName"];
  const attributes = Object.entries(settings["proxy.tracing.labels"]).toSorted(([a], [b]) => byteOrder(a, b));
  return [
    variable("TRACE_ATTRIBUTES_PATH", `${podInfoDirectory}/labels`),
    variable("TRACE_ANNOTATIONS_PATH", `${podInfoDirectory}/annotations`),
    variable("TRACE_PROTOCOL", protocol === "" ? "opentelemetry" : protocol),
    // A blank name is written without value, as Linkerd does.
    { name: "LINKERD2_PROXY_TRACE_SERVICE_NAME", ...(service === "" ? {} : { value: service }) },
    variable("TRACE_COLLECTOR_SVC_ADDR", settings["proxy.tracing.collector.endpoint"]),
    variable(
      "TRACE_COLLECTOR_SVC_NAME",
      identityOf(
        settings["proxy.tracing.collector.meshIdentity.serviceAccountName"],
        settings["proxy.tracing.collector.meshIdentity.namespace"],
      ),
    ),
    variable("TRACE_EXTRA_ATTRIBUTES", attributes.map(([key, value]) => `${key}=${value}\n`).join("")),
  ];
}

const leaves = (direction: string, tree: readonly Leaf[]): readonly EnvVar[] =>
  tree.map(([scope, protocol, parameter, value]) => ({
    name: ["LINKERD2_PROXY", direction, ...[scope, protocol, parameter].map(environmentName)].join("_"),
    value: scalarText(value),
  }));

const scalarText = (value: Scalar): string | null =>
  typeof value === "number" ? numberText(value) : value === null ? null : String(value);

function identity({ settings, installation }: FixedInput): readonly EnvVar[] {
  const names = meshNames(installation);
  const token = settings["identity.serviceAccountTokenProjection"]
    ? `${tokenDirectory}/${volumeNames.token}`
    : `${tokenMountPath}/token`;
  return [
    { name: afterOpaquePorts, value: '{"ns":"$(_pod_ns)", "nodeName":"$(_pod_nodeName)", "pod":"$(_pod_name)"}\n' },
    { name: "_pod_sa", valueFrom: field("spec.serviceAccountName") },
    { name: "_l5d_ns", value: installation.controlPlaneNamespace },
    { name: "_l5d_trustdomain", value: names.trustDomain },
    ...(settings["tap.enabled"] ? [{ name: tapVariable, value: names.identityOf(tapAccount, "$(_pod_ns)") }] : []),
    variable("IDENTITY_DIR", identityDirectory),
    variable("IDENTITY_TRUST_ANCHORS", `${installation.trustAnchors.pem.trim()}\n`),
    variable("IDENTITY_TOKEN_FILE", token),
    variable("IDENTITY_SVC_ADDR", names.addressOf(controlPlane.identity)),
    variable("IDENTITY_LOCAL_NAME", names.identityOf("$(_pod_sa)", "$(_pod_ns)")),
    variable("IDENTITY_SVC_NAME", names.accountOf(controlPlane.identity)),
    variable("DESTINATION_SVC_NAME", names.accountOf(controlPlane.destination)),
    variable("POLICY_SVC_NAME", names.accountOf(controlPlane.policy)),
  ];
}
