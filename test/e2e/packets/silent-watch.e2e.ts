/** A connection to the API server whose packets are lost, as a load balancer does with flows that it has forgotten. */
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { describeInLab, run, scratch } from "../redirect/lab.ts";
import type { Seen } from "./watching.ts";

const script = fileURLToPath(new URL("watching.ts", import.meta.url));

describeInLab("packets of a watch", function () {
  this.timeout(120_000);
  it("lost without a word: that is known within 45 s, and what happened meanwhile a moment after they come again", async () => {
    const command = ["unshare", "--net", process.execPath, script, scratch("kubeconfig")];
    const { noticed, words, caughtUp } = JSON.parse(await run(command)) as Seen;
    process.stdout.write(`\n    noticed after ${noticed.toFixed(1)} s, caught up ${caughtUp.toFixed(1)} s later\n`);
    expect(noticed).to.be.below(45);
    expect(words).to.match(/^cannot reach https:\/\/127\.0\.0\.1:\d+: the connection was closed$/);
    expect(caughtUp).to.be.below(5);
  });
});
