import { expect } from "chai";
import type { Caller } from "../../../src/grpc/callers.ts";
import { callerLog, lines } from "../../../src/serve/controller/caller-log.ts";

describe("serve/controller/caller-log", () => {
  const asked = (pod: string, namespace = "shop", kind: Caller["verdict"]["kind"] = "refused"): Caller => ({
    method: "Destination/Get",
    workload: { namespace: "other", pod },
    identity: `web.${namespace}.serviceaccount.identity.linkerd.cluster.local`,
    verdict: { kind, expected: "x" },
  });
  function told() {
    const all: (readonly [level: string, pod: unknown, untold: unknown])[] = [];
    const log =
      (level: string) =>
      (_: string, fields: Readonly<Record<string, unknown>> = {}): unknown =>
        all.push([level, fields["pod"], fields["untold"]]);
    let at = 0;
    const tell = callerLog({ info: log("info"), warn: log("warn") }, () => at);
    return { all, tell, pass: (milliseconds: number) => (at += milliseconds) };
  }

  it("tells of one caller and pod once in a minute, and of those that are in order nothing", () => {
    const { all, tell, pass } = told();
    for (const kind of ["same", "unknown", "other", "refused"] as const) tell(asked(kind, "shop", kind));
    tell(asked("refused"));
    pass(61_000);
    tell(asked("refused"));
    expect(all).to.deep.equal([
      ["info", "other", undefined],
      ["warn", "refused", undefined],
      ["warn", "refused", undefined],
    ]);
  });
  it("a clock that was set back by an hour keeps nobody silent for longer than a minute", () => {
    const { all, tell, pass } = told();
    tell(asked("web-1"));
    pass(-3_600_000);
    tell(asked("web-1"));
    tell(asked("web-1"));
    pass(61_000);
    tell(asked("web-1"));
    expect(all.length).to.equal(3);
  });
  it("ever new names of one namespace, of whatever accounts, are told at a rate, and then how many were not", () => {
    const { all, tell, pass } = told();
    const minutes = 10;
    for (let second = 0; second < minutes * 60; second += 1) {
      for (let each = 0; each < 100; each += 1) tell(asked(`x${second}-${each}`));
      pass(1000);
    }
    const most = lines.each.atOnce + lines.each.perSecond * minutes * 60;
    expect(all.length).to.be.within(most - 2, most);
    expect(all.reduce((sum, [, , untold]) => sum + Number(untold ?? 0), all.length)).to.be.greaterThan(59_000 - 1_000);
  });
  it("leaves other namespaces theirs", () => {
    const { all, tell } = told();
    for (let each = 0; each < 1_000; each += 1) tell(asked(`x${each}`));
    const before = all.length;
    tell(asked("web-1", "good"));
    expect(all.slice(before)).to.deep.equal([["warn", "web-1", 1_000 - lines.each.atOnce]]);
  });
});
