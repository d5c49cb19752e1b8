/**
 * Each ruleset that Linkerd's program left is what the kernel shows after our rules for the same arguments: loaded, saved
 * again, compared with the save of the same backend. In `test/core/redirect/iptables.test.ts` the same as texts.
 */
import { expect } from "chai";
import { parseArguments } from "../../../src/core/redirect/arguments.ts";
import type { Redirect } from "../../../src/core/redirect/redirect.ts";
import { essence, recordings } from "../../core/redirect/recordings.ts";
import { describeInLab, run, startAgent, within } from "./lab.ts";
import type { Run } from "./lab.ts";
import { bothFamilies, modes, program, restore, restoreOver, workingBackends } from "./modes.ts";

/** Those that Linkerd's program got right: with exit code 0 at last, no entry dropped, no port 0, no jump missing. */
const wrong = new Set(["15-skip-invalid-dropped", "24-foreign-jump", "25-proxy-port-zero"]);
const right = recordings.filter(({ name, runs }) => runs.at(-1)?.exit === 0 && !wrong.has(name));

describeInLab("recorded rulesets, through the kernel and back", function () {
  this.timeout(60_000);

  it("are all of those that succeed", () => {
    expect(right.length).to.equal(2 * 22);
  });

  for (const backend of workingBackends) {
    const mode = modes.find(({ name }) => name === `iptables-${backend}`);
    const ways: readonly [title: string, apply: (run: Run, redirect: Redirect) => Promise<void>][] = [
      ["as a pod does", (run, redirect) => mode?.apply(run, redirect) ?? Promise.reject(new Error("no such mode"))],
      ["as weft rules does", (run, redirect) => restoreOver(run, redirect, backend)],
    ];
    for (const recording of right.filter((each) => each.backend === backend)) {
      for (const [title, apply] of ways) {
        it(`${recording.name}, iptables-${backend}, ${title}`, async () => {
          const agent = await startAgent(["unshare", "--net"]);
          try {
            const inside: Run = (command, input) => run([...within(agent), ...command], input);
            if (recording.seed !== "") await inside(restore("v4", backend, "--noflush"), recording.seed);
            for (const { args, exit } of recording.runs) {
              const parsed = parseArguments(args);
              // Refused by us too, before anything is written.
              if ("issues" in parsed) expect(exit).to.equal(1);
              else await apply(inside, parsed.redirect);
            }
            for (const family of bothFamilies) {
              const saved = await inside([program(family, backend, "-save"), "-t", "nat"]);
              expect(essence(saved), family).to.deep.equal(essence(recording.saved[family]));
            }
          } finally {
            await agent.end();
          }
        });
      }
    }
  }
});
