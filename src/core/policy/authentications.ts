/** Who a client is, and where it comes from: MeshTLSAuthentication, NetworkAuthentication, and references to them. */
import { isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import { identityOf } from "../mesh/identity.ts";
import type { IdentityDomain } from "../mesh/identity.ts";
import { perObject } from "../base/memory/memo.ts";
import { ipNetwork } from "../proxy-api/address.ts";
import type { Network } from "../proxy-api/inbound.ts";
import type { PolicyView } from "../view/objects.ts";
import { parseNetwork } from "./authorization.ts";
import { isName, isText, readListWithin, readable, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";

/** Identities that a MeshTLSAuthentication names, with `*` and `*.<suffix>`. An entry that cannot be read names nobody. */
export const meshTlsIdentities = (policy: PolicyView, domain: IdentityDomain): Reading<readonly string[]> =>
  identitiesOf(domain)(policy);

const identitiesOf = perObject((domain: IdentityDomain) =>
  perObject((policy: PolicyView) => readIdentities(policy, domain)),
);

function readIdentities({ namespace, spec }: PolicyView, domain: IdentityDomain): Reading<readonly string[]> {
  const names = identitiesIn(spec["identities"], "spec.identities");
  const refs = readListWithin(spec["identityRefs"], "spec.identityRefs", (ref, at) =>
    referredIdentity(ref, at, namespace, domain),
  );
  const issues = [...names.issues, ...refs.issues];
  const all = [...names.value, ...refs.value].flat();
  const nobody = { at: "spec", message: "names nobody: must have identities or identityRefs" };
  return { value: all, issues: all.length === 0 && issues.length === 0 ? [nobody] : issues };
}

/** Networks of a NetworkAuthentication. */
export const authenticatedNetworks = perObject(({ spec }: PolicyView): Reading<readonly Network[]> => {
  const networks = readNetworks(spec["networks"], "spec.networks");
  const none = networks.value.length === 0 && networks.issues.length === 0;
  return none ? unreadable([], "spec.networks", "lists no network") : networks;
});

/** A network with an exception that cannot be read is left out whole: the exception might have been anything. */
export function readNetworks(list: Json | undefined, at: string): Reading<readonly Network[]> {
  const networks = readListWithin(list, at, readNetwork);
  return { ...networks, value: networks.value.flat() };
}

function readNetwork(entry: Json, at: string): Reading<readonly Network[]> {
  const { cidr, except } = isObject(entry) ? entry : {};
  const net = isText(cidr) ? parseNetwork(cidr) : undefined;
  if (net === undefined) return unreadable([], `${at}.cidr`, "must be a network, such as 10.0.0.0/8, or an address");
  const exceptions = readListWithin(isText(except) ? [except] : except, `${at}.except`, (text, where) => {
    const exception = isText(text) ? parseNetwork(text) : undefined;
    return exception === undefined ? unreadable([], where, "must be a network") : readable([exception]);
  });
  const usable = exceptions.value.flat();
  if (exceptions.issues.length > 0) return unreadable([], `${at}.except`, "must be a list of networks");
  return readable([
    { net: ipNetwork(net), ...(usable.length === 0 ? {} : { except: usable.map((each) => ipNetwork(each)) }) },
  ]);
}

/** Names of clients, such as `web.shop.serviceaccount.identity.linkerd.cluster.local`. */
export const identitiesIn = (list: Json | undefined, at: string): Reading<readonly (readonly string[])[]> =>
  readListWithin(list, at, identityText);

const identityText = (value: Json, at: string): Reading<readonly string[]> =>
  isText(value) && /^(\*|(\*\.)?[^*]+)$/.test(value)
    ? readable([value])
    : unreadable([], at, "must be an identity, * or *.<suffix>");

export const serviceAccountIdentity = (name: string, namespace: string, domain: IdentityDomain): string =>
  identityOf({ namespace, serviceAccount: name }, domain);

function referredIdentity(value: Json, at: string, own: string, domain: IdentityDomain): Reading<readonly string[]> {
  const ref = referenceOf(value, own);
  if (ref !== undefined && isKind(ref, "", "ServiceAccount")) {
    return readable([serviceAccountIdentity(ref.name, ref.namespace, domain)]);
  }
  // Every service account of the namespace: whatever comes before it in the identity.
  if (ref !== undefined && isKind(ref, "", "Namespace")) {
    return readable([serviceAccountIdentity("*", ref.name, domain)]);
  }
  return unreadable([], at, "must refer to a ServiceAccount or a Namespace: kind, name");
}

export interface Reference {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

/** `own`: the namespace when it gives none. */
export function referenceOf(value: Json | undefined, own: string): Reference | undefined {
  const { group = "", kind, name, namespace = own } = isObject(value) ? value : {};
  if (!isText(group) || !isText(kind) || !isName(name) || !isName(namespace)) return undefined;
  return { group, kind, name, namespace };
}

/** Letter case does not count, and `core` is the group without a name, as Linkerd has it. */
export function isKind(ref: Pick<Reference, "group" | "kind">, group: string, kind: string): boolean {
  const given = ref.group.toLowerCase();
  return (given === "core" ? "" : given) === group && ref.kind.toLowerCase() === kind.toLowerCase();
}
