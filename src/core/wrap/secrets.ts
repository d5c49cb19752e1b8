/** Which Secrets of certificates are to be made now, and why: missing, wrong, due. */
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { nameOf, textMapAt } from "../base/json/read.ts";
import { namespaceOf } from "./identities.ts";
import type { NeededSecret } from "./identities.ts";
import { files } from "./names.ts";
import type { SecretTexts } from "./objects.ts";

/** What a Secret's texts say, as whoever reads certificates sees it. */
export type SecretFacts =
  | { readonly kind: "unreadable"; readonly why: string }
  | {
      readonly kind: "read";
      /** Certificates in `certificate.pem`; the first is the one that is meant. */
      readonly certificates: number;
      readonly commonName: string | undefined;
      readonly names: readonly string[];
      /** Milliseconds since 1970. */
      readonly notBefore: number;
      readonly notAfter: number;
      readonly usages: readonly ("serverAuth" | "clientAuth")[];
      readonly keyFits: boolean;
      /** `BEGIN PRIVATE KEY`, the only form that linkerd reads. */
      readonly isPkcs8: boolean;
      /** By the root of `--ca-cert`. */
      readonly isSignedByRoot: boolean;
    };

export type State =
  /** `why` is for people. */
  | { readonly kind: "make"; readonly why: string }
  /** Certificate and key stay as they are. */
  | { readonly kind: "new bundle"; readonly texts: SecretTexts; readonly notAfter: number }
  | { readonly kind: "good"; readonly notAfter: number };

export interface Terms {
  /** All milliseconds. */
  readonly now: number;
  /** Undefined: a third of the certificate's life. */
  readonly renewBefore: number | undefined;
  /** When a certificate that is made now would end. */
  readonly newEnd: number;
  /** `cacertificate.pem` as it should be. */
  readonly roots: string;
}

/** `present`: the texts of the Secret; undefined: there is none. */
export function stateOf(
  needed: NeededSecret,
  present: SecretTexts | undefined,
  facts: (texts: SecretTexts) => SecretFacts,
  terms: Terms,
): State {
  if (present === undefined) return { kind: "make", why: "it is missing" };
  const read = facts(present);
  if (read.kind === "unreadable") return { kind: "make", why: read.why };
  const [wrong] = faults.flatMap((fault) => fault(read, needed) ?? []);
  if (wrong !== undefined) return { kind: "make", why: wrong };
  const { notBefore, notAfter } = read;
  if (notAfter <= terms.now) return { kind: "make", why: `it ended ${dayOf(notAfter)}` };
  const renewBefore = terms.renewBefore ?? (notAfter - notBefore) / 3;
  // Nothing is gained where a new one would end no later, since the root does.
  if (notAfter - terms.now <= renewBefore && terms.newEnd > notAfter)
    return { kind: "make", why: `it ends ${dayOf(notAfter)}` };
  return present.roots === terms.roots ? { kind: "good", notAfter } : { kind: "new bundle", texts: present, notAfter };
}

type Read = Extract<SecretFacts, { readonly kind: "read" }>;

/** Why a Secret is wrong; the first that holds is told. */
const faults: readonly ((read: Read, needed: NeededSecret) => string | undefined)[] = [
  ({ certificates }) =>
    certificates === 1
      ? undefined
      : `${files.certificate} has ${certificates} certificates; linkerd sends the first alone`,
  ({ isPkcs8 }) => (isPkcs8 ? undefined : `${files.key} is not PKCS#8, the only form that linkerd reads`),
  ({ keyFits }) => (keyFits ? undefined : "key and certificate do not belong together"),
  // Also where it ends at a root of --also-trust: a rotation moves all certificates before the old root goes.
  ({ isSignedByRoot }) => (isSignedByRoot ? undefined : "another root signed it"),
  ({ names, commonName }, needed) =>
    isNamed(names, commonName, needed.commonName)
      ? undefined
      : `it is for ${names.join(", ") || "no name"}, not ${needed.commonName}`,
  ({ usages }, { isClient }) =>
    usages.join() === (isClient ? clientUsages : serviceUsages).join()
      ? undefined
      : `its usages are ${usages.join(", ") || "none"}`,
];

const isNamed = (names: readonly string[], commonName: string | undefined, wanted: string): boolean =>
  names.length === 1 && names[0] === wanted && commonName === (hasCommonName(wanted) ? wanted : undefined);

/** A common name has 64 characters at most (RFC 5280, appendix A.1); the DNS name in the certificate stays. */
export const hasCommonName = (name: string): boolean => name.length <= 64;

export const clientUsages = ["clientAuth"] as const;
export const serviceUsages = ["serverAuth", "clientAuth"] as const;

export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Of Secrets among objects, by namespace and name; `data` is base64, `stringData` is text. */
export function secretTexts(objects: readonly JsonObject[], otherwise: string): ReadonlyMap<string, SecretTexts> {
  return new Map(
    objects.flatMap((object) => {
      if (object["kind"] !== "Secret") return [];
      return [[secretPlace(nameOf(object), namespaceOf(object, otherwise)), certificateTexts(object)] as const];
    }),
  );
}

/** Those of a Secret that `weft wrap` knows; empty: there is none. */
export function certificateTexts(secret: JsonObject): SecretTexts {
  const texts = textsOf(secret);
  const [certificate = "", key = "", roots = ""] = [files.certificate, files.key, files.roots].map(
    (name) => texts[name],
  );
  return { certificate, key, roots };
}

export const secretPlace = (name: string, namespace: string): string => `${namespace}/${name}`;

/** What a Secret or a ConfigMap holds, as text; what is no base64 counts as empty. */
export function textsOf(object: JsonObject): Readonly<Record<string, string>> {
  if (object["kind"] !== "Secret") return textMapAt(object, "data");
  const data = isObject(object["data"]) ? object["data"] : {};
  return {
    ...Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decoded(value)])),
    ...textMapAt(object, "stringData"),
  };
}

/** PEM is ASCII, so a character for each byte will do. */
function decoded(value: Json | undefined): string {
  try {
    return typeof value === "string" ? atob(value) : "";
  } catch {
    return "";
  }
}

/** `namespace/name`, as reports call a Secret. */
export const secretWords = ({ namespace, name }: Pick<NeededSecret, "name" | "namespace">): string =>
  `secret/${name}${namespace === "" ? "" : ` of ${namespace}`}`;
