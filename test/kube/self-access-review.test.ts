import { expect } from "chai";
import type { ApiAnswer } from "../../src/kube/api.ts";
import { selfAccessReview } from "../../src/kube/self-access-review.ts";

describe("kube/own-right", () => {
  it("is asked until it is there; what is not an answer says nothing", async () => {
    const answers: readonly (ApiAnswer | Error)[] = [
      new Error("connect ECONNREFUSED"),
      { status: 404, body: { kind: "Status", status: "Failure" } },
      { status: 201, body: { status: { allowed: false } } },
      { status: 201, body: { status: { allowed: true } } },
    ];
    const [told, waits]: [(boolean | undefined)[], number[]] = [[], []];
    let calls = 0;
    await selfAccessReview(
      {
        ask: async ({ body }) => {
          expect(body).to.have.nested.property("spec.resourceAttributes.resource", "tokenreviews");
          const answer = answers[calls];
          calls += 1;
          if (answer === undefined || answer instanceof Error) throw answer ?? new Error("asked too often");
          return answer;
        },
        clock: { wait: async (milliseconds) => void waits.push(milliseconds) },
        signal: new AbortController().signal,
      },
      { verb: "create", group: "authentication.k8s.io", resource: "tokenreviews" },
      (allowed) => told.push(allowed),
    );
    expect(told).to.deep.equal([undefined, undefined, false, true]);
    expect(waits).to.deep.equal([30_000, 30_000, 30_000]);
  });
});
