/**
 * Values of Linkerd's chart that the control plane alone heeds. A missing one is as in the chart; a value that cannot be
 * used is an issue with its path.
 */
import { isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import type { Result } from "../base/text/result.ts";
import { at } from "../base/json/read.ts";
import { listOf, oneOf, truth } from "../base/json/strict.ts";
import type { Kind } from "../base/json/strict.ts";
import { parseCidr } from "../base/scalars/subnets.ts";
import type { Cidr } from "../base/scalars/subnets.ts";
import type { KeepAlive, MeshView } from "./mesh.ts";

export type MeshValues = Pick<MeshView, "keepAlive" | "upgradesHttp1" | "dialsOwnPorts"> & {
  /** Undefined: not said. */
  readonly probeNetworks: readonly Cidr[] | undefined;
};

const pings = "destinationController.meshedHttp2ClientProtobuf";

/** Their paths. */
export const meshValuePaths: readonly string[] = [
  `${pings}.keep_alive.interval.seconds`,
  `${pings}.keep_alive.timeout.seconds`,
  `${pings}.keep_alive.while_idle`,
  "enableH2Upgrade",
  "proxy.outboundTransportMode",
  "policyController.probeNetworks",
];

export function meshValues(values: Json): Result<MeshValues> {
  const issues: Issue[] = [];
  const read = <Value>(path: string, kind: Kind<Value>): Value | undefined => {
    const value = at(values, ...path.split("."));
    if (value === undefined || value === null || value === "") return undefined;
    const parsed = kind.read(value);
    if (parsed === undefined) issues.push({ at: path, message: `expected ${kind.expects}` });
    return parsed;
  };
  const keepAlive = read(pings, {
    expects: "keep_alive with interval and timeout, each with whole seconds, and while_idle",
    read: keepAliveIn,
  });
  const mode = read("proxy.outboundTransportMode", transportMode);
  const value: MeshValues = {
    keepAlive: keepAlive === "none" ? undefined : (keepAlive ?? chartKeepAlive),
    upgradesHttp1: read("enableH2Upgrade", truth),
    dialsOwnPorts: mode === undefined ? undefined : mode === "transparent",
    probeNetworks: read("policyController.probeNetworks", networks),
  };
  return issues.length > 0 ? { issues } : { value };
}

const transportMode = oneOf(["transport-header", "transparent"]);

const networks = listOf("a list of networks in CIDR form", {
  read: (value) => (typeof value === "string" ? parseCidr(value) : undefined),
});

/** A peer whose node is gone is noticed after 13 s then; by the proxy alone after 30 s. */
const chartKeepAlive: KeepAlive = { interval: 10, timeout: 3, whileIdle: true };

function keepAliveIn(value: Json): KeepAlive | "none" | undefined {
  const keepAlive = at(value, "keep_alive");
  if (isObject(value) && keepAlive === undefined) return "none";
  const [interval, timeout] = [at(keepAlive, "interval", "seconds"), at(keepAlive, "timeout", "seconds")];
  const whileIdle = at(keepAlive, "while_idle") ?? false;
  const isSeconds = (seconds: Json | undefined): seconds is number =>
    typeof seconds === "number" && Number.isInteger(seconds) && seconds > 0;
  if (!isSeconds(interval) || !isSeconds(timeout) || typeof whileIdle !== "boolean") return undefined;
  return { interval, timeout, whileIdle };
}
