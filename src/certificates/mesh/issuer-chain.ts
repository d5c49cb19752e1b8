/** Certificates of CAs from PEM, as facts; and the ways from an issuer up to an anchor. */
import { firstLineOf } from "../../core/base/text/words.ts";
import { X509Certificate } from "node:crypto";
import type { X509Certificate as ParsedCertificate } from "@peculiar/x509";
import type { CertificateFacts } from "../../core/identity/authority.ts";
import type { Result } from "../../core/base/text/result.ts";
import { allOf, failed } from "../../core/base/text/result.ts";
import { excessBlocks, pemBlocks } from "../x509/pem.ts";
import { keyName } from "../x509/x509.ts";
import type { X509 } from "../x509/x509.ts";

export interface ReadCertificate {
  readonly pem: string;
  readonly facts: CertificateFacts;
  /** Verifies, and answers what the other one does not. */
  readonly node: X509Certificate;
  readonly parsed: ParsedCertificate;
  /** In hexadecimal, where it has them (RFC 5280, sections 4.2.1.1 and 4.2.1.2): of its key, and of its issuer's. */
  readonly keyId: string | undefined;
  readonly issuerKeyId: string | undefined;
}

export type Chain = readonly [ReadCertificate, ...(readonly ReadCertificate[])];

/** Every certificate of a text, which has at least one; or what cannot be read. */
export function readChain(x509: X509, text: string, at: string): Result<Chain> {
  const blocks = pemBlocks(text);
  const over = excessBlocks(blocks, at);
  if (over !== undefined) return over;
  // A copy is what it is a copy of.
  const known = new Map<string, Result<ReadCertificate>>();
  const read = allOf(
    blocks.map((pem, index) => {
      const one = known.get(pem) ?? readOne(x509, pem, blocks.length === 1 ? at : `${at}, certificate ${index + 1}`);
      known.set(pem, one);
      return one;
    }),
  );
  if ("issues" in read) return read;
  const [first, ...others] = read.value;
  return first === undefined ? failed(at, "has no PEM certificate") : { value: [first, ...others] };
}

/**
 * Ways in which the certificates of the chain may stand in any order after the issuer, the shortest first. A bundle may
 * hold copies, and CAs that have signed each other: the ways through those are without number, and so many are found.
 */
export function waysUp(chain: Chain, anchors: readonly ReadCertificate[]): readonly CertificateFacts[][] {
  const [issuer, ...others] = eachOnce(chain);
  const roots = eachOnce(anchors);
  if (issuer === undefined) return [];
  if (roots.some((anchor) => isSame(anchor, issuer))) return [[issuer.facts]];
  const [signers, trusted] = [signersAmong(others), signersAmong(roots)];
  const leading = leadingTo(trusted, issuer, signers);
  const found: CertificateFacts[][] = [];
  const waiting: (readonly ReadCertificate[])[] = [[issuer]];
  for (let index = 0; index < Math.min(waiting.length, mostWays); index += 1) {
    const way = waiting[index] ?? [];
    const [last] = way.slice(-1);
    if (last === undefined) continue;
    for (const anchor of trusted(last)) found.push([...way, anchor].map(({ facts }) => facts));
    for (const next of signers(last))
      if (leading.has(next) && !way.includes(next) && waiting.length < mostWays) waiting.push([...way, next]);
  }
  return found.slice(0, mostWays);
}

/** Those of the anchors to which the chain leads, whichever way. */
export function anchorsAbove(chain: Chain, anchors: readonly ReadCertificate[]): readonly ReadCertificate[] {
  const [issuer, ...others] = eachOnce(chain);
  if (issuer === undefined) return [];
  const [signers, trusted] = [signersAmong(others), signersAmong(anchors)];
  const reached = new Set([issuer]);
  const above = new Set(anchors.filter((anchor) => isSame(anchor, issuer)));
  for (const each of reached) {
    for (const anchor of trusted(each)) above.add(anchor);
    for (const next of signers(each)) reached.add(next);
  }
  return anchors.filter((anchor) => above.has(anchor));
}

/** Those above an issuer from which some way leads to an anchor: hundreds that lead nowhere are to hide none that does. */
function leadingTo(trusted: Signers, issuer: ReadCertificate, signers: Signers): ReadonlySet<ReadCertificate> {
  const below = new Map<ReadCertificate, ReadCertificate[]>();
  const reached = new Set([issuer]);
  for (const each of reached)
    for (const next of signers(each)) {
      reached.add(next);
      const children = below.get(next) ?? [];
      below.set(next, children);
      children.push(each);
    }
  const leading = new Set([...reached].filter((each) => trusted(each).length > 0));
  for (const each of leading) for (const child of below.get(each) ?? []) leading.add(child);
  return leading;
}

/** More than anybody has who changes CAs step by step. */
const mostWays = 256;

/** Signatures that are looked at in all, at some 0.1 ms each: in a bundle of CAs of one name each might be everybody's. */
const mostChecked = 2_048;

const isSame = (a: ReadCertificate, b: ReadCertificate): boolean => a.node.raw.equals(b.node.raw);

/** The first of each. */
function eachOnce(all: readonly ReadCertificate[]): readonly ReadCertificate[] {
  const known = new Map<string, ReadCertificate>();
  for (const each of all) {
    const der = each.node.raw.toString("base64");
    if (!known.has(der)) known.set(der, each);
  }
  return [...known.values()];
}

type Signers = (child: ReadCertificate) => readonly ReadCertificate[];

/** Who of them has signed a certificate; each signature is looked at once. */
function signersAmong(all: readonly ReadCertificate[]): Signers {
  const bySubject = Map.groupBy(all, ({ node }) => node.subject);
  const known = new Map<ReadCertificate, readonly ReadCertificate[]>();
  let left = mostChecked;
  return (child) => {
    const before = known.get(child);
    if (before !== undefined) return before;
    const named = bySubject.get(child.node.issuer) ?? [];
    // By its key's identifier the right one of thousands is among the first.
    const [likely, others] = parted(named, ({ keyId }) => keyId !== undefined && keyId === child.issuerKeyId);
    const asked = [...likely, ...others].slice(0, left);
    left -= asked.length;
    const signers = asked.filter((parent) => parent !== child && child.node.verify(parent.node.publicKey));
    known.set(child, signers);
    return signers;
  };
}

function parted<Item>(all: readonly Item[], isFirst: (item: Item) => boolean): readonly [Item[], Item[]] {
  const { yes = [], no = [] } = Object.groupBy(all, (item) => (isFirst(item) ? "yes" : "no"));
  return [yes, no];
}

function readOne(x509: X509, pem: string, at: string): Result<ReadCertificate> {
  try {
    const node = new X509Certificate(pem);
    const parsed = new x509.X509Certificate(pem);
    const constraints = parsed.getExtension(x509.BasicConstraintsExtension);
    const usages = parsed.getExtension(x509.KeyUsagesExtension)?.usages ?? x509.KeyUsageFlags.keyCertSign;
    const facts: CertificateFacts = {
      at,
      subject: nameText(node.subject),
      issuer: nameText(node.issuer),
      isAuthority: constraints?.ca ?? false,
      maySign: (usages & x509.KeyUsageFlags.keyCertSign) !== 0,
      pathLength: constraints?.pathLength,
      key: keyName(node.publicKey),
      notBefore: node.validFromDate.getTime(),
      notAfter: node.validToDate.getTime(),
    };
    const keyId = parsed.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
    const issuerKeyId = parsed.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId;
    return { value: { pem, facts, node, parsed, keyId, issuerKeyId } };
  } catch (error) {
    return failed(at, `cannot be read: ${firstLineOf(error)}`);
  }
}

const nameText = (name: string | undefined): string => (name ?? "").replaceAll("\n", ", ");
