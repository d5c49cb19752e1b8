/** What Prometheus sees of identities: what was issued and refused, and how long issuer and certificate still live. */
import type { MetricRegistry } from "./registry.ts";

export interface IdentityMetrics {
  /** `reason` is one of few words, empty for what was issued. */
  readonly certified: (result: "issued" | "refused", reason: string, milliseconds: number) => void;
  /** The issuer, with everything above it, ends then. */
  readonly issuerExpires: (at: Date) => void;
  /** The control plane's own certificate ends then. */
  readonly certificateExpires: (at: Date) => void;
}

/** Seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const identityMetrics = (registry: MetricRegistry, now: () => Date): IdentityMetrics => {
  const certified = registry.counter("weft_identity_certify_total");
  const took = registry.duration("weft_identity_certify_duration_seconds", buckets);
  const issuerEnds = registry.time("weft_issuer_expiry_timestamp_seconds");
  let issuerEnd: Date | undefined;
  return {
    certified: (result, reason, milliseconds) => {
      certified(result, reason);
      took(milliseconds);
    },
    issuerExpires: (at) => {
      issuerEnds(at);
      const isFirst = issuerEnd === undefined;
      issuerEnd = at;
      const left = (): number => ((issuerEnd ?? at).getTime() - now().getTime()) / 1000;
      if (isFirst) registry.gaugeFrom("issuer_cert_ttl_seconds", left);
    },
    certificateExpires: registry.time("weft_control_plane_certificate_expiry_timestamp_seconds"),
  };
};
