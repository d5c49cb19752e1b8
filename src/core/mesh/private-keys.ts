/**
 * Private keys where none belong. Settings lie in ConfigMaps, which half the cluster may read: a key that somebody put
 * there by mistake is refused, with its place, and never quoted.
 */
import type { Json } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";

/** Keys that Linkerd's chart has among its values. Its ConfigMap is without them, and so is weft's. */
export const chartKeys: readonly (readonly string[])[] = [
  ["identity", "issuer", "tls", "keyPEM"],
  ["profileValidator", "keyPEM"],
  ["proxyInjector", "keyPEM"],
  ["policyValidator", "keyPEM"],
];

interface Place {
  readonly value: Json;
  readonly name: string;
  readonly parent: Place | undefined;
  readonly depth: number;
}

/** Each value, and each name of one, that holds a private key; but those of `chartKeys`. `at` is what `values` is called. */
export function privateKeyIssues(values: Json, at = ""): readonly Issue[] {
  const issues: Issue[] = [];
  const left: Place[] = [{ value: values, name: at, parent: undefined, depth: 0 }];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const { value, depth } = place;
    if (typeof value === "string" && holdsPrivateKey(value)) issues.push({ at: pathOf(place), message: refusal });
    if (typeof value !== "object" || value === null) continue;
    const inside: Place[] = [];
    for (const [name, item] of Object.entries(value)) {
      const isKey = holdsPrivateKey(name);
      if (isKey) issues.push({ at: pathOf(place), message: `a name in it ${refusal}` });
      const next = { value: item ?? null, name: isKey ? "…" : name, parent: place, depth: depth + 1 };
      if (next.depth > deepest || !dropped.has(pathOf(next))) inside.push(next);
    }
    // Backwards, so that the issues come in the order of the values.
    for (const next of inside.toReversed()) left.push(next);
  }
  return issues;
}

function pathOf(place: Place): string {
  const names: string[] = [];
  for (let next: Place | undefined = place; next !== undefined; next = next.parent) names.push(next.name);
  return names
    .toReversed()
    .filter((name) => name !== "")
    .join(".");
}

const refusal = "holds a private key; settings are for everybody to read, so keep it in a Secret";

const dropped: ReadonlySet<string> = new Set(chartKeys.map((path) => path.join(".")));
const deepest = Math.max(...chartKeys.map((path) => path.length));

/** In PEM or in base64 of PEM, whatever stands around it; or in the base64 that is between the lines of a PEM. */
export function holdsPrivateKey(text: string): boolean {
  if (text.length < shortest) return false;
  const joined = text.replaceAll(/\s+/g, "");
  return pem.test(text) || inBase64.test(joined) || holdsBareKey(text) || (joined !== text && holdsBareKey(joined));
}

/** RFC 7468 and what it grew from: PKCS #8, encrypted or not, RSA, EC, DSA, OpenSSH, PGP (`PRIVATE KEY BLOCK`), SSH2. */
const pem = /-{4,5} ?BEGIN ([A-Z0-9]+ )*PRIVATE KEY/i;
const shortest = "----BEGIN PRIVATE KEY".length;

/**
 * `PRIVATE KEY` as base64 writes it from the first, the second and the third byte of a group on, without the characters
 * at either end that hang on what stands beside it.
 */
const inBase64 = /UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW/;

/** OpenSSH begins its own form with a name, all others are DER: a SEQUENCE, of which base64 makes an M. */
const holdsBareKey = (text: string): boolean =>
  text.includes("b3BlbnNzaC1rZXktdjE") || [...text.matchAll(runs)].some(([run]) => derOfKey.test(hexOf(run)));

const runs = /(?<![\w+/-])M[\w+/-]{39,}/g;

/**
 * DER of a private key, as far as its first bytes: a version, and then the algorithm (PKCS #8), an OCTET STRING (SEC 1) or
 * a number (PKCS #1, DSA); or, encrypted, an algorithm of PKCS #5 or #12. Certificates and public keys begin otherwise.
 */
const derOfKey =
  /^30(?:[0-7].|81..|82....)(?:02010[01](?:30(?:[0-7].|81..|82....)06|04|02)|30(?:[0-7].|81..)06..2a864886f70d01(?:05|0c01))/;

/** The first bytes, in hexadecimal. */
const hexOf = (base64: string): string =>
  Array.from(atob(base64.slice(0, 40).replaceAll("-", "+").replaceAll("_", "/")), (byte) =>
    byte.charCodeAt(0).toString(16).padStart(2, "0"),
  ).join("");
