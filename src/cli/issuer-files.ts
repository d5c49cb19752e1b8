/** The CAs of a mesh for `weft install`: those that are given, or new ones. */
import type { Command } from "commander";
import { meshIssuer } from "../certificates/mesh/issuer.ts";
import { libraries } from "../certificates/x509/asn1.ts";
import { makeAnchor, makeIssuer } from "../certificates/mesh/authority.ts";
import type { PemPair } from "../certificates/x509/pem.ts";
import { isObject } from "../core/base/json/json.ts";
import type { JsonObject } from "../core/base/json/json.ts";
import type { Issue } from "../core/base/text/issue.ts";
import { failed, issuesOf } from "../core/base/text/result.ts";
import type { Result } from "../core/base/text/result.ts";
import { readFiles } from "../files/read.ts";
import { textsOf } from "./options.ts";
import type { IssuerFiles } from "../core/install/chosen.ts";

export interface NewAuthorities {
  readonly anchor: PemPair;
  readonly issuer: PemPair;
}

const hour = 3_600_000;
const days = 24 * hour;
/** Clocks that are a little behind must not find them "not yet valid". */
const backdate = hour;
export const anchorLife = 3650 * days;
export const issuerLife = 365 * days;

export const validityFrom = (now: Date, life: number) => ({
  notBefore: new Date(now.getTime() - backdate),
  notAfter: new Date(now.getTime() + life),
});

/** As Linkerd's documentation has them made: an anchor for ten years, an issuer below it for one. */
export async function newAuthorities(trustDomain: string, now: Date): Promise<NewAuthorities> {
  const anchor = await makeAnchor({ trustDomain, validity: validityFrom(now, anchorLife) });
  return { anchor, issuer: await makeIssuer({ anchor, trustDomain, validity: validityFrom(now, issuerLife) }) };
}

export const issuerFiles = ({ certificate, key }: PemPair): IssuerFiles => ({
  certificate: base64(certificate),
  key: base64(key),
});

export interface GivenIssuer extends PemPair {
  /** What to call them. */
  readonly names: { readonly certificate: string; readonly key: string };
}

/** `--issuer-cert` and `--issuer-key`, both or none. */
export async function givenIssuer(command: Command): Promise<Result<GivenIssuer | undefined>> {
  const [certificate, key] = ["issuerCert", "issuerKey"].map((flag) => textsOf(command, flag).at(-1));
  if (certificate === undefined && key === undefined) return { value: undefined };
  if (certificate === undefined || key === undefined)
    return failed(certificate === undefined ? "--issuer-cert" : "--issuer-key", "is needed beside the other");
  const found = await readFiles([certificate, key]);
  const issues = found.flatMap((file) => ("issue" in file ? [file.issue] : []));
  if (issues.length > 0) return { issues };
  const [first = "", second = ""] = found.map((file) => ("text" in file ? file.text : ""));
  return { value: { certificate: first, key: second, names: { certificate, key } } };
}

/** Everything that speaks against signing with it, given who is trusted. */
export async function issuerIssues(
  { certificate, key, names }: GivenIssuer,
  anchors: { readonly text: string; readonly name: string },
  now: Date,
): Promise<readonly Issue[]> {
  const texts = { certificate, key, anchors: anchors.text, names: { ...names, anchors: anchors.name } };
  const read = meshIssuer(await libraries(), texts, now);
  return issuesOf(read);
}

/** As Linkerd's Helm values have it: `identity.issuer.tls`. */
export function issuerInValues({ identity }: JsonObject): GivenIssuer | undefined {
  const issuer = isObject(identity) ? identity["issuer"] : undefined;
  const { crtPEM, keyPEM } = isObject(issuer) && isObject(issuer["tls"]) ? issuer["tls"] : {};
  if (typeof crtPEM !== "string" || typeof keyPEM !== "string") return undefined;
  const at = "identity.issuer.tls";
  return { certificate: crtPEM, key: keyPEM, names: { certificate: `${at}.crtPEM`, key: `${at}.keyPEM` } };
}

export const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
