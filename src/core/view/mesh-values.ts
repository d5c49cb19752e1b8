/**
 * Values of Linkerd's chart that the control plane alone heeds. A missing one is as in the chart; a value that cannot be
 * used is an issue with its path.
 */
import { isList, isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import type { Result } from "../base/text/result.ts";
import { at } from "../base/json/read.ts";
import { parseCidr } from "../base/scalars/subnets.ts";
import type { Cidr } from "../base/scalars/subnets.ts";
import type { KeepAlive, MeshView } from "./mesh.ts";

export type MeshValues = Pick<MeshView, "keepAlive" | "upgradesHttp1" | "dialsOwnPorts"> & {
  /** Undefined: not said. */
  readonly probeNetworks: readonly Cidr[] | undefined;
};

/** Their paths. */
export const meshValuePaths = [
  "destinationController.meshedHttp2ClientProtobuf",
  "enableH2Upgrade",
  "proxy.outboundTransportMode",
  "policyController.probeNetworks",
] as const;

export function meshValues(values: Json): Result<MeshValues> {
  const issues: Issue[] = [];
  const read = <Value>(
    path: (typeof meshValuePaths)[number],
    parse: (value: Json) => Value | undefined,
    expects: string,
  ): Value | undefined => {
    const value = at(values, ...path.split("."));
    if (value === undefined || value === null || value === "") return undefined;
    const parsed = parse(value);
    if (parsed === undefined) issues.push({ at: path, message: `expected ${expects}` });
    return parsed;
  };
  const keepAlive = read(
    "destinationController.meshedHttp2ClientProtobuf",
    keepAliveIn,
    "keep_alive with interval and timeout, each with whole seconds, and while_idle",
  );
  const value: MeshValues = {
    keepAlive: keepAlive === "none" ? undefined : (keepAlive ?? chartKeepAlive),
    upgradesHttp1: read("enableH2Upgrade", booleanIn, "true or false"),
    dialsOwnPorts: read("proxy.outboundTransportMode", transportModeIn, transportModes.join(" or ")),
    probeNetworks: read("policyController.probeNetworks", networksIn, "a list of networks in CIDR form"),
  };
  return issues.length > 0 ? { issues } : { value };
}

const booleanIn = (value: Json): boolean | undefined => (typeof value === "boolean" ? value : undefined);

const transportModes = ["transport-header", "transparent"] as const;

function transportModeIn(value: Json): boolean | undefined {
  const mode = transportModes.find((each) => each === value);
  return mode === undefined ? undefined : mode === "transparent";
}

function networksIn(value: Json): readonly Cidr[] | undefined {
  const networks = isList(value) ? value.map((each) => (typeof each === "string" ? parseCidr(each) : undefined)) : [];
  return isList(value) && networks.every((network) => network !== undefined) ? networks : undefined;
}

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
