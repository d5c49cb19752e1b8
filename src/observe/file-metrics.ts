/** Of files that are followed: whether what was read last is in use. */
import type { MetricRegistry } from "./registry.ts";

/** What is read from files: the middle of the names of its metrics. */
export type FileKind = "settings" | "certificate" | "objects" | "issuer" | "client_ca";

/** `good` is false when what was read is broken and not used. */
export type Reloaded = (kind: FileKind, good: boolean, at: Date) => void;

/** Of these kinds from the beginning; those of another appear when it is read. */
export const reloadMetrics = (registry: MetricRegistry, kinds: readonly FileKind[]): Reloaded => {
  const made = new Map(kinds.map((kind) => [kind, reloadMetricsOf(kind, registry)]));
  return (kind, good, at) => {
    const metrics = made.get(kind) ?? reloadMetricsOf(kind, registry);
    made.set(kind, metrics);
    metrics.success(good ? 1 : 0);
    if (good) metrics.last(at.getTime() / 1000);
    else metrics.failed();
  };
};

/** What it is that a replica uses, by the hash of its text; of a certificate, its fingerprint. */
export type InUse = (what: "settings" | "trust_anchors" | "issuer", sha256: string) => void;

/** Of these from when they are told. A blank hash is none. */
export const inUseMetrics = (registry: MetricRegistry, all: readonly Parameters<InUse>[0][]): InUse => {
  const used = new Map<string, string>();
  for (const what of all) {
    registry.gaugesFrom(`weft_${what}_info`, () => {
      const sha256 = used.get(what) ?? "";
      return sha256 === "" ? {} : { [sha256]: 1 };
    });
  }
  return (what, sha256) => void used.set(what, sha256);
};

const reloadMetricsOf = (kind: FileKind, registry: MetricRegistry) => ({
  success: registry.gauge(`weft_${kind}_reload_success`),
  last: registry.gauge(`weft_${kind}_last_reload_timestamp_seconds`),
  failed: registry.counter(`weft_${kind}_reload_failures_total`),
});
