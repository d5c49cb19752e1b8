/**
 * Values at the edges of what Kubernetes takes, for every annotation that fills a field of the pod. What comes of each is
 * compared with a model of the validation (`annotation-edges.test.ts`) and with an API server (`test/api`).
 */
import { annotationRows } from "../../../../src/core/inject/settings/annotation-settings.ts";
import { keys } from "../../../../src/core/mesh/annotations.ts";
import type { Annotations, JsonObject } from "../../../../src/core/base/json/json.ts";
import { asking } from "../../../support/injection.ts";

/* oxlint-disable unicorn/no-useless-spread -- rows of texts */
const booleans = ["true", "false", "t", "0", "yes", "", " true", "TRUE"];
const onOff = ["enabled", "disabled", "true", "", " enabled"];
const ports = [
  "1",
  "65535",
  "0",
  "65536",
  "-1",
  "+80",
  "4140",
  "4143",
  "4190",
  "4191",
  "04143",
  " 80",
  "80 ",
  "",
  "x",
  "2147483648",
];
const portLists = ["", ",", "80", "80,", "0", "65536", "1-65535", "90-80", "80-", "a", " 80 , 90 ", "80\n90"];
const networks = ["", "10.0.0.0/8", "10.0.0.1", "::/0", "10.0.0.0/33", "x,10.0.0.0/8", " 10.0.0.0/8 "];
const durations = ["0", "1ns", "-1s", "1s", "1.5h", "2562047h", "9999999h", "", " 1s", "1d", "365d"];
const quantities = [
  ...[
    "0",
    "-0",
    "-1",
    "-100m",
    "-1n",
    "+1",
    "1n",
    "0.1n",
    "1e-10",
    "0.0000000001",
    "-0.0000000001",
    "1m",
    "100m",
    "5.",
  ],
  ...[".5", "1e3", "1E3", "1e+3", "12e6", "1Ki", "1.5Gi", "1Ei", "8Ei", "16Ei", "10E", "9223372036854775807"],
  ...[
    "9223372036854775808",
    "99999999999999999999",
    "1e18",
    "1e30",
    "1e100",
    "1e101",
    "1e2147483648",
    "",
    " 1",
    "1 ",
    "1K",
  ],
  ...["1 Gi", "Ki", "NaN", "0x10", "1_000"],
];
const ids = [
  ...["0", "1", "65534", "2147483646", "2147483647", "2147483648", "4294967295", "9223372036854775807", "-1", "-2"],
  ...["-9223372036854775808", "9223372036854775808", "+7", "007", "1e3", "", " 1", "root"],
];
const imageNames = [
  ...["x", "reg.example:5000/a/proxy", "", " ", " x", "x ", "\tx", "\t", "\n", "a b", "UPPER", "reg/proxy:v1", "x:"],
  ...["reg/proxy@sha256:0123456789012345678901234567890123456789012345678901234567890123", "x:v1:v2", ":", "/", "é"],
  ...["\u00a0x", "x\u2003", "\u0085x", "\ufeffx"],
];
const imageTags = [
  ...[
    "v1",
    "",
    " ",
    "v1 ",
    " v1",
    "v1\n",
    "\t",
    "a b",
    "v1:v2",
    "@sha256:0123456789012345678901234567890123456789012345678901234567890123",
  ],
  ...[
    "v1@sha256:0123456789012345678901234567890123456789012345678901234567890123",
    "x".repeat(200),
    "<b>",
    "v1\u00a0",
    "v1\u3000",
  ],
];
const policies = ["Always", "IfNotPresent", "Never", "always", "true", " Always", "Always ", ""];
const words = [
  "",
  "json",
  "plain",
  "apache",
  "x",
  "a\u0000b",
  "two\nlines",
  "$(x)",
  "é",
  "x".repeat(4_096),
  "x".repeat(4_097),
];

const env = (...variables: readonly unknown[]): string => JSON.stringify(variables);
const from = (valueFrom: unknown, more: JsonObject = {}): string => env({ name: "A", valueFrom, ...more });
const field = (fieldPath: unknown, apiVersion?: string): string => from({ fieldRef: { fieldPath, apiVersion } });
const resource = (name: string, divisor?: unknown): string =>
  from({ resourceFieldRef: { containerName: "linkerd-proxy", resource: name, divisor } });
const secret = (name: unknown, key: unknown, optional?: unknown): string =>
  from({ secretKeyRef: { name, key, optional } });
const variables = [
  ...["[]", "null", "[null]", "[{}]", "{}", "", "[1]", "TZ=UTC"],
  ...["", "A", "A=B", "=", "Ä", "A\u0000", "A B", "1A", "-", "~", "\u007f", "\t", "a".repeat(300)].map((name) =>
    env({ name, value: "x" }),
  ),
  ...["", "x", "a\u0000b", "\ud800", "$(A)", "é"].map((value) => env({ name: "A", value })),
  ...[null, {}, { x: {} }, { fieldRef: null }, { fieldRef: {} }, { fieldRef: "x" }, [], "x"].map((each) => from(each)),
  from({ fieldRef: { fieldPath: "metadata.name" } }, { value: "x" }),
  from({ fieldRef: { fieldPath: "metadata.name" } }, { value: "" }),
  from({ fieldRef: { fieldPath: "metadata.name" }, secretKeyRef: { name: "s", key: "k" } }),
  from({ fieldRef: { fieldPath: "metadata.name" }, secretKeyRef: null, unknown: 1 }),
  from({ fieldRef: { fieldPath: "metadata.name", unknown: 1 } }),
  from({ fileKeyRef: { path: "x", volumeName: "y", key: "z" } }),
  ...["metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"].map((path) =>
    field(path),
  ),
  ...["status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs", "spec.host"].map((path) => field(path)),
  ...[
    "metadata.bogus",
    "spec.hostNetwork",
    "metadata.labels",
    "status.phase",
    "spec.restartPolicy",
    "",
    " metadata.name",
    1,
  ].map((path) => field(path)),
  ...["a", "a/b", "A.b/C", "", "/", "a b", "-a", "x".repeat(64)].flatMap((key) => [
    field(`metadata.labels['${key}']`),
    field(`metadata.annotations['${key}']`),
  ]),
  ...["metadata.labels[a]", "metadata.labels['a'", "metadata.name['a']", "spec['a']"].map((path) => field(path)),
  ...["v1", "v9", ""].map((version) => field("metadata.name", version)),
  ...[
    "limits.cpu",
    "requests.memory",
    "limits.ephemeral-storage",
    "limits.hugepages-2Mi",
    "limits.hugepages-",
    "limits.pods",
    "bogus",
    "cpu",
    "",
  ].map((name) => resource(name)),
  ...["1", "1m", "0", "2", "1k", "", "-1", "x", 1, 0, true].flatMap((divisor) => [
    resource("limits.cpu", divisor),
    resource("limits.memory", divisor),
  ]),
  ...["1Ki", "1Mi", "1024", "1Ei", "1E", "2Mi", "1e3"].map((divisor) => resource("requests.memory", divisor)),
  ...["s", "S_bad", "", "a.b", "-s", "x".repeat(254), 1, null].map((name) => secret(name, "k")),
  ...["k", "a b", "", ".", "..", "..a", ".a", "A_b-c.d", "é", "x".repeat(254), 1].map((key) => secret("s", key)),
  ...[true, false, "true", 1, null].map((optional) => secret("s", "k", optional)),
  from({ configMapKeyRef: { name: "c", key: "a b" } }),
  from({ configMapKeyRef: { name: "c", key: "k", optional: true } }),
  env({ name: "GOOD", value: "1" }, { name: "BAD=", value: "2" }, { name: "ALSO", value: "3" }),
];

/** One entry for each row of `annotation-settings.ts`: a test holds the two together. */
export const edges: Readonly<Record<string, readonly string[]>> = {
  [keys.inject]: ["enabled", "ingress"],
  [keys.proxyImage]: imageNames,
  [keys.proxyVersion]: imageTags,
  [keys.imagePullPolicy]: policies,
  [keys.controlPort]: ports,
  [keys.inboundPort]: ports,
  [keys.adminPort]: ports,
  [keys.outboundPort]: ports,
  [keys.proxyAdminShutdown]: onOff,
  [keys.proxyLogLevel]: words,
  [keys.proxyLogHttpHeaders]: ["off", "insecure", "", "on"],
  [keys.proxyLogFormat]: words,
  [keys.proxyRequireIdentityInboundPorts]: portLists,
  [keys.proxyMetricsHostnameLabels]: booleans,
  [keys.proxyOutboundConnectTimeout]: durations,
  [keys.proxyInboundConnectTimeout]: durations,
  [keys.proxyOutboundDiscoveryCacheUnusedTimeout]: durations,
  [keys.proxyInboundDiscoveryCacheUnusedTimeout]: durations,
  [keys.proxyDisableOutboundDetectTimeout]: booleans,
  [keys.proxyDisableInboundDetectTimeout]: booleans,
  [keys.shutdownGracePeriod]: durations,
  [keys.enableGateway]: booleans,
  [keys.proxyWaitBeforeExitSeconds]: ["0", "1", "18446744073709551615", "18446744073709551616", "-1", "+1", "1.5", ""],
  [keys.proxyEnableNativeSidecar]: booleans,
  [keys.proxyEnableNativeSidecarBeta]: booleans,
  [keys.proxyEnableNativeSidecarAlpha]: booleans,
  [keys.proxyCpuRequest]: quantities,
  [keys.proxyCpuLimit]: quantities,
  [keys.proxyCpuRatioLimit]: ["0", "1", "0.5", "1.0000001", "-1", "NaN", "inf", "1e-320", "0x1p-2", ""],
  [keys.proxyMemoryRequest]: quantities,
  [keys.proxyMemoryLimit]: quantities,
  [keys.proxyEphemeralStorageRequest]: quantities,
  [keys.proxyEphemeralStorageLimit]: quantities,
  [keys.proxyUid]: ids,
  [keys.proxyGid]: ids,
  [keys.enableExternalProfiles]: booleans,
  [keys.skipInboundPorts]: portLists,
  [keys.skipOutboundPorts]: portLists,
  [keys.wrap]: ["disabled", "enabled", ""],
  [keys.wrapService]: ["web", "Web", ""],
  [keys.wrapAppPort]: ["8080", "http", "0", ""],
  [keys.initMode]: ["linkerd", "nft", "iptables", "", "x"],
  [keys.debugImage]: imageNames,
  [keys.debugImageVersion]: imageTags,
  [keys.debugImagePullPolicy]: policies,
  [keys.proxyAwait]: onOff,
  [keys.defaultInboundPolicy]: ["deny", "audit", "Deny", "", "deny "],
  [keys.skipSubnets]: networks,
  [keys.skipOutboundSubnets]: networks,
  [keys.accessLog]: words,
  [keys.enableDebugSidecar]: booleans,
  [keys.disableTap]: booleans,
  [keys.closeWaitTimeout]: durations,
  [keys.proxyAdditionalEnv]: variables,
};

/** Values that only together are none. */
const pairs: readonly Annotations[] = [
  ...(["cpu", "memory", "ephemeral-storage"] as const).flatMap((name) =>
    (
      [
        ["500m", "100m"],
        ["1", "1000m"],
        ["2Gi", "1"],
        ["1", "0"],
        ["8Ei", "1"],
        ["1e30", "1Ei"],
        ["1n", "0"],
        ["-1", "1"],
        ["1", "-1"],
      ] as const
    ).map(([request, limit]) => ({
      [`config.linkerd.io/proxy-${name}-request`]: request,
      [`config.linkerd.io/proxy-${name}-limit`]: limit,
    })),
  ),
  { [keys.inboundPort]: "4191", [keys.adminPort]: "4191" },
  { [keys.inboundPort]: "4140", [keys.outboundPort]: "4143" },
  { [keys.controlPort]: "4143", [keys.proxyEnableNativeSidecar]: "false" },
  { [keys.proxyImage]: "\t", [keys.proxyVersion]: "\t" },
  { [keys.proxyImage]: "x ", [keys.proxyVersion]: "" },
  { [keys.proxyUid]: "2147483648", [keys.proxyGid]: "2147483648" },
];

export interface Edge {
  readonly name: string;
  readonly annotations: Annotations;
  readonly pod: JsonObject;
}

const withDebug: Annotations = { [keys.enableDebugSidecar]: "true" };
const regular: Annotations = { [keys.proxyEnableNativeSidecar]: "false" };
const shown = (annotations: Annotations): string =>
  Object.entries(annotations)
    .map(([key, value]) => `${key}: ${JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value)}`)
    .join(", ");

/** Each on a pod of its own, with the debug container, whose fields are filled, too. */
export const edgePods: readonly Edge[] = [
  ...annotationRows.flatMap(({ annotation }) =>
    (edges[annotation] ?? []).map((value): Annotations => ({ ...withDebug, [annotation]: value })),
  ),
  ...pairs,
  ...[keys.proxyWaitBeforeExitSeconds, keys.proxyAwait, keys.adminPort].flatMap((key) =>
    (edges[key] ?? []).map((value): Annotations => ({ ...regular, [key]: value })),
  ),
].map((annotations) => ({
  name: shown(annotations),
  annotations,
  pod: asking({ annotations, metadata: { name: "web", namespace: "edges" } }),
}));
