/** The name that a peer's certificate proves, from its alternative names as Node writes them in one line. */

/**
 * The first DNS name or URI, as peers take it. Node puts quotes around what holds commas, quotes or
 * invisible characters (CVE-2021-44532): no name of a mesh does, so a certificate that begins with such a name proves
 * none.
 */
export function peerName(alternativeNames: string): string | undefined {
  const entry = /([^:,"]+):(?:"(?:[^"\\]|\\.)*"|([^,"]*))(?:, |$)/y;
  for (let found = entry.exec(alternativeNames); found !== null; found = entry.exec(alternativeNames)) {
    const [, kind, name] = found;
    if (kind === "DNS" || kind === "URI") return name || undefined;
    if (entry.lastIndex === alternativeNames.length) return undefined;
  }
  return undefined;
}
