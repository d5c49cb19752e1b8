/**
 * The flags of `weft inject` that change settings, and what each of them writes on a workload. One row a
 * flag, in the order in which they are applied. Values are checked here, unlike in Linkerd (S-43).
 */
import { lowLimits } from "../inject/settings/limits.ts";
import type { SettingPath, Settings } from "../inject/settings/settings.ts";
import { keys } from "../mesh/annotations.ts";
import type { Annotations } from "../base/json/json.ts";
import { parseBool } from "../base/scalars/booleans.ts";
import { defaultPolicies, isDefaultPolicy } from "../mesh/default-policy.ts";
import { goDurationText, parseDuration } from "../base/scalars/duration.ts";
import type { Issue } from "../base/text/issue.ts";
import { parseInt64, parseUint64 } from "../base/scalars/numbers.ts";
import { isPortName, parsePort, parsePortRange, splitList } from "../base/scalars/ports.ts";
import { billionths, parseQuantity, wholeCores } from "../base/scalars/quantity.ts";
import { quoted } from "../base/text/quote.ts";
import type { Failed } from "../base/text/result.ts";

export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** How the help shows the value; absent for a flag that is true when it is there. */
  readonly value?: string;
  readonly help: string;
  /** The words that follow "expected" when a value cannot be used. */
  readonly expects: string;
  /** Takes commas and repetition; what comes out is joined with commas. */
  readonly list?: boolean;
  /** An environment variable that stands in for the flag. */
  readonly variable?: string;
  /** Not in the help; says what to use instead. */
  readonly deprecated?: string;
  /** Text → the settings it changes; `undefined` when the text cannot be used. */
  readonly change: (text: string, settings: Settings) => Partial<Settings> | undefined;
  /** Annotations that say a setting; see `differences`. */
  readonly annotations: readonly AnnotationRow[];
  /** Annotations for pods alone that say no setting. */
  readonly onPods?: (text: string) => Annotations;
}

type Scalar = string | number | bigint | boolean;
type ScalarPath = { [Path in SettingPath]: Settings[Path] extends Scalar ? Path : never }[SettingPath];
type AnnotationRow = readonly [key: string, setting: ScalarPath, text?: (value: Scalar) => string | undefined];

/** What the flags come to. */
export interface FlagEffects {
  readonly settings: Settings;
  /** For pods and Namespaces; for Services opaque ports alone. */
  readonly annotations: Annotations;
  /** For pods alone. */
  readonly onPods: Annotations;
}

/** `given`: flag name → its texts, in the order of the command line. All values that cannot be used come back at once. */
export function readFlags(given: ReadonlyMap<string, readonly string[]>, base: Settings): FlagEffects | Failed {
  const issues: Issue[] = [];
  let settings = base;
  let onPods: Annotations = {};
  for (const flag of flags) {
    const text = textOf(flag, given.get(flag.name));
    if (text === undefined) continue;
    const change = flag.change(text, settings);
    if (change === undefined) issues.push(unusable(flag, text));
    else {
      settings = { ...settings, ...change };
      onPods = { ...onPods, ...flag.onPods?.(text) };
    }
  }
  const all = [...issues, ...lowLimitIssues(given, settings)];
  return all.length > 0 ? { issues: all } : { settings, annotations: differences(base, settings), onPods };
}

/** A limit below its request, by two flags or by one and the installation: Kubernetes would refuse the pods. */
const lowLimitIssues = (given: ReadonlyMap<string, readonly string[]>, settings: Settings): readonly Issue[] =>
  lowLimits(settings).flatMap(({ of, name, request, limit }) => {
    const flag = [`proxy-${name}-limit`, `proxy-${name}-request`, `proxy-${name}`].find((each) => given.has(each));
    if (of !== "proxy" || flag === undefined) return [];
    const [value, expected] = flag.endsWith("-limit")
      ? [limit, `a limit that is not below the request of ${quoted(request)}`]
      : [request, `a request that is not over the limit of ${quoted(limit)}`];
    return [{ at: `--${flag}`, message: `${quoted(value)} cannot be used, expected ${expected}` }];
  });

const unusable = (flag: Flag, text: string): Issue => ({
  at: `--${flag.name}`,
  message: `${quoted(text)} cannot be used, expected ${flag.expects}`,
});

const textOf = (flag: Flag, texts: readonly string[] | undefined): string | undefined =>
  flag.list ? texts?.filter((text) => text !== "").join(",") : texts?.at(-1);

/** An annotation for each setting that became another one: what the installation says anyway is not written (S-42). */
function differences(base: Settings, settings: Settings): Annotations {
  const written = new Map<string, string>();
  for (const [key, path, say = String] of flags.flatMap((flag) => flag.annotations)) {
    const text = String(base[path]) === String(settings[path]) ? undefined : say(settings[path]);
    if (text !== undefined) written.set(key, text);
  }
  return Object.fromEntries(written);
}

const pullPolicies = ["Always", "IfNotPresent", "Never"];

/** The kinds of values: what the help shows, what is expected, and text → value. */
const port = { value: "<port>", expects: "a port from 1 to 65535" };
const ports = { value: "<ports>", list: true };
const id = { value: "<id>", expects: "a whole number from 0 to 2147483647" };
const amount = { value: "<amount>", expects: "an amount such as 100m, 2, 64Mi or 1Gi" };
const yesNo = { expects: "true or false" };

/** Kubernetes accepts ids of 31 bits (API reference, SecurityContext). */
const parseId = (text: string): number | undefined => {
  const number = parseInt64(text);
  return number !== undefined && number >= 0n && number < 2n ** 31n ? Number(number) : undefined;
};

const when = (holds: boolean, change: () => Partial<Settings>): Partial<Settings> | undefined =>
  holds ? change() : undefined;

/** The text as it is. */
const textIf =
  (holds: (text: string) => boolean) =>
  (text: string): string | undefined =>
    holds(text) ? text : undefined;

type Read<Path extends ScalarPath> = (text: string) => Settings[Path] | undefined;

const changed = <Path extends ScalarPath>(path: Path, read: Read<Path>): Flag["change"] => {
  return (text) => {
    const value = read(text);
    return value === undefined ? undefined : { [path]: value };
  };
};

/** One setting, and the annotation that says it. */
const setting = <Path extends ScalarPath>(
  key: string,
  path: Path,
  read: Read<Path>,
  say: AnnotationRow[2] = String,
): Pick<Flag, "change" | "annotations"> => ({ change: changed(path, read), annotations: [[key, path, say]] });

const isAmount = (text: string): boolean => (billionths(text) ?? -1n) >= 0n;

const coresIn = (text: string): number | undefined => {
  const quantity = isAmount(text) ? parseQuantity(text) : undefined;
  return quantity === undefined ? undefined : wholeCores(quantity);
};

const isPorts = (text: string): boolean => splitList(text).every((piece) => parsePortRange(piece) !== undefined);

/** A name of a container port may stand in for its number. */
const isPortsOrNames = (text: string): boolean =>
  splitList(text).every((piece) => parsePortRange(piece) !== undefined || isPortName(piece));

/** An image without a tag: `registry:5000/path/name`. */
const isImage = (text: string): boolean => /^([^\s/@]+\/)*[^\s/:@]+$/.test(text);

/** All before the last slash replaced. */
const fromRegistry = (image: string, registry: string): string =>
  image === "" ? "" : `${registry.replace(/\/+$/, "")}/${image.slice(image.lastIndexOf("/") + 1)}`;

export const flags: readonly Flag[] = [
  {
    name: "proxy-version",
    short: "v",
    value: "<tag>",
    help: "tag of the proxy image",
    expects: "an image tag",
    ...setting(
      keys.proxyVersion,
      "proxy.image.version",
      textIf((text) => /^\w[\w.-]{0,127}(@\w+:\w+)?$/.test(text)),
    ),
  },
  {
    name: "proxy-image",
    value: "<image>",
    help: "proxy image, without tag",
    expects: "an image name without tag (the tag goes to --proxy-version)",
    ...setting(keys.proxyImage, "proxy.image.name", textIf(isImage)),
  },
  {
    name: "registry",
    value: "<registry>",
    variable: "LINKERD_DOCKER_REGISTRY",
    help: "registry of the proxy and debug images",
    expects: "a registry such as example.org/mesh",
    change: (text, settings) =>
      when(/^[^\s/@]+(\/[^\s/:@]+)*\/*$/.test(text), () => ({
        "proxy.image.name": fromRegistry(settings["proxy.image.name"], text),
        "debugContainer.image.name": fromRegistry(settings["debugContainer.image.name"], text),
      })),
    annotations: [
      [keys.proxyImage, "proxy.image.name"],
      [keys.debugImage, "debugContainer.image.name"],
    ],
  },
  {
    name: "image-pull-policy",
    value: "<policy>",
    help: "when the images are pulled",
    expects: `one of ${pullPolicies.join(", ")}`,
    change: (text) =>
      when(pullPolicies.includes(text), () => ({
        imagePullPolicy: text,
        "proxy.image.pullPolicy": text,
        "debugContainer.image.pullPolicy": text,
      })),
    annotations: [[keys.imagePullPolicy, "proxy.image.pullPolicy"]],
  },
  {
    ...port,
    name: "inbound-port",
    help: "port of the proxy for inbound traffic",
    ...setting(keys.inboundPort, "proxy.ports.inbound", parsePort),
  },
  {
    ...port,
    name: "outbound-port",
    help: "port of the proxy for outbound traffic",
    ...setting(keys.outboundPort, "proxy.ports.outbound", parsePort),
  },
  {
    ...port,
    name: "control-port",
    help: "port of the proxy for control",
    ...setting(keys.controlPort, "proxy.ports.control", parsePort),
  },
  {
    ...port,
    name: "admin-port",
    help: "port of the proxy for metrics and probes",
    ...setting(keys.adminPort, "proxy.ports.admin", parsePort),
  },
  {
    ...ports,
    name: "skip-inbound-ports",
    help: "inbound ports and ranges that bypass the proxy",
    expects: "ports and ranges such as 25,8000-8010",
    ...setting(keys.skipInboundPorts, "proxyInit.ignoreInboundPorts", textIf(isPorts)),
  },
  {
    ...ports,
    name: "skip-outbound-ports",
    help: "outbound ports and ranges that bypass the proxy",
    expects: "ports and ranges such as 25,8000-8010",
    ...setting(keys.skipOutboundPorts, "proxyInit.ignoreOutboundPorts", textIf(isPorts)),
  },
  {
    ...ports,
    name: "opaque-ports",
    help: "ports, ranges and port names whose traffic the proxy does not read",
    expects: "ports, ranges and port names such as 25,8000-8010,mysql",
    ...setting(keys.opaquePorts, "proxy.opaquePorts", textIf(isPortsOrNames)),
  },
  {
    ...ports,
    name: "require-identity-on-inbound-ports",
    help: "inbound ports that need a client with a mesh identity",
    expects: "ports and ranges such as 25,8000-8010",
    ...setting(keys.proxyRequireIdentityInboundPorts, "proxy.requireIdentityOnInboundPorts", textIf(isPorts)),
  },
  {
    ...id,
    name: "proxy-uid",
    help: "user id of the proxy",
    ...setting(keys.proxyUid, "proxy.uid", parseId),
  },
  {
    ...id,
    name: "proxy-gid",
    help: "group id of the proxy; -1 for none",
    expects: "a whole number from -1 to 2147483647",
    ...setting(
      keys.proxyGid,
      "proxy.gid",
      (text) => (text === "-1" ? -1 : parseId(text)),
      // -1 cannot be said with an annotation.
      (gid) => (gid === -1 ? undefined : String(gid)),
    ),
  },
  {
    name: "proxy-log-level",
    value: "<filter>",
    help: "log level of the proxy, such as warn,linkerd=info",
    expects: "a log filter of one line",
    ...setting(
      keys.proxyLogLevel,
      "proxy.logLevel",
      textIf((text) => !/[\r\n]/.test(text)),
    ),
  },
  {
    ...amount,
    name: "proxy-cpu-request",
    help: "CPU that the proxy requests",
    change: (text) => cpu(text, "proxy.resources.cpu.request", "proxy.runtime.workers.minimum"),
    annotations: [[keys.proxyCpuRequest, "proxy.resources.cpu.request"]],
  },
  {
    ...amount,
    name: "proxy-cpu-limit",
    help: "CPU that the proxy may use at most",
    change: (text) => cpu(text, "proxy.resources.cpu.limit", "proxy.runtime.workers.maximum"),
    annotations: [[keys.proxyCpuLimit, "proxy.resources.cpu.limit"]],
  },
  {
    ...amount,
    name: "proxy-memory-request",
    help: "memory that the proxy requests",
    ...setting(keys.proxyMemoryRequest, "proxy.resources.memory.request", textIf(isAmount)),
  },
  {
    ...amount,
    name: "proxy-memory-limit",
    help: "memory that the proxy may use at most",
    ...setting(keys.proxyMemoryLimit, "proxy.resources.memory.limit", textIf(isAmount)),
  },
  {
    ...yesNo,
    name: "enable-external-profiles",
    help: "use service profiles for names outside of the cluster",
    ...setting(keys.enableExternalProfiles, "proxy.enableExternalProfiles", parseBool),
  },
  {
    ...amount,
    name: "proxy-cpu",
    help: "CPU that the proxy requests",
    deprecated: "--proxy-cpu-request",
    change: changed("proxy.resources.cpu.request", textIf(isAmount)),
    annotations: [],
  },
  {
    ...amount,
    name: "proxy-memory",
    help: "memory that the proxy requests",
    deprecated: "--proxy-memory-request",
    change: changed("proxy.resources.memory.request", textIf(isAmount)),
    annotations: [],
  },
  {
    name: "default-inbound-policy",
    value: "<policy>",
    help: "who may connect when no policy says so",
    expects: `one of ${defaultPolicies.join(", ")}`,
    ...setting(keys.defaultInboundPolicy, "proxy.defaultInboundPolicy", textIf(isDefaultPolicy)),
  },
  {
    ...yesNo,
    name: "native-sidecar",
    help: "run the proxy as a native sidecar, that is an init container that stays",
    ...setting(keys.proxyEnableNativeSidecar, "proxy.nativeSidecar", parseBool),
  },
  {
    name: "wait-before-exit-seconds",
    value: "<seconds>",
    help: "how long the proxy waits before it ends; without native sidecars",
    expects: "a whole number of seconds, 0 or more",
    ...setting(keys.proxyWaitBeforeExitSeconds, "proxy.waitBeforeExitSeconds", parseUint64),
  },
  {
    ...yesNo,
    name: "ingress",
    help: "inject in ingress mode",
    ...setting(keys.inject, "proxy.isIngress", parseBool, (isIngress) => (isIngress === true ? "ingress" : undefined)),
  },
  {
    ...yesNo,
    name: "enable-debug-sidecar",
    help: "add a container with tshark",
    change: (text) => when(parseBool(text) !== undefined, () => ({})),
    annotations: [],
    onPods: (text) => (parseBool(text) === true ? { [keys.enableDebugSidecar]: "true" } : {}),
  },
  {
    name: "close-wait-timeout",
    value: "<duration>",
    help: "how long the kernel keeps connections in CLOSE_WAIT, such as 90s; 0 leaves it as it is",
    expects: "a duration such as 90s or 1h, or 0",
    change: (text) => when((parseDuration(text) ?? -1n) >= 0n, () => ({})),
    annotations: [],
    onPods: closeWait,
  },
];

function closeWait(text: string): Annotations {
  const duration = parseDuration(text);
  return duration === undefined || duration === 0n ? {} : { [keys.closeWaitTimeout]: goDurationText(duration) };
}

/** Amount and worker threads belong together. */
function cpu(
  text: string,
  amountPath: "proxy.resources.cpu.request" | "proxy.resources.cpu.limit",
  coresPath: "proxy.runtime.workers.minimum" | "proxy.runtime.workers.maximum",
): Partial<Settings> | undefined {
  const cores = coresIn(text);
  return cores === undefined ? undefined : { [amountPath]: text, [coresPath]: cores };
}
