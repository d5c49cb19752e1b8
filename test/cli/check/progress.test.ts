import { expect } from "chai";
import { progressOn, progressText } from "../../../src/cli/check/progress.ts";

describe("what a check waits for", () => {
  const pod = { what: "a pod in namespace default", since: 1000 };
  const page = { what: "/metrics of web", since: 1200 };
  for (const [claim, asked, now, expected] of [
    ["nothing", [], 5000, undefined],
    ["a question of a moment ago", [pod], 1399, undefined],
    [
      "the question that waits longest",
      [page, pod],
      5100,
      "\u2819 waiting for a pod in namespace default and 1 more, 4 s",
    ],
    ["one alone", [pod], 1400, "\u2819 waiting for a pod in namespace default, 0 s"],
  ] as const) {
    it(`is shown of ${claim}`, () => {
      expect(progressText(asked, now, 1)).to.equal(expected);
    });
  }

  it("takes its line away at the end, also when the work fails", async () => {
    const shown: (string | undefined)[] = [];
    const { during } = progressOn({ progress: (line) => void shown.push(line) });
    const failed = await during(() => Promise.reject(new Error("no"))).catch((error: Error) => error.message);
    expect(failed).to.equal("no");
    expect(shown.at(-1)).to.equal(undefined);
    expect(shown.length).to.be.at.least(1);
  });

  it("shows nothing where there is no terminal", async () => {
    const { during, onAsk } = progressOn({});
    const answered = onAsk("x");
    expect(await during(() => Promise.resolve(1))).to.equal(1);
    answered();
  });
});
