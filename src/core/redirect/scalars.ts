/**
 * The flags of linkerd-init that take one value. Of several the last counts, but each must be of the
 * flag's kind, as pflag reads them one by one. Ranges are checked here, where Linkerd's program leaves that to iptables
 * in the middle of its work, or to nobody.
 */
import { parseBool } from "../base/scalars/booleans.ts";
import { isPort } from "../base/scalars/ports.ts";
import type { Port } from "../base/scalars/ports.ts";
import { quoted } from "../base/text/quote.ts";
import { parseGoInteger } from "./flag-values.ts";
import type { Given } from "./flags.ts";
import type { Backend, InitRun, Redirect } from "./redirect.ts";

/** Is told of each problem: the flag's name and a sentence without it. */
export type Refuse = (flag: string, message: string) => void;

export interface Scalars extends Pick<Redirect, "uid" | "gid" | "ipv6" | "closeWaitSeconds"> {
  readonly inboundPort: Port | undefined;
  readonly outboundPort: Port | undefined;
}

export function readScalars(given: Given, refuse: Refuse): Scalars {
  const inboundPort = proxyPort(given, "incoming-proxy-port", refuse);
  const outboundPort = proxyPort(given, "outgoing-proxy-port", refuse);
  return {
    inboundPort,
    outboundPort,
    uid: owner(given, "proxy-uid", refuse),
    gid: owner(given, "proxy-gid", refuse),
    ipv6: readSwitch(given, "ipv6", refuse) ?? true,
    closeWaitSeconds: integer(given, "timeout-close-wait-secs", refuse, closeWait) ?? 0,
  };
}

export function readRun(given: Given, refuse: Refuse): InitRun {
  const logLevel = given.values.get("log-level")?.at(-1);
  if (logLevel !== undefined && !logLevels.has(logLevel.toLowerCase())) {
    refuse("log-level", `${quoted(logLevel)} is none of ${[...logLevels].join(", ")}`);
  }
  return {
    backend: backend(given, refuse),
    logFormat: given.values.get("log-format")?.at(-1),
    logLevel,
    simulate: readSwitch(given, "simulate", refuse) ?? false,
    netns: given.values.get("netns")?.at(-1) ?? "",
    wait: readSwitch(given, "use-wait-flag", refuse) ?? false,
  };
}

/** `undefined` when the flag is not given, or not well. */
export function readSwitch(given: Given, flag: string, refuse: Refuse): boolean | undefined {
  const texts = given.values.get(flag) ?? [];
  for (const text of texts)
    if (parseBool(text) === undefined) refuse(flag, `${quoted(text)} is neither true nor false`);
  return parseBool(texts.at(-1) ?? "");
}

function proxyPort(given: Given, flag: string, refuse: Refuse): Port | undefined {
  if (!given.values.has(flag)) refuse(flag, "is required");
  // Linkerd's program takes 0 and writes rules that cannot work.
  const number = integer(given, flag, refuse, { least: 1, most: 65_535, expected: "is not a port (1 to 65535)" });
  return number !== undefined && isPort(number) ? number : undefined;
}

/** -1 is the program's own word for none. */
function owner(given: Given, flag: string, refuse: Refuse): number | undefined {
  const expected = "is not an id of a user or group (0 to 4294967294)";
  const id = integer(given, flag, refuse, { least: -1, most: 4_294_967_294, expected });
  return id === -1 ? undefined : id;
}

// The kernel keeps it as an int of ticks, of which no kernel has less than 100 per second.
const closeWait = { least: 0, most: 21_474_836, expected: "is not a number of seconds (0 to 21474836)" };

interface Range {
  readonly least: number;
  readonly most: number;
  readonly expected: string;
}

function integer(given: Given, flag: string, refuse: Refuse, { least, most, expected }: Range): number | undefined {
  const texts = given.values.get(flag) ?? [];
  for (const text of texts) if (parseGoInteger(text) === undefined) refuse(flag, `${quoted(text)} is not an integer`);
  const text = texts.at(-1) ?? "";
  const value = parseGoInteger(text);
  if (value === undefined) return undefined;
  if (value >= least && value <= most) return Number(value);
  refuse(flag, `${quoted(text)} ${expected}`);
  return undefined;
}

const logLevels: ReadonlySet<string> = new Set("panic fatal error warn warning info debug trace".split(" "));

/** The mode counts before the older flag, and the program's own default is legacy. */
function backend(given: Given, refuse: Refuse): Backend {
  const mode = given.values.get("iptables-mode")?.at(-1) ?? "";
  const path = given.values.get("firewall-bin-path")?.at(-1) ?? "";
  const [flag, text, names] =
    mode === "" ? (["firewall-bin-path", path, backendsByPath] as const) : (["iptables-mode", mode, backends] as const);
  const found = text === "" ? "legacy" : names.get(text);
  if (found === undefined) refuse(flag, `${quoted(text)} is none of ${[...names.keys()].join(", ")}`);
  return found ?? "legacy";
}

const backends: ReadonlyMap<string, Backend> = new Map([
  ["legacy", "legacy"],
  ["nft", "nft"],
  ["plain", "plain"],
]);

/** Names of programs, though the flag speaks of a path. */
const backendsByPath: ReadonlyMap<string, Backend> = new Map([
  ["iptables-legacy", "legacy"],
  ["iptables-nft", "nft"],
  ["iptables", "plain"],
]);
