/**
 * Annotations that override settings: one row each (contract 4.2). A row says which annotation, which settings it
 * writes, what it expects, and how its text becomes values; documentation, warnings and `explain` follow from the row.
 */
import { keys } from "../mesh/annotations.ts";
import { parseBool, parseOnOff } from "../mesh/booleans.ts";
import { defaultPolicies } from "../mesh/default-policy.ts";
import { millisecondsText, parseDuration, secondsText, wholeSeconds } from "../mesh/duration.ts";
import type { Issue } from "../mesh/issue.ts";
import { numberText, parseGoFloat, parseInt32, parseInt64, parseUint64 } from "../mesh/numbers.ts";
import { excess, excessOfValue, mostNetworks, mostPorts } from "../mesh/lists.ts";
import { everyPort, isPort, parseSkipEntry } from "../mesh/ports.ts";
import { parseQuantity, wholeCores } from "../mesh/quantity.ts";
import { quoted } from "../mesh/quote.ts";
import { trimSpace } from "../mesh/spaces.ts";
import { parseCidr } from "../mesh/subnets.ts";
import { initFaults } from "./init-faults.ts";
import { initModes } from "./init-mode.ts";
import { environmentExcess, mergedEnvironment, parseEnvironment } from "./additional-env.ts";
import type { SettingPath, Settings } from "./settings.ts";

/** Settings of one pod: those of the installation, and what only an annotation can say. */
export interface PodSettings extends Settings {
  readonly debugSidecar: boolean;
}

export type Override = Partial<PodSettings>;

/** What a row makes of a text: `undefined` is a value that cannot be used, the setting stays. */
export interface Reading {
  readonly override: Override;
  /** The value is used, but its author will want to know this. */
  readonly doubt?: string | undefined;
}

export interface AnnotationRow {
  readonly annotation: string;
  readonly sets: readonly (SettingPath | "debugSidecar")[];
  /** What the value must be, after "is not". */
  readonly expects: string;
  /** What it means, for documentation. */
  readonly meaning: string;
  readonly read: (text: string, settings: PodSettings) => Reading | undefined;
  /** What is too much of a value, after "it"; undefined: nothing. Absent: as of a value that is no list. */
  readonly excess?: (text: string) => string | undefined;
  /** What too long a value counts as; absent: as none, and the setting stays. */
  readonly overlong?: string;
  /** When one of these is present, this row is not looked at (contract 4.2, row 25). */
  readonly yieldsTo?: readonly string[];
  /** Read before all others, wherever it stands. */
  readonly isFirst?: boolean;
}

/** What the row makes of a text, which may be of any length. */
export function readingOf(row: AnnotationRow, text: string, settings: PodSettings): Reading | undefined {
  const over = excessOf(row.annotation, text);
  if (over === undefined) return row.read(text, settings);
  if (row.overlong === undefined) return { override: {}, doubt: `is not used: it ${over}` };
  const reading = row.read(row.overlong, settings);
  return reading && { ...reading, doubt: `it ${over}, and counts as ${row.overlong}` };
}

/** What is too much of an annotation's value, in words such as `has more than 1000 entries`; undefined: nothing. */
export const excessOf = (annotation: string, text: string): string | undefined =>
  annotation === keys.opaquePorts ? excess(text, mostPorts) : (rowOf.get(annotation)?.excess ?? excessOfValue)(text);

type Path = AnnotationRow["sets"][number];
type Parse<Key extends Path> = (text: string) => PodSettings[Key] | undefined;

function row<Key extends Path>(
  annotation: string,
  path: Key,
  expects: string,
  parse: Parse<Key>,
  meaning: string,
  doubt?: (text: string, settings: PodSettings) => string | undefined,
): AnnotationRow {
  return {
    annotation,
    sets: [path],
    expects,
    meaning,
    read(text, settings) {
      const value = parse(text);
      if (value === undefined) return undefined;
      // One key whose value has the type of that key; TypeScript widens computed keys to string.
      return { override: { [path]: value }, doubt: doubt?.(text, settings) };
    },
  };
}

const asIs = (text: string): string => text;
const aPort = "a port from 1 to 65535";
const aBoolean = "true or false";
const onOff = "enabled or disabled";
const aDuration = "a duration such as 500ms, 10s or 1m30s";
const aQuantity = "a Kubernetes quantity such as 100m, 2 or 64Mi";

const port = (text: string): number | undefined => {
  const value = parseInt32(text);
  return value !== undefined && isPort(value) ? value : undefined;
};
const quantity = (text: string): string | undefined => (parseQuantity(text) === undefined ? undefined : text);
const oneOf =
  (...words: readonly string[]) =>
  (text: string): string | undefined =>
    words.includes(text) ? text : undefined;
const milliseconds = (text: string): string | undefined => {
  const duration = parseDuration(text);
  return duration === undefined ? undefined : millisecondsText(duration);
};
const seconds = (text: string): string | undefined => {
  const duration = parseDuration(text);
  return duration === undefined ? undefined : secondsText(duration);
};

const unknownWord =
  (...words: readonly string[]) =>
  (text: string): string | undefined =>
    text === "" || words.includes(text) ? undefined : `${quoted(text)} is not one of ${words.join(", ")}`;
const doubtfulDuration = (text: string): string | undefined => {
  const duration = parseDuration(text);
  if (duration === undefined) return undefined;
  if (duration < 0n) return `${quoted(text)} is negative, the proxy will refuse it`;
  return duration > 0n && duration < 1_000_000n
    ? `${quoted(text)} is less than a millisecond and becomes 0`
    : undefined;
};
// Kubernetes accepts user and group ids from 0 to 2147483647 (core/v1, SecurityContext).
const doubtfulId = (text: string): string | undefined => {
  const id = parseInt64(text);
  if (id === undefined) return undefined;
  if (id > 2_147_483_647n || id < 0n)
    return `${quoted(text)} is beyond 0 to 2147483647: Kubernetes will refuse the pod`;
  return undefined;
};
const notRoot = (text: string): string | undefined =>
  parseInt64(text) === 0n ? "0 is root, but the proxy must not run as root" : undefined;

/** A cpu quantity also sets a number of workers (contract 4.3). */
const cpuRow = (annotation: string, path: SettingPath, workers: SettingPath, meaning: string): AnnotationRow => ({
  annotation,
  sets: [path, workers],
  expects: aQuantity,
  meaning,
  read(text) {
    const parsed = parseQuantity(text);
    if (parsed === undefined) return undefined;
    const cores = wholeCores(parsed);
    const doubt = cores === undefined ? `${quoted(text)} cannot be turned into a number of cores` : undefined;
    return { override: { [path]: text, [workers]: cores ?? 0 }, doubt };
  },
});

/** A list whose entries are checked one by one; what cannot be used is left out and named (S-07). */
const listRow = (
  annotation: string,
  path: SettingPath,
  entryIs: string,
  accepts: (entry: string) => boolean,
  meaning: string,
  most: number,
): AnnotationRow => ({
  annotation,
  sets: [path],
  expects: `a comma-separated list, each entry ${entryIs}`,
  meaning,
  excess: (text) => excess(text, most),
  read(text) {
    const entries = text.split(",");
    if (text === "" || entries.every(accepts)) return { override: { [path]: text } };
    const trimmed = entries.map(trimSpace);
    const bad = trimmed.filter((entry) => entry !== "" && !accepts(entry));
    const override = { [path]: trimmed.filter(accepts).join(",") } as Override;
    return {
      override,
      doubt: bad.length === 0 ? undefined : `${quoted(bad.join(","))} is left out: not ${entryIs}`,
    };
  },
});

/** Why no init container could be made with these values. */
const initProblem = (settings: PodSettings, override: Override): Issue | undefined =>
  initFaults({ ...settings, ...override })[0];

const native = (annotation: string, yieldsTo: readonly string[]): AnnotationRow => ({
  ...row(annotation, "proxy.nativeSidecar", aBoolean, parseBool, "run the proxy as a native sidecar container"),
  yieldsTo,
});

export const annotationRows: readonly AnnotationRow[] = [
  row(
    keys.inject,
    "proxy.isIngress",
    "enabled, disabled or ingress",
    // Never switches ingress mode of the settings back off (contract 2.4).
    (text) => (text === "ingress" ? true : undefined),
    "whether to inject; `ingress` also puts the proxy into ingress mode",
  ),
  row(
    keys.proxyImage,
    "proxy.image.name",
    "an image name",
    asIs,
    "image of the proxy and of Linkerd's init container",
    (text) => (text === "" ? "an empty image name makes an image that cannot be pulled" : undefined),
  ),
  row(keys.proxyVersion, "proxy.image.version", "an image tag", asIs, "tag of the proxy's image"),
  row(
    keys.imagePullPolicy,
    "proxy.image.pullPolicy",
    "Always, IfNotPresent or Never",
    asIs,
    "pull policy of the proxy's image",
    (text) => {
      const doubt = unknownWord("Always", "IfNotPresent", "Never")(text);
      return doubt === undefined ? undefined : `${doubt}: Kubernetes will refuse the pod`;
    },
  ),
  row(keys.controlPort, "proxy.ports.control", aPort, port, "port of the proxy's control listener"),
  row(keys.inboundPort, "proxy.ports.inbound", aPort, port, "port for redirected inbound traffic"),
  row(keys.adminPort, "proxy.ports.admin", aPort, port, "port of the proxy's metrics and probes"),
  row(keys.outboundPort, "proxy.ports.outbound", aPort, port, "port for redirected outbound traffic"),
  row(keys.proxyAdminShutdown, "proxy.enableShutdownEndpoint", onOff, parseOnOff, "POST /shutdown on the admin port"),
  row(keys.proxyLogLevel, "proxy.logLevel", "a log filter", asIs, "log filter of the proxy"),
  row(
    keys.proxyLogHttpHeaders,
    "proxy.logHTTPHeaders",
    "off or insecure",
    oneOf("off", "insecure", ""),
    "whether HTTP headers may appear in debug logs",
  ),
  row(
    keys.proxyLogFormat,
    "proxy.logFormat",
    "plain or json",
    asIs,
    "log format of the proxy",
    unknownWord("plain", "json"),
  ),
  {
    ...row(
      keys.proxyRequireIdentityInboundPorts,
      "proxy.requireIdentityOnInboundPorts",
      "a comma-separated list of ports",
      asIs,
      "inbound ports that take meshed clients only",
      (text) =>
        text === "" || text.split(",").every((entry) => parseSkipEntry(entry) !== undefined)
          ? undefined
          : `${quoted(text)} is not a comma-separated list of ports`,
    ),
    excess: (text) => excess(text, mostPorts),
    // It closes ports to strangers: one that is not read must leave none open.
    overlong: everyPort,
  },
  row(
    keys.proxyMetricsHostnameLabels,
    "proxy.metrics.hostnameLabels",
    aBoolean,
    parseBool,
    "hostnames as labels of outbound metrics",
  ),
  row(
    keys.proxyOutboundConnectTimeout,
    "proxy.outboundConnectTimeout",
    aDuration,
    milliseconds,
    "limit for establishing outbound connections",
    doubtfulDuration,
  ),
  row(
    keys.proxyInboundConnectTimeout,
    "proxy.inboundConnectTimeout",
    aDuration,
    milliseconds,
    "limit for establishing connections to the application",
    doubtfulDuration,
  ),
  row(
    keys.proxyOutboundDiscoveryCacheUnusedTimeout,
    "proxy.outboundDiscoveryCacheUnusedTimeout",
    aDuration,
    seconds,
    "how long unused outbound discovery results are kept",
    doubtfulDuration,
  ),
  row(
    keys.proxyInboundDiscoveryCacheUnusedTimeout,
    "proxy.inboundDiscoveryCacheUnusedTimeout",
    aDuration,
    seconds,
    "how long unused inbound discovery results are kept",
    doubtfulDuration,
  ),
  row(
    keys.proxyDisableOutboundDetectTimeout,
    "proxy.disableOutboundProtocolDetectTimeout",
    aBoolean,
    parseBool,
    "wait without limit for an outbound connection's protocol",
  ),
  row(
    keys.proxyDisableInboundDetectTimeout,
    "proxy.disableInboundProtocolDetectTimeout",
    aBoolean,
    parseBool,
    "wait without limit for an inbound connection's protocol",
  ),
  row(
    keys.shutdownGracePeriod,
    "proxy.shutdownGracePeriod",
    aDuration,
    milliseconds,
    "how long the proxy drains at its end",
    doubtfulDuration,
  ),
  row(keys.enableGateway, "proxy.isGateway", aBoolean, parseBool, "multicluster gateway mode"),
  row(
    keys.proxyWaitBeforeExitSeconds,
    "proxy.waitBeforeExitSeconds",
    "a whole number of seconds",
    parseUint64,
    "preStop sleep of the proxy",
  ),
  native(keys.proxyEnableNativeSidecar, []),
  native(keys.proxyEnableNativeSidecarBeta, [keys.proxyEnableNativeSidecar]),
  native(keys.proxyEnableNativeSidecarAlpha, [keys.proxyEnableNativeSidecar, keys.proxyEnableNativeSidecarBeta]),
  cpuRow(
    keys.proxyCpuRequest,
    "proxy.resources.cpu.request",
    "proxy.runtime.workers.minimum",
    "CPU request of the proxy; its whole cores are the fewest workers",
  ),
  cpuRow(
    keys.proxyCpuLimit,
    "proxy.resources.cpu.limit",
    "proxy.runtime.workers.maximum",
    "CPU limit of the proxy; its whole cores are the most workers",
  ),
  row(
    keys.proxyCpuRatioLimit,
    "proxy.runtime.workers.maximumCPURatio",
    "a number above 0 and at most 1",
    (text) => {
      const ratio = parseGoFloat(text);
      return ratio !== undefined && ratio > 0 && ratio <= 1 ? ratio : undefined;
    },
    "most workers, as a share of the node's cores",
  ),
  row(keys.proxyMemoryRequest, "proxy.resources.memory.request", aQuantity, quantity, "memory request of the proxy"),
  row(keys.proxyMemoryLimit, "proxy.resources.memory.limit", aQuantity, quantity, "memory limit of the proxy"),
  row(
    keys.proxyEphemeralStorageRequest,
    "proxy.resources.ephemeral-storage.request",
    aQuantity,
    quantity,
    "ephemeral storage request of the proxy",
  ),
  row(
    keys.proxyEphemeralStorageLimit,
    "proxy.resources.ephemeral-storage.limit",
    aQuantity,
    quantity,
    "ephemeral storage limit of the proxy",
  ),
  row(
    keys.proxyUid,
    "proxy.uid",
    "a user id",
    parseInt64,
    "user the proxy runs as",
    (text, settings) =>
      doubtfulId(text) ??
      notRoot(text) ??
      (settings["proxy.securityContext"] === undefined
        ? undefined
        : "the proxy's user comes from proxy.securityContext of the settings"),
  ),
  row(keys.proxyGid, "proxy.gid", "a group id", parseInt64, "group the proxy runs as", (text) =>
    text.startsWith("-") ? undefined : doubtfulId(text),
  ),
  row(
    keys.enableExternalProfiles,
    "proxy.enableExternalProfiles",
    aBoolean,
    parseBool,
    "service profiles for names outside the cluster",
  ),
  listRow(
    keys.skipInboundPorts,
    "proxyInit.ignoreInboundPorts",
    "a port or a range such as 8000-8010",
    (entry) => parseSkipEntry(entry) !== undefined,
    "inbound ports that bypass the proxy",
    mostPorts,
  ),
  listRow(
    keys.skipOutboundPorts,
    "proxyInit.ignoreOutboundPorts",
    "a port or a range such as 8000-8010",
    (entry) => parseSkipEntry(entry) !== undefined,
    "outbound ports that bypass the proxy",
    mostPorts,
  ),
  {
    annotation: keys.initMode,
    sets: ["proxyInit.mode"],
    expects: `one of ${initModes.join(", ")}`,
    meaning: "what redirects the pod's traffic, see docs/redirect.md (weft's addition)",
    // What other rows accept depends on it.
    isFirst: true,
    read(text, settings) {
      if (!initModes.some((mode) => mode === text)) return undefined;
      const override = { "proxyInit.mode": text };
      const problem = initProblem(settings, override);
      if (problem === undefined) return { override };
      return { override: {}, doubt: `is not used: ${problem.at} ${problem.message} in the settings` };
    },
  },
  row(keys.debugImage, "debugContainer.image.name", "an image name", asIs, "image of the debug container"),
  row(
    keys.debugImageVersion,
    "debugContainer.image.version",
    "an image tag",
    asIs,
    "tag of the debug container's image",
  ),
  row(
    keys.debugImagePullPolicy,
    "debugContainer.image.pullPolicy",
    "Always, IfNotPresent or Never",
    asIs,
    "pull policy of the debug container's image",
    unknownWord("Always", "IfNotPresent", "Never"),
  ),
  row(keys.proxyAwait, "proxy.await", onOff, parseOnOff, "application containers start when the proxy is ready"),
  row(
    keys.defaultInboundPolicy,
    "proxy.defaultInboundPolicy",
    `one of ${defaultPolicies.join(", ")}`,
    oneOf(...defaultPolicies),
    "who may connect where no policy says otherwise",
  ),
  listRow(
    keys.skipSubnets,
    "proxyInit.skipSubnets",
    "a network such as 10.0.0.0/8",
    (entry) => parseCidr(trimSpace(entry)) !== undefined,
    "source networks whose inbound traffic bypasses the proxy",
    mostNetworks,
  ),
  listRow(
    keys.skipOutboundSubnets,
    "proxyInit.skipOutboundSubnets",
    "a network such as 10.0.0.0/8",
    (entry) => parseCidr(trimSpace(entry)) !== undefined,
    "destination networks that outbound traffic reaches past the proxy, in the init modes nft and iptables (weft's addition)",
    mostNetworks,
  ),
  row(
    keys.accessLog,
    "proxy.accessLog",
    "apache or json",
    asIs,
    "access log of the proxy",
    unknownWord("apache", "json"),
  ),
  {
    annotation: keys.enableDebugSidecar,
    sets: ["debugSidecar"],
    expects: aBoolean,
    meaning: "adds the debug container",
    read(text) {
      // The empty text is ignored without a word (contract 4.2, row 47).
      const value = text === "" ? false : parseBool(text);
      return value === undefined ? undefined : { override: { debugSidecar: value } };
    },
  },
  {
    annotation: keys.closeWaitTimeout,
    sets: ["proxyInit.closeWaitTimeoutSecs"],
    expects: aDuration,
    meaning: "kernel timeout for half-closed connections, set by the init container",
    read(text, settings) {
      if (text === "") return { override: {} };
      const duration = parseDuration(text);
      if (duration === undefined) return undefined;
      const value = wholeSeconds(duration);
      // Linkerd refuses the pod here (S-11); weft leaves the timeout alone and says so.
      const override = { "proxyInit.closeWaitTimeoutSecs": value };
      const problem = value === 0n ? undefined : initProblem(settings, override);
      if (problem === undefined) return { override };
      const needs = problem.message.startsWith("needs ");
      return {
        override: {},
        doubt: `is not used: ${needs ? `it ${problem.message} in the settings` : problem.message}`,
      };
    },
  },
  {
    annotation: keys.proxyAdditionalEnv,
    sets: ["proxy.additionalEnv"],
    expects: 'a JSON list of environment variables such as [{"name":"TZ","value":"UTC"}]',
    meaning: "more environment variables for the proxy",
    excess: environmentExcess,
    read(text, settings) {
      const parsed = parseEnvironment(text);
      if (parsed === undefined) return undefined;
      const doubt = parsed.some(({ name }) => name === "")
        ? "a variable without a name: Kubernetes will refuse it"
        : undefined;
      return { override: { "proxy.additionalEnv": mergedEnvironment(settings["proxy.additionalEnv"], parsed) }, doubt };
    },
  },
];

export const rowOf: ReadonlyMap<string, AnnotationRow> = new Map(annotationRows.map((each) => [each.annotation, each]));

/** A setting's value as one short text, for warnings and `explain`. */
export function settingText(value: PodSettings[Path]): string {
  if (value === undefined || value === "") return "unset";
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" || typeof value === "bigint") return numberText(value);
  return typeof value === "boolean" ? String(value) : quoted(JSON.stringify(value));
}
