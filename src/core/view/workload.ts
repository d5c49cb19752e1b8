/** Who asks: the texts that a proxy was given about its own pod, and hands back. */
import { isObject } from "../base/json/json.ts";
import { dnsLabel, isDnsSubdomain } from "../base/scalars/dns-label.ts";
import { trimSpace } from "../base/scalars/spaces.ts";
import { textIn } from "./read.ts";

export interface Workload {
  readonly namespace: string;
  readonly pod: string;
}

/** `POLICY_WORKLOAD`: JSON with `ns` and `pod`, or `<ns>:<pod>`; undefined: neither, or they are no names. */
export function parseWorkload(text: string): Workload | undefined {
  const trimmed = trimSpace(text);
  const json = jsonIn(trimmed);
  const [, ns = "", name = ""] = /^([^:{]+):([^:]+)$/.exec(trimmed) ?? [];
  const [namespace, pod] = json === undefined ? [ns, name] : [textIn(json, "ns"), textIn(json, "pod")];
  return dnsLabel.test(namespace) && isDnsSubdomain(pod) ? { namespace, pod } : undefined;
}

export interface Context {
  /** Empty when it is not known. */
  readonly namespace: string;
  readonly nodeName: string;
  readonly pod: string;
}

/**
 * `DESTINATION_CONTEXT`: JSON with `ns`, `nodeName` and `pod`, or `ns:<ns>`. What cannot be read is not known;
 * undefined: what is named is no name, such as one of 300 characters.
 */
export function parseContext(text: string): Context | undefined {
  const context = contextIn(trimSpace(text));
  const { namespace, nodeName, pod } = context;
  const areNames =
    (namespace === "" || dnsLabel.test(namespace)) &&
    [nodeName, pod].every((name) => name === "" || isDnsSubdomain(name));
  return areNames ? context : undefined;
}

function contextIn(text: string): Context {
  const json = jsonIn(text);
  if (json === undefined) return { namespace: /^ns:(\S+)$/.exec(text)?.[1] ?? "", nodeName: "", pod: "" };
  return { namespace: textIn(json, "ns"), nodeName: textIn(json, "nodeName"), pod: textIn(json, "pod") };
}

function jsonIn(text: string) {
  if (!text.startsWith("{")) return undefined;
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
