/** The map of a mesh's traffic: who calls whom, how much, and whether mutual TLS secures it. As the dashboard is sent it. */

/** Numbers that are not known are `null`; rates are, in the first round. */
export interface MapState {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Between the two readings that rates are of; null: there was one. */
  readonly seconds: number | null;
  readonly pods: MapPods;
  readonly workloads: readonly MapWorkload[];
  readonly edges: readonly MapEdge[];
}

interface MapPods {
  readonly read: number;
  readonly meshed: number;
  readonly running: number;
  readonly failed: readonly { readonly namespace: string; readonly name: string; readonly why: string }[];
}

/** Of requests: a second, the part of them that succeeded (0 to 1), milliseconds at three percentiles. */
interface MapRates {
  readonly rps: number | null;
  readonly success: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

interface MapWorkload extends MapRates {
  /** `shop/deployment/backend`; of callers that are not meshed `-//(not meshed)`. */
  readonly id: string;
  readonly namespace: string;
  /** In small letters; empty: no workload, such as `(not meshed)` or an address outside. */
  readonly kind: string;
  readonly name: string;
  /** Running. */
  readonly pods: number;
  readonly meshed: number;
  /** Connections that are open at its proxies; null: none of them was read. */
  readonly open: number | null;
}

interface MapEdge extends MapRates {
  /** Ids of workloads. */
  readonly from: string;
  readonly to: string;
  /** Connections, and all of them. */
  readonly secured: number;
  readonly total: number;
  /** The label's own word, such as `no_tls_from_remote`; empty: all are secured. */
  readonly reason: string;
  readonly client_id: string;
  readonly server_id: string;
  readonly ports: readonly number[];
  /** `tcp`: no request was seen. */
  readonly protocol: "http" | "tcp";
  readonly open: number;
  /** Bytes a second, as the caller sees them. */
  readonly read: number | null;
  readonly write: number | null;
}
