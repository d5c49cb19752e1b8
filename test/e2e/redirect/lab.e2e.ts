/** However the tests end, their processes do too, and with the last process in it each namespace. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { addresses, describeInLab } from "./lab.ts";

const program = `
import { startLab } from ${JSON.stringify(new URL("lab.ts", import.meta.url).href)};
const { proxy, app, pod, services, peer } = await startLab();
console.log(JSON.stringify([proxy, app, pod, services, peer].map(({ pid }) => pid)));
await pod.ask({ do: "load", count: 1e6, seconds: 1000, concurrency: 8, orders: [${JSON.stringify({ family: "v4", to: addresses.loopback.v4, port: 1 })}] });
`;

describeInLab("namespaces end with the tests", function () {
  this.timeout(20_000);
  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    it(`after ${signal}, in the middle of work`, async () => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
      // A process that has ended but is still in the list has no namespaces any more.
      const left = (): readonly number[] =>
        (JSON.parse(line) as number[]).filter((pid) => existsSync(`/proc/${pid}/ns/net`));
      expect(left()).to.have.length(5);
      child.kill(signal);
      const deadline = performance.now() + 5000;
      while (left().length > 0 && performance.now() < deadline) await new Promise((next) => setTimeout(next, 20));
      expect(left()).to.deep.equal([]);
    });
  }
});
