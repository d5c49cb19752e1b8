import { expect } from "chai";
import { createWebhookMetrics } from "../../src/observe/webhook-metrics.ts";
import type { WebhookMetrics } from "../../src/observe/webhook-metrics.ts";

const at = new Date("2026-01-01T00:00:00Z");

/** The lines of weft's own metrics that are not zero, without the histogram's buckets. */
const linesOf = async (metrics: WebhookMetrics): Promise<readonly string[]> =>
  (await metrics.page()).text
    .split("\n")
    .filter((line) => line.startsWith("weft_") && !/_bucket| 0$|_build_info/.test(line));

const rows: readonly [claim: string, act: (metrics: WebhookMetrics) => void, lines: readonly string[]][] = [
  ["nothing at first", () => undefined, []],
  [
    "reviews, by kind, result and first reason",
    ({ answered }) => {
      answered({ kind: "pod", result: "injected", reasons: [], warnings: [] }, 1);
      answered({ kind: "pod", result: "injected", reasons: [], warnings: [] }, 2);
      answered(
        { kind: "pod", result: "skipped", reasons: ["host_network_enabled", "sidecar_already_exists"], warnings: [] },
        3,
      );
    },
    [
      'weft_admission_requests_total{kind="pod",result="injected",reason=""} 2',
      'weft_admission_requests_total{kind="pod",result="skipped",reason="host_network_enabled"} 1',
      "weft_admission_duration_seconds_sum 0.006",
      "weft_admission_duration_seconds_count 3",
    ],
  ],
  [
    "strangers under one name, whatever they are called",
    ({ answered }) => {
      for (const name of ["x", 'a"b\n', "__proto__", "constructor"]) {
        answered({ kind: name, result: "skipped", reasons: [name], warnings: [name] }, 0);
      }
    },
    [
      'weft_admission_requests_total{kind="other",result="skipped",reason="other"} 4',
      'weft_warnings_total{annotation="other"} 4',
      "weft_admission_duration_seconds_count 4",
    ],
  ],
  [
    "warnings, by annotation",
    ({ answered }) =>
      answered({ kind: "", result: "malformed", reasons: [], warnings: ["linkerd.io/inject", "linkerd.io/inject"] }, 0),
    [
      'weft_admission_requests_total{kind="",result="malformed",reason=""} 1',
      'weft_warnings_total{annotation="linkerd.io/inject"} 2',
      "weft_admission_duration_seconds_count 1",
    ],
  ],
  [
    "refusals, by status",
    ({ refused }) => [503, 503, 413].forEach((code) => refused(code)),
    ['weft_http_refusals_total{code="503"} 2', 'weft_http_refusals_total{code="413"} 1'],
  ],
  [
    "files that were read",
    ({ reloaded, certificateExpires }) => {
      reloaded("settings", true, at);
      reloaded("certificate", true, at);
      reloaded("certificate", false, at);
      certificateExpires(at);
    },
    [
      "weft_settings_reload_success 1",
      "weft_settings_last_reload_timestamp_seconds 1767225600",
      "weft_certificate_last_reload_timestamp_seconds 1767225600",
      "weft_certificate_reload_failures_total 1",
      "weft_certificate_expiry_timestamp_seconds 1767225600",
    ],
  ],
];

describe("metrics count", () => {
  const create = (inFlight = 0): WebhookMetrics =>
    createWebhookMetrics({
      version: "1.2.3",
      known: { reasons: new Set(["host_network_enabled"]), annotations: new Set(["linkerd.io/inject"]) },
      inFlight: () => inFlight,
    });
  for (const [claim, act, lines] of rows) {
    it(claim, async () => {
      const metrics = create();
      act(metrics);
      expect(await linesOf(metrics)).to.deep.equal(lines);
    });
  }
  it("the same when asked twice", async () => {
    const metrics = create();
    metrics.refused(404);
    await metrics.page();
    expect(await linesOf(metrics)).to.deep.equal(['weft_http_refusals_total{code="404"} 1']);
  });
  it("no certificate that expired in 1970, before there is one", async () => {
    expect((await create().page()).text).to.not.include("weft_certificate_expiry_timestamp_seconds");
  });
  it("what is under way, the version and the process", async () => {
    const { text, contentType } = await create(7).page();
    expect(contentType).to.match(/^text\/plain; version=0\.0\.4/);
    expect(text).to.include("\nweft_admission_requests_in_flight 7\n");
    expect(text).to.include('\nweft_build_info{version="1.2.3"} 1\n');
    expect(text).to.match(/\nprocess_resident_memory_bytes \d+/);
  });
  it("a fast answer in a low bucket", async () => {
    const metrics = create();
    metrics.answered({ kind: "pod", result: "injected", reasons: [], warnings: [] }, 0.7);
    const { text } = await metrics.page();
    expect(text).to.include('weft_admission_duration_seconds_bucket{le="0.0005"} 0\n');
    expect(text).to.include('weft_admission_duration_seconds_bucket{le="0.001"} 1\n');
  });
});
