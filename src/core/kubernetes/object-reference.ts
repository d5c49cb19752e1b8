/** An object as others refer to it (core/v1 ObjectReference), and whether what says so can be one. */
import { dnsLabel, isDnsSubdomain } from "../base/scalars/dns-label.ts";

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for what is in no namespace. */
  readonly namespace: string;
  readonly name: string;
  /** Empty where it is not known. */
  readonly uid: string;
}

/** Whether an API server could have such an object: each field has a form and a length that it would take. */
export const isObjectReference = ({ apiVersion, kind, namespace, name, uid }: ObjectReference): boolean =>
  isGroupVersion(apiVersion) &&
  /^[A-Z][A-Za-z0-9]{0,62}$/.test(kind) &&
  (namespace === "" || dnsLabel.test(namespace)) &&
  isDnsSubdomain(name) &&
  /^[A-Za-z0-9-]{0,64}$/.test(uid);

/** `v1`, `apps/v1beta2`. */
function isGroupVersion(text: string): boolean {
  const slash = text.lastIndexOf("/");
  return (slash === -1 || isDnsSubdomain(text.slice(0, slash))) && dnsLabel.test(text.slice(slash + 1));
}
