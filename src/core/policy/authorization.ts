/** Who may come in, from where, as the proxy's API says it. */
import { policyGroup } from "../mesh/groups.ts";
import { addressBytes, parseCidr } from "../base/scalars/subnets.ts";
import type { Cidr } from "../base/scalars/subnets.ts";
import { ipNetwork } from "../proxy-api/address.ts";
import type { Authn, Authz, Network } from "../proxy-api/inbound.ts";
import type { Metadata } from "../proxy-api/meta.ts";
import type { DefaultPolicy } from "../mesh/default-policy.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PolicyView } from "../view/objects.ts";

export type Clients =
  /** With or without TLS. */
  | "anyone"
  /** With the mesh's TLS, with or without a certificate. */
  | "tls"
  /** With an identity: names, `*` for any, `*.<suffix>` for those below. */
  | readonly string[];

export const meshed: Clients = ["*"];

/** Undefined: no network or no client is left, so that nobody is let in. The proxy takes no such authorization. */
export function authorization(metadata: Metadata, networks: readonly Network[], clients: Clients): Authz | undefined {
  const isEmpty = networks.length === 0 || clients.length === 0;
  return isEmpty
    ? undefined
    : { metadata, labels: labelsOf(metadata), networks, authentication: authentication(clients) };
}

/** The same in the form that proxies before 2.12 read. */
const labelsOf = ({ default: name, resource }: Metadata): Readonly<Record<string, string>> => ({
  group: resource?.group ?? "",
  kind: resource?.kind ?? "default",
  name: resource?.name ?? name ?? "",
});

export const authorizedBy = ({ kind, namespace, name }: PolicyView): Metadata => ({
  resource: { group: policyGroup, kind: kind.toLowerCase(), namespace, name },
});

/** What a default policy allows. */
export function defaultAuthorizations(mesh: MeshView, policy: DefaultPolicy): readonly Authz[] {
  const row = defaults[policy];
  if (row === undefined) return [];
  const networks = row.isCluster ? networksOf(mesh.clusterNetworks) : everywhere;
  return [authorization({ default: policy }, networks, row.clients)].filter((authz) => authz !== undefined);
}

const defaults: Readonly<Record<DefaultPolicy, { isCluster: boolean; clients: Clients } | undefined>> = {
  "all-unauthenticated": { isCluster: false, clients: "anyone" },
  "all-authenticated": { isCluster: false, clients: meshed },
  "cluster-unauthenticated": { isCluster: true, clients: "anyone" },
  "cluster-authenticated": { isCluster: true, clients: meshed },
  deny: undefined,
  // The proxy knows it by its name, and logs what it lets in.
  audit: { isCluster: false, clients: "anyone" },
};

export const networksOf = (cidrs: readonly Cidr[]): readonly Network[] =>
  cidrs.map((cidr) => ({ net: ipNetwork(cidr) }));

/** A network, or a single address. */
export function parseNetwork(text: string): Cidr | undefined {
  const bytes = addressBytes(text);
  return bytes === undefined ? parseCidr(text) : parseCidr(`${text}/${text.includes(":") ? 128 : 32}`);
}

export const everywhere: readonly Network[] = networksOf(["0.0.0.0/0", "::/0"].flatMap((net) => parseCidr(net) ?? []));

function authentication(clients: Clients): Authn {
  if (clients === "anyone") return { unauthenticated: {} };
  if (clients === "tls") return { meshTLS: { unauthenticated: {} } };
  const [suffixes, names] = [clients.filter(isSuffix), clients.filter((client) => !isSuffix(client))];
  return {
    meshTLS: {
      identities: {
        identities: names.map((name) => ({ name })),
        suffixes: suffixes.map((suffix) => ({ parts: suffix.split(".").slice(1) })),
      },
    },
  };
}

const isSuffix = (client: string): boolean => client === "*" || client.startsWith("*.");
