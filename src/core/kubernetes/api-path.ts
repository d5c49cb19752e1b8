/**
 * Paths of the Kubernetes API. Names come from reviews and from objects that others wrote, and a path is asked with weft's
 * own rights: so a name that is none never becomes part of one.
 */
import { dnsLabel, isDnsSubdomain } from "../base/scalars/dns-label.ts";
import type { Issue } from "../base/text/issue.ts";
import { collectionPath as pathOfCollection } from "./kinds.ts";
import type { Kind } from "./kinds.ts";
import { quoted } from "../base/text/quote.ts";

export interface Collection extends Pick<Kind, "apiVersion" | "plural"> {
  /** Absent for what is in no namespace, and for all of them. */
  readonly namespace?: string | undefined;
}

export type ApiPath = { readonly path: string } | { readonly issue: Issue };

/** `/apis/apps/v1/namespaces/shop/replicasets`. */
export function collectionPath({ apiVersion, plural, namespace }: Collection): ApiPath {
  if (namespace !== undefined && !dnsLabel.test(namespace))
    return { issue: { at: "namespace", message: `${quoted(namespace)} is not the name of a namespace (DNS label)` } };
  return { path: pathOfCollection({ apiVersion, plural, namespaced: true }, namespace) };
}

/** `/apis/apps/v1/namespaces/shop/replicasets/web-7d4b9`. */
export function objectPath(collection: Collection, name: string): ApiPath {
  const found = collectionPath(collection);
  if ("issue" in found) return found;
  return isDnsSubdomain(name)
    ? { path: `${found.path}/${name}` }
    : { issue: { at: "name", message: `${quoted(name)} is not the name of an object (DNS subdomain)` } };
}

/**
 * Whether a text can be asked for as it is: segments of names as the API has them (`system:node`, `web-0:9995`), none of
 * them `.` or `..`, nothing that would be a query or a fragment, nothing that is encoded.
 */
export const isApiPath = (text: string): boolean =>
  text === "/" || /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._:~-]+)+$/.test(text);
