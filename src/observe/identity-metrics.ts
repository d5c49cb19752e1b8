/** What Prometheus sees of identities: what was issued and refused, and how long issuer and certificate still live. */
import { Gauge, Histogram } from "prom-client";
import type { Registry } from "prom-client";
import { counters } from "./counters.ts";

export interface IdentityMetrics {
  /** `reason` is one of few words, empty for what was issued. */
  readonly certified: (result: "issued" | "refused", reason: string, milliseconds: number) => void;
  /** The issuer, with everything above it, ends then. */
  readonly issuerExpires: (at: Date) => void;
  /** The control plane's own certificate ends then. */
  readonly certificateExpires: (at: Date) => void;
}

export const identityMetrics = (registers: Registry[], now: () => Date): IdentityMetrics => {
  const certified = counters(registers, {
    name: "weft_identity_certify_total",
    help: "Requests for certificates: issued, or refused with a reason.",
    labelNames: ["result", "reason"],
  });
  const duration = new Histogram({
    name: "weft_identity_certify_duration_seconds",
    help: "From a request for a certificate to its answer, with the time that it waited for its turn.",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const issuerEnds = ending(registers, {
    name: "weft_issuer_expiry_timestamp_seconds",
    help: "When the issuer, or a CA above it, expires.",
  });
  const certificateEnds = ending(registers, {
    name: "weft_control_plane_certificate_expiry_timestamp_seconds",
    help: "When the certificate expires that the control plane shows to proxies.",
  });
  let issuerEnd: number | undefined;
  return {
    certified: (result, reason, milliseconds) => {
      certified(result, reason);
      duration.observe(milliseconds / 1000);
    },
    issuerExpires: (at) => {
      issuerEnds(at);
      if (issuerEnd === undefined) {
        // Linkerd's name (contract 2.8), for the dashboards that know it.
        const left: Gauge = new Gauge({
          name: "issuer_cert_ttl_seconds",
          help: "Seconds until the issuer, or a CA above it, expires.",
          registers,
          collect: () => left.set(((issuerEnd ?? 0) - now().getTime()) / 1000),
        });
      }
      issuerEnd = at.getTime();
    },
    certificateExpires: certificateEnds,
  };
};

/** Absent until there is one: an alert must not take 0 for a day in 1970. */
const ending = (
  registers: Registry[],
  { name, help }: { readonly name: string; readonly help: string },
): ((at: Date) => void) => {
  let gauge: Gauge | undefined;
  return (at) => {
    gauge ??= new Gauge({ name, help, registers });
    gauge.set(at.getTime() / 1000);
  };
};
