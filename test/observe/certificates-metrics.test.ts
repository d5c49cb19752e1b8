import { expect } from "chai";
import { createCertificatesMetrics } from "../../src/observe/certificates-metrics.ts";
import type { CertificatesMetrics } from "../../src/observe/certificates-metrics.ts";

const linesOf = async (metrics: CertificatesMetrics): Promise<readonly string[]> =>
  (await metrics.page()).text
    .split("\n")
    .filter((line) => line.startsWith("weft_"))
    .toSorted();

const atFirst = {
  'weft_build_info{version="1.2.3"}': "1",
  weft_ca_bundle_repairs_total: "0",
  weft_leader: "0",
  weft_log_lines_lost_total: "0",
};
const at = new Date("2027-01-01T00:00:00Z");
const seconds = String(at.getTime() / 1000);

describe("metrics of the certificate controller", () => {
  const rows: readonly [claim: string, act: (metrics: CertificatesMetrics) => void, lines: Record<string, string>][] = [
    ["nothing at first, and no date in 1970", () => undefined, {}],
    ["who leads", ({ leads }) => leads(true), { weft_leader: "1" }],
    ["who leads no more", ({ leads }) => (leads(true), leads(false)), { weft_leader: "0" }],
    [
      "when certificate and CA expire",
      ({ certificateExpires, authorityExpires }) => (certificateExpires(at), authorityExpires(at)),
      { weft_certificate_expiry_timestamp_seconds: seconds, weft_ca_expiry_timestamp_seconds: seconds },
    ],
    [
      "renewals, by what came of them",
      ({ renewal }) => (renewal("made"), renewal("made"), renewal("failed")),
      {
        'weft_certificate_renewals_total{result="made"}': "2",
        'weft_certificate_renewals_total{result="failed"}': "1",
      },
    ],
    ["missed pods, where they are counted", ({ missedPods }) => missedPods(() => 3), { weft_missed_pods: "3" }],
    ["nothing of them while they cannot be counted", ({ missedPods }) => missedPods(() => undefined), {}],
    ["caBundles put right", ({ bundleRepair }) => bundleRepair(), { weft_ca_bundle_repairs_total: "1" }],
  ];
  for (const [claim, act, lines] of rows) {
    it(`tell ${claim}`, async () => {
      const metrics = createCertificatesMetrics("1.2.3", () => 0);
      act(metrics);
      const expected = Object.entries({ ...atFirst, ...lines }).map((line) => line.join(" "));
      expect(await linesOf(metrics)).to.deep.equal(expected.toSorted());
    });
  }
});
