/** What was on the wire of a pod, for people and for programs. */
import type { Json } from "../base/json/json.ts";
import { accountIn } from "../mesh/identity.ts";
import { tableText } from "../traffic/table.ts";
import type { WireRow } from "./wire.ts";

export function wireText(rows: readonly WireRow[]): string {
  const lines = rows.map((row) => [
    row.peer,
    String(row.port),
    bytesText(row.bytes),
    shareText(row.tlsBytes, row.bytes),
    [securedText(row), whoText(row)].filter((text) => text !== "").join("  "),
  ]);
  return tableText([["PEER", "PORT", "BYTES", "TLS", "SECURED"], ...lines]);
}

/** `18.2kB`; the smaller unit would have four digits. */
function bytesText(bytes: number): string {
  const [factor, unit] = bytes >= 1e9 ? [1e9, "GB"] : bytes >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
  return `${(bytes / factor).toFixed(1)}${unit}`;
}

/** All and nothing are exact; whatever is between stays between. */
function shareText(part: number, whole: number): string {
  if (part === whole) return "100%";
  return part === 0 ? "0%" : `${Math.min(99, Math.max(1, Math.round((part / whole) * 100)))}%`;
}

const securedWords: Readonly<Record<WireRow["secured"], string>> = {
  mesh: "√",
  tls: "TLS, not of a proxy",
  handshake: "handshake only",
  partly: "partly plaintext",
  plaintext: "plaintext",
};

const securedText = ({ secured }: WireRow): string => securedWords[secured];

/** Whom the callers asked for; else whether this pod is the caller, as nothing else tells. */
function whoText({ names, direction }: WireRow): string {
  if (names.length > 0) return `to ${names.map((name) => accountIn(name) ?? name).join(", ")}`;
  return direction === "outbound" ? "dialled by this pod" : "";
}

/** `[{"peer": …, "port": …, "direction": "inbound", "connections": …, "bytes": …, "tls_bytes": …, "secured": …, "names": […]}]` */
export const wireJson = (rows: readonly WireRow[]): Json =>
  rows.map(({ peer, port, direction, connections, bytes, tlsBytes, secured, names }) => ({
    peer,
    port,
    direction,
    connections,
    bytes,
    tls_bytes: tlsBytes,
    secured,
    names,
  }));
