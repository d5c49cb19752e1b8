import { expect } from "chai";
import { CheckRun } from "../../../src/core/checks/run.ts";
import { probeChecks } from "../../../src/core/checks/probe.ts";
import type { Facts } from "../../../src/core/checks/facts.ts";

describe("checks of injection", () => {
  for (const [claim, text, expected] of [
    [
      "a webhook that hangs is not taken for an API server that is gone",
      "cannot reach https://10.0.0.1:6443: no answer in time",
      "a dry run of a new pod in namespace default had no answer in time: the API server waits for a webhook, weft's or another's, that does not answer",
    ],
    [
      "an API server that is gone is told as that",
      "cannot reach https://10.0.0.1:6443: connection refused",
      "no answer about a pod in namespace default: cannot reach https://10.0.0.1:6443: connection refused",
    ],
  ] as const) {
    it(claim, () => {
      const silent = { kind: "silent", what: "a pod in namespace default", text } as const;
      const question = { probeNamespace: "default" };
      const run = new CheckRun<Facts>((id) => id);
      const { results } = run.category(
        { ...probeChecks, checks: probeChecks.checks.map((check) => ({ ...check, needs: [] })) },
        { probes: { asks: silent, quiet: silent }, question } as unknown as Facts,
      );
      expect(results[0]?.lines).to.deep.equal([expected]);
    });
  }
});
