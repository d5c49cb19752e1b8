/** Rates for people, and as JSON with Linkerd's keys. */
import type { JsonObject } from "../base/json/json.ts";
import type { StatRow } from "./stat.ts";
import { tableText } from "./table.ts";

export interface StatLook {
  readonly namespaces: boolean;
  readonly wide: boolean;
  /** Rows are of pods. */
  readonly pods: boolean;
}

interface Column {
  readonly head: string;
  readonly of: (row: StatRow) => string;
  readonly left?: true;
}

/** Each kind's table has a head of its own where several were asked for; empty: there is no row. */
export function statTable(rows: readonly StatRow[], { namespaces, wide, pods }: StatLook): string {
  if (rows.length === 0) return "";
  const kinds = new Set(rows.map(({ end }) => end.kind));
  const columns: readonly Column[] = [
    ...(namespaces ? [{ head: "NAMESPACE", of: ({ end }: StatRow) => end.namespace, left: true } as const] : []),
    { head: "NAME", of: ({ end }) => (kinds.size > 1 ? `${end.kind}/${end.name}` : end.name), left: true },
    ...(pods ? [{ head: "STATUS", of: ({ phase }: StatRow) => phase, left: true } as const] : []),
    ...usual,
    ...(wide ? bytes : []),
  ];
  const right = columns.flatMap(({ left }, index) => (left ? [] : [index]));
  return tableText([columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ of }) => of(row)))], right);
}

const usual: readonly Column[] = [
  { head: "MESHED", of: ({ meshed, running }) => `${meshed}/${running}` },
  { head: "SUCCESS", of: ({ sums }) => shown(sums.success, (share) => `${(share * 100).toFixed(2)}%`) },
  { head: "RPS", of: ({ sums }) => (sums.responses === 0 ? "-" : `${sums.rps.toFixed(1)}rps`) },
  ...[0.5, 0.95, 0.99].map((q) => ({
    head: `LATENCY_P${q * 100}`,
    of: ({ sums }: StatRow) => shown(sums.quantile(q), (milliseconds) => `${Math.trunc(milliseconds)}ms`),
  })),
  { head: "TCP_CONN", of: ({ sums, meshed }) => (meshed === 0 ? "-" : String(sums.open)) },
  { head: "SECURED", of: ({ sums }) => shown(sums.securedShare, sharePercent) },
];

/** Never 100 % where it is less. */
const sharePercent = (share: number): string =>
  `${(share < 1 ? Math.min(99, Math.round(share * 100)) : 100).toFixed(0)}%`;

const bytes: readonly Column[] = [
  { head: "READ_BYTES/SEC", of: ({ sums, meshed }) => (meshed === 0 ? "-" : `${sums.read.toFixed(1)}B/s`) },
  { head: "WRITE_BYTES/SEC", of: ({ sums, meshed }) => (meshed === 0 ? "-" : `${sums.write.toFixed(1)}B/s`) },
];

const shown = (value: number | null, text: (value: number) => string): string => (value === null ? "-" : text(value));

/** The shape is in docs/seeing.md. */
export const statJson = (rows: readonly StatRow[]): readonly JsonObject[] =>
  rows.map(({ end, meshed, running, sums }) => ({
    namespace: end.namespace,
    kind: end.kind,
    name: end.name,
    meshed: `${meshed}/${running}`,
    success: sums.success,
    rps: sums.responses === 0 ? null : sums.rps,
    latency_ms_p50: sums.quantile(0.5),
    latency_ms_p95: sums.quantile(0.95),
    latency_ms_p99: sums.quantile(0.99),
    tcp_open_connections: meshed === 0 ? null : sums.open,
    tcp_read_bytes_rate: meshed === 0 ? null : sums.read,
    tcp_write_bytes_rate: meshed === 0 ? null : sums.write,
    secured: sums.securedShare,
  }));
