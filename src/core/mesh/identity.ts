/** Identities of workloads: DNS-like names, one for each service account, and their SPIFFE form. */

import { dnsLabel } from "../base/scalars/dns-label.ts";
import { quoted } from "../base/text/quote.ts";

/** Where names of a mesh end. */
export interface IdentityDomain {
  readonly controlPlaneNamespace: string;
  readonly trustDomain: string;
}

export interface ServiceAccountRef {
  readonly namespace: string;
  readonly serviceAccount: string;
}

export const identityOf = ({ namespace, serviceAccount }: ServiceAccountRef, domain: IdentityDomain): string =>
  `${serviceAccount}.${namespace}.${suffixOf(domain)}`;

/** Why nobody can be certified with a service account of this name, which Kubernetes allows; undefined: it can be. */
export const accountFault = (serviceAccount: string): string | undefined =>
  dnsLabel.test(serviceAccount)
    ? undefined
    : `service account ${quoted(serviceAccount, 100)}, of which no identity can be made: expected at most 63 characters and no dots`;

/** The service account of an identity of this mesh; undefined: it is none. */
export function serviceAccountOf(identity: string, domain: IdentityDomain): ServiceAccountRef | undefined {
  const suffix = `.${suffixOf(domain)}`;
  if (!identity.endsWith(suffix)) return undefined;
  const [serviceAccount = "", namespace = "", ...more] = identity.slice(0, -suffix.length).split(".");
  return more.length > 0 || serviceAccount === "" || namespace === "" ? undefined : { namespace, serviceAccount };
}

/** `backend.shop`, of a name that has the form of an identity, whatever mesh it is of. */
export const accountIn = (name: string): string | undefined =>
  /^([^.]+\.[^.]+)\.serviceaccount\.identity\.[^.]+\.[^.]/.exec(name)?.[1];

/** `spiffe://<trust domain>/ns/<namespace>/sa/<service account>` (SPIFFE-ID, section 2). */
export const spiffeId = ({ namespace, serviceAccount }: ServiceAccountRef, trustDomain: string): string =>
  `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;

const suffixOf = ({ controlPlaneNamespace, trustDomain }: IdentityDomain): string =>
  `serviceaccount.identity.${controlPlaneNamespace}.${trustDomain}`;
