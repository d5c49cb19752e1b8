/**
 * Annotations that override settings: one row each. A row says which annotation, which settings it
 * writes, what it expects, and how its text becomes values; documentation, warnings and `explain` follow from the row.
 * What Kubernetes' validation refuses in the place that the value goes to is no value: an annotation never blocks a pod.
 */
import { keys } from "../../mesh/annotations.ts";
import { parseBool, parseOnOff } from "../../base/scalars/booleans.ts";
import { defaultPolicies } from "../../mesh/default-policy.ts";
import { parseDuration, wholeSeconds } from "../../base/scalars/duration.ts";
import type { Issue } from "../../base/text/issue.ts";
import { numberText, parseGoFloat, parseUint64 } from "../../base/scalars/numbers.ts";
import { excess, excessOfValue, mostNetworks, mostPorts } from "../../mesh/lists.ts";
import { everyPort, parseSkipEntry } from "../../base/scalars/ports.ts";
import { parseQuantity, wholeCores } from "../../base/scalars/quantity.ts";
import { quoted } from "../../base/text/quote.ts";
import { trimSpace } from "../../base/scalars/spaces.ts";
import { parseCidr } from "../../base/scalars/subnets.ts";
import { initFaults } from "./init-faults.ts";
import { initModes } from "./init-mode.ts";
import { environmentExcess, mergedEnvironment, parseEnvironment } from "./additional-env.ts";
import { doubtfulBytes, doubtfulCores } from "./doubtful-amount.ts";
import { everyNetworkOf, everyPortOf } from "./doubtful-skips.ts";
import { nameFault, versionFault } from "./image-reference.ts";
import {
  asIs,
  aPort,
  aBoolean,
  onOff,
  aDuration,
  aQuantity,
  anImage,
  aTag,
  pullPolicies,
  aPullPolicy,
  port,
  quantity,
  oneOf,
  milliseconds,
  seconds,
  unknownWord,
  doubtfulDuration,
  id,
  userId,
  reference,
  unpullable,
  notRoot,
} from "./annotation-values.ts";
import type { Doubt } from "./annotation-values.ts";
import type { SettingPath, PodSettings } from "./settings.ts";
import { wrapRows } from "./wrap-rows.ts";

export type Override = Partial<PodSettings>;

/** What a row makes of a text: `undefined` is a value that cannot be used, the setting stays. */
export interface Reading {
  readonly override: Override;
  /** The value is used, but its author will want to know this. */
  readonly doubt?: string | undefined;
  /** Something of it is not used, which matters more than a doubt. */
  readonly isPartial?: boolean;
  /** It is used, and the pod will not run with it. */
  readonly isFatal?: boolean;
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
  /** What a value counts as that is too long, or has a NUL; absent: as none, and the setting stays. */
  readonly overlong?: string;
  /** When one of these is present, this row is not looked at. */
  readonly yieldsTo?: readonly string[];
  /** Read before all others, wherever it stands. */
  readonly isFirst?: boolean;
}

/** What the row makes of a text, which may be of any length. */
export function readingOf(row: AnnotationRow, text: string, settings: PodSettings): Reading | undefined {
  // A NUL would come to be in a variable or an argument, with which no process can be started.
  const over = excessOf(row.annotation, text) ?? (text.includes("\0") ? "has a NUL character" : undefined);
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
  doubt?: (text: string, settings: PodSettings) => Doubt | undefined,
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
      const override = { [path]: value };
      const said = doubt?.(text, settings);
      return typeof said === "object" ? { override, doubt: said.fatal, isFatal: true } : { override, doubt: said };
    },
  };
}

/** A cpu quantity also sets a number of workers. */
const cpuRow = (annotation: string, path: SettingPath, workers: SettingPath, meaning: string): AnnotationRow => ({
  annotation,
  sets: [path, workers],
  expects: aQuantity,
  meaning,
  read(text) {
    const parsed = quantity(text) === undefined ? undefined : parseQuantity(text);
    if (parsed === undefined) return undefined;
    const cores = wholeCores(parsed);
    const doubt = cores === undefined ? `${quoted(text)} cannot be turned into a number of cores` : doubtfulCores(text);
    return { override: { [path]: text, [workers]: cores ?? 0 }, doubt };
  },
});

type BytesPath = `proxy.resources.${"memory" | "ephemeral-storage"}.${"limit" | "request"}`;

const bytesRow = (annotation: string, path: BytesPath, meaning: string): AnnotationRow =>
  row(annotation, path, aQuantity, quantity, meaning, doubtfulBytes);

/** A list whose entries are checked one by one; what cannot be used is left out and named (S-07). */
const listRow = (
  annotation: string,
  path: SettingPath,
  entryIs: string,
  accepts: (entry: string) => boolean,
  meaning: string,
  { most, doubt }: { readonly most: number; readonly doubt: (entries: readonly string[]) => string | undefined },
): AnnotationRow => ({
  annotation,
  sets: [path],
  expects: `a comma-separated list, each entry ${entryIs}`,
  meaning,
  excess: (text) => excess(text, most),
  read(text) {
    const entries = text.split(",");
    if (text === "" || entries.every(accepts)) return { override: { [path]: text }, doubt: doubt(entries) };
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
    // Never switches ingress mode of the settings back off.
    (text) => (text === "ingress" ? true : undefined),
    "whether to inject; `ingress` also puts the proxy into ingress mode",
  ),
  row(
    keys.proxyImage,
    "proxy.image.name",
    anImage,
    reference(nameFault),
    "image of the proxy and of Linkerd's init container",
    unpullable(nameFault, anImage),
  ),
  row(
    keys.proxyVersion,
    "proxy.image.version",
    aTag,
    reference(versionFault),
    "tag of the proxy's image",
    unpullable(versionFault, aTag),
  ),
  row(
    keys.imagePullPolicy,
    "proxy.image.pullPolicy",
    aPullPolicy,
    // Empty is the policy of the settings.
    oneOf(...pullPolicies, ""),
    "pull policy of the proxy's image",
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
  bytesRow(keys.proxyMemoryRequest, "proxy.resources.memory.request", "memory request of the proxy"),
  bytesRow(keys.proxyMemoryLimit, "proxy.resources.memory.limit", "memory limit of the proxy"),
  bytesRow(
    keys.proxyEphemeralStorageRequest,
    "proxy.resources.ephemeral-storage.request",
    "ephemeral storage request of the proxy",
  ),
  bytesRow(
    keys.proxyEphemeralStorageLimit,
    "proxy.resources.ephemeral-storage.limit",
    "ephemeral storage limit of the proxy",
  ),
  row(
    keys.proxyUid,
    "proxy.uid",
    "a user id from 0 to 2147483647",
    userId,
    "user the proxy runs as",
    (text, settings) =>
      notRoot(text) ??
      (settings["proxy.securityContext"] === undefined
        ? undefined
        : "the proxy's user comes from proxy.securityContext of the settings"),
  ),
  row(keys.proxyGid, "proxy.gid", "a group id up to 2147483647", id, "group the proxy runs as; a negative one is none"),
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
    { most: mostPorts, doubt: everyPortOf("inbound") },
  ),
  listRow(
    keys.skipOutboundPorts,
    "proxyInit.ignoreOutboundPorts",
    "a port or a range such as 8000-8010",
    (entry) => parseSkipEntry(entry) !== undefined,
    "outbound ports that bypass the proxy",
    { most: mostPorts, doubt: everyPortOf("outbound") },
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
  row(
    keys.debugImage,
    "debugContainer.image.name",
    anImage,
    reference(nameFault),
    "image of the debug container",
    unpullable(nameFault, anImage),
  ),
  row(
    keys.debugImageVersion,
    "debugContainer.image.version",
    aTag,
    reference(versionFault),
    "tag of the debug container's image",
    unpullable(versionFault, aTag),
  ),
  row(
    keys.debugImagePullPolicy,
    "debugContainer.image.pullPolicy",
    aPullPolicy,
    oneOf(...pullPolicies, ""),
    "pull policy of the debug container's image",
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
    { most: mostNetworks, doubt: everyNetworkOf("inbound") },
  ),
  listRow(
    keys.skipOutboundSubnets,
    "proxyInit.skipOutboundSubnets",
    "a network such as 10.0.0.0/8",
    (entry) => parseCidr(trimSpace(entry)) !== undefined,
    "destination networks that outbound traffic reaches past the proxy, in the init modes nft and iptables (weft's addition)",
    { most: mostNetworks, doubt: everyNetworkOf("outbound") },
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
      // The empty text is ignored without a word.
      const value = text === "" ? false : parseBool(text);
      return value === undefined ? undefined : { override: { debugSidecar: value } };
    },
  },
  {
    annotation: keys.disableTap,
    sets: ["tap.enabled"],
    expects: aBoolean,
    meaning: "`true` on the pod or on its namespace: nobody can tap the proxy",
    read(text) {
      const value = text === "" ? false : parseBool(text);
      // Never switches tap on where the settings, or the namespace, have it off.
      return value === undefined ? undefined : { override: value ? { "tap.enabled": false } : {} };
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
      // The kernel counts whole seconds.
      const isNone = value === 0n && duration !== 0n;
      const none = `does nothing: ${quoted(text)} is less than a second, and becomes 0`;
      if (problem === undefined) return isNone ? { override, doubt: none, isPartial: true } : { override };
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
      const { variables, leftOut } = parsed;
      return {
        override:
          variables.length === 0 && leftOut.length > 0
            ? {}
            : { "proxy.additionalEnv": mergedEnvironment(settings["proxy.additionalEnv"], variables) },
        ...(leftOut.length === 0 ? {} : { doubt: leftOut.join("; "), isPartial: true }),
      };
    },
  },
  ...wrapRows,
];

export const rowOf: ReadonlyMap<string, AnnotationRow> = new Map(annotationRows.map((each) => [each.annotation, each]));

/** A setting's value as one short text, for warnings and `explain`. */
export function settingText(value: PodSettings[Path]): string {
  if (value === undefined || value === "") return "unset";
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" || typeof value === "bigint") return numberText(value);
  return typeof value === "boolean" ? String(value) : quoted(JSON.stringify(value));
}
