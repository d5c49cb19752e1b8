/** Who asks: the texts that a proxy was given about its own pod, and hands back (contract 3.1, 4.1). */
import { isObject } from "../mesh/api.ts";
import { trimSpace } from "../mesh/spaces.ts";
import { textIn } from "./read.ts";

export interface Workload {
  readonly namespace: string;
  readonly pod: string;
}

/** `POLICY_WORKLOAD`: JSON with `ns` and `pod`, or `<ns>:<pod>`; undefined: neither. */
export function parseWorkload(text: string): Workload | undefined {
  const trimmed = trimSpace(text);
  const json = jsonIn(trimmed);
  const [, ns = "", name = ""] = /^([^:{]+):([^:]+)$/.exec(trimmed) ?? [];
  const [namespace, pod] = json === undefined ? [ns, name] : [textIn(json, "ns"), textIn(json, "pod")];
  return namespace === "" || pod === "" ? undefined : { namespace, pod };
}

export interface Context {
  /** Empty when it is not known. */
  readonly namespace: string;
  readonly nodeName: string;
  readonly pod: string;
}

/** `DESTINATION_CONTEXT`: JSON with `ns`, `nodeName` and `pod`, or `ns:<ns>`. What cannot be read is not known. */
export function parseContext(text: string): Context {
  const trimmed = trimSpace(text);
  const json = jsonIn(trimmed);
  if (json === undefined) return { namespace: /^ns:(\S+)$/.exec(trimmed)?.[1] ?? "", nodeName: "", pod: "" };
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
