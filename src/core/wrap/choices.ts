/** What is chosen for a mesh of linkerd 1.x: validation, names in certificates, ports. */
import { isDnsSubdomain } from "../base/scalars/dns-label.ts";
import { quoted } from "../base/text/quote.ts";
import type { Issue } from "../base/text/issue.ts";

export const validations = ["service", "site", "none"] as const;
export type Validation = (typeof validations)[number];

export const protocols = ["http", "h2"] as const;
export const discoveries = ["k8s", "dns"] as const;

/** Who is whom, which certificates follow from. */
export interface Naming {
  readonly validation: Validation;
  /** `{service}` and `{namespace}` stand for names; in mode `site` a text without them. */
  readonly commonName: string;
  /** Of objects that do not say theirs; empty: nobody says. */
  readonly namespace: string;
  /** Jobs are wrapped, too: a native sidecar ends with them. */
  readonly nativeSidecar: boolean;
}

export interface Choices extends Naming {
  readonly clientAuth: boolean;
  readonly protocol: (typeof protocols)[number];
  readonly discovery: (typeof discoveries)[number];
  readonly image: string;
  readonly kubectlImage: string;
  readonly ports: Ports;
  readonly adminIp: string;
  readonly httpProxy: boolean;
  readonly clusterDomain: string;
}

export interface Ports {
  readonly outgoing: number;
  readonly incoming: number;
  readonly admin: number;
  readonly api: number;
}

export const defaultCommonName = (validation: Validation): string => (validation === "site" ? "linkerd" : "{service}");

/** The name in a certificate. */
export const commonNameOf = (pattern: string, service: string, namespace: string): string =>
  pattern.replaceAll("{service}", service).replaceAll("{namespace}", namespace);

export const namesNamespaces = ({ validation, commonName }: Naming): boolean =>
  validation !== "site" && commonName.includes("{namespace}");

/** What is wrong with `--common-name`; undefined: nothing. */
export function commonNameIssue({
  validation,
  commonName,
}: Pick<Naming, "validation" | "commonName">): Issue | undefined {
  const at = "--common-name";
  if (validation === "site")
    return isDnsSubdomain(commonName)
      ? undefined
      : {
          at,
          message: `${quoted(commonName)} is not a DNS name, which --validation site takes: one for all, such as linkerd`,
        };
  if (!commonName.includes("{service}")) return { at, message: `expected {service} in it, got ${quoted(commonName)}` };
  return isDnsSubdomain(commonNameOf(commonName, "a", "b"))
    ? undefined
    : { at, message: `${quoted(commonName)} is no pattern for DNS names, such as {service}.{namespace}` };
}
