/** What Prometheus sees of the certificate controller. */
import { MetricRegistry } from "./registry.ts";
import type { MetricsPage } from "./registry.ts";

export interface CertificatesMetrics {
  readonly leads: (leads: boolean) => void;
  readonly certificateExpires: (at: Date) => void;
  readonly authorityExpires: (at: Date) => void;
  readonly renewal: (result: "made" | "repaired" | "failed") => void;
  readonly bundleRepair: () => void;
  /** Adds how many pods asked and have no proxy; undefined: not known. At most once. */
  readonly missedPods: (count: () => number | undefined) => void;
  readonly page: () => Promise<MetricsPage>;
}

export function createCertificatesMetrics(version: string, linesLost: () => number): CertificatesMetrics {
  const registry = new MetricRegistry(version, linesLost);
  const leader = registry.gauge("weft_leader");
  return {
    leads: (leads) => leader(leads ? 1 : 0),
    certificateExpires: registry.time("weft_certificate_expiry_timestamp_seconds"),
    authorityExpires: registry.time("weft_ca_expiry_timestamp_seconds"),
    renewal: registry.counter("weft_certificate_renewals_total"),
    bundleRepair: registry.counter("weft_ca_bundle_repairs_total"),
    missedPods: (count) => registry.gaugeFrom("weft_missed_pods", count),
    page: registry.page,
  };
}
