/** About what plain data takes in V8's memory, on a machine of 64 bits. */

/** Of an object; of a list with what its elements are in; of a text; of a field or an element; of a large number. */
const [ofObject, ofList, ofText, ofField, ofNumber] = [24, 48, 16, 8, 16];
/** Of a field's name that other objects do not have, beside its text: in a dictionary, or in a shape of its own. */
const ofName = 24;

export function bytesOf(value: unknown): number {
  if (typeof value === "string") return textBytes(value);
  if (typeof value === "number") return isSmall(value) ? 0 : ofNumber;
  if (typeof value !== "object" || value === null) return 0;
  const parts: unknown = value instanceof Map ? [...value].flat() : value;
  // Nothing is made on the way: an object may have a hundred thousand fields.
  let sum: number = Array.isArray(parts) ? ofList : ofObject;
  if (Array.isArray(parts)) for (const each of parts) sum += ofField + bytesOf(each);
  else for (const name of Object.keys(value)) sum += nameBytes(name) + ofField + bytesOf(value[name as keyof object]);
  return sum;
}

/** It stands in the field itself. */
const isSmall = (number: number): boolean => Number.isInteger(number) && Math.abs(number) < 2 ** 30;

/** The empty text is one for all. Characters have a byte each, unless one of them is none of Latin-1: then two. */
function textBytes(text: string): number {
  if (text === "") return 0;
  return ofText + (isLatin1(text) ? text.length : 2 * text.length);
}

const isLatin1 = (text: string): boolean => !/[\u0100-\uffff]/.test(text);

/** Names of labels, and what stands in a spec, are whatever somebody made up. */
const nameBytes = (name: string): number => (ownNames.has(name) ? 0 : ofName + textBytes(name));

/** Fields of views (core/view/objects.ts), and the usual ones of specs: one text and one shape for all objects. */
const ownNames: ReadonlySet<string> = new Set(
  `namespace name uid ips hostIps hostNetwork sidecar nodeName serviceAccount labels annotations owner alive deleted
  created ports probes port hostPort protocol method path clusterIps type headless selector isLocal targetPort
  appProtocol service addressType endpoints addresses ready draining hostname zone pod forZones kind generation spec
  status podSelector matchLabels matchExpressions key operator values accessPolicy proxyProtocol server client networks
  cidr except identities identityRefs targetRef requiredAuthenticationRefs group ingress egress from to endPort
  conditions message reason lastTransitionTime observedGeneration inbound outbound
  control admin`.split(/\s+/),
);
