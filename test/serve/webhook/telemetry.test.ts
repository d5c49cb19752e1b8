import { expect } from "chai";
import { reviewEvents } from "../../../src/serve/webhook/telemetry.ts";
import { createLog } from "../../../src/observe/log.ts";
import type { LogLevel } from "../../../src/observe/log.ts";
import { createWebhookMetrics } from "../../../src/observe/webhook-metrics.ts";
import type { WebhookMetrics } from "../../../src/observe/webhook-metrics.ts";
import type { Result, ReviewRecord } from "../../../src/webhook/answer.ts";
import { failures } from "../../../src/webhook/failure.ts";
import { record } from "../../support/serving.ts";

const events = (level: LogLevel = "info") => {
  let text = "";
  const log = createLog({ level, format: "plain", now: () => new Date(0), sink: { write: (line) => (text += line) } });
  const known = { reasons: new Set<string>(), annotations: new Set(["linkerd.io/inject"]) };
  const metrics: WebhookMetrics = createWebhookMetrics({ version: "1.0.0", known, inFlight: () => 0 });
  const recorded: ReviewRecord[] = [];
  const told = reviewEvents({ log, metrics, recordEvent: (record) => recorded.push(record) });
  return { ...told, recorded, lines: () => text.split("\n").slice(0, -1), metrics };
};

describe("what a stranger calls an object", () => {
  it("does not fill the disk", () => {
    const { answered, lines } = events();
    const long = "x".repeat(100_000);
    answered({ ...record, kind: long, namespace: long, name: long, owner: long }, 200, 1);
    expect(lines()[0]).to.have.length.below(2000);
  });
});

describe("the log line of an answer", () => {
  const rows: readonly [result: Result, level: string | undefined][] = [
    ["injected", "INFO"],
    ["skipped", "INFO"],
    ["labelled", "INFO"],
    ["unchanged", undefined],
    ["advised", undefined],
    ["silent", undefined],
    ["refused", "WARN"],
    ["faulted", "ERROR"],
  ];
  for (const [result, level] of rows) {
    it(`${result}: ${level ?? "none"} at the usual level`, () => {
      const { answered, lines } = events();
      answered({ ...record, result }, 200, 1);
      expect(lines().map((line) => line.split(" ").slice(1, 2)[0])).to.deep.equal(level === undefined ? [] : [level]);
    });
    it(`${result}: one line in detail`, () => {
      const { answered, lines } = events("debug");
      answered({ ...record, result }, 200, 1);
      expect(lines()).to.have.length(1);
      expect(lines()[0]).to.include(` ${result} uid=u-1 `);
    });
  }

  it("is counted by kind and result, with what the warnings are about", async () => {
    const { answered, metrics } = events();
    answered({ ...record, kind: "deployment", result: "advised", warnings: ["linkerd.io/inject"] }, 200, 1);
    answered({ ...record, kind: "namespace", result: "labelled" }, 200, 1);
    const { text } = await metrics.page();
    expect(text).to.include('weft_admission_requests_total{kind="deployment",result="advised",reason=""} 1');
    expect(text).to.include('weft_admission_requests_total{kind="namespace",result="labelled",reason=""} 1');
    expect(text).to.include('weft_warnings_total{annotation="linkerd.io/inject"} 1');
  });

  it("comes with the Event, made of the same record; what has none gets neither", () => {
    const { answered, recorded, lines } = events();
    answered(record, 200, 1);
    answered(undefined, 400, 1);
    expect([recorded, lines().length]).to.deep.equal([[record], 1]);
  });

  it("of what is turned away comes once a second for each cause, and says the cause", () => {
    const { refused, lines } = events();
    for (const failure of [failures.crowded, failures.starting, failures.crowded, failures.starting]) refused(failure);
    expect(lines().map((line) => line.replace(/^\S+ /, ""))).to.deep.equal([
      "WARN  answered 503: too many reviews are under way requests=1",
      "WARN  answered 503: weft is starting and has not read the namespaces yet requests=1",
    ]);
  });
});
