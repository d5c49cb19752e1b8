/** What Prometheus sees of the certificate controller. */
import { Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { buildInfo } from "./common-metrics.ts";
import type { MetricsPage } from "./common-metrics.ts";
import { counters } from "./counters.ts";

export interface CertificatesMetrics {
  readonly leads: (leads: boolean) => void;
  readonly certificateExpires: (at: Date) => void;
  readonly authorityExpires: (at: Date) => void;
  readonly renewal: (result: "made" | "repaired" | "failed") => void;
  readonly bundleRepair: () => void;
  readonly page: () => Promise<MetricsPage>;
}

export function createCertificatesMetrics(version: string): CertificatesMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  buildInfo(registers, version);
  const leader = new Gauge({
    name: "weft_leader",
    help: "1 in the replica that holds the Lease and so keeps certificates and caBundles, else 0.",
    registers,
  });
  leader.set(0);
  const renewals = counters(registers, {
    name: "weft_certificate_renewals_total",
    help: "Changes of the Secret with CA and certificate: made as they were due, repaired, or failed.",
    labelNames: ["result"],
  });
  const repairs = counters(registers, {
    name: "weft_ca_bundle_repairs_total",
    help: "How often a caBundle that somebody had changed was put right.",
    labelNames: [],
  });
  // Absent until there is one: an alert must not take 0 for a day in 1970.
  const expiry = (name: string, help: string): ((at: Date) => void) => {
    let gauge: Gauge | undefined;
    return (at) => {
      gauge ??= new Gauge({ name, help, registers });
      gauge.set(at.getTime() / 1000);
    };
  };
  return {
    leads: (leads) => leader.set(leads ? 1 : 0),
    certificateExpires: expiry("weft_certificate_expiry_timestamp_seconds", "When the serving certificate expires."),
    authorityExpires: expiry(
      "weft_ca_expiry_timestamp_seconds",
      "When the CA that signs the serving certificates expires.",
    ),
    renewal: (result) => renewals(result),
    bundleRepair: () => repairs(),
    page: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}
