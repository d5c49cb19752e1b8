/** Every case under every way to set up the rules, ours and the rules that Linkerd's program left. */
import type { Family } from "../../../src/core/redirect/redirect.ts";
import { cases } from "./cases.ts";
import { agentOf, connect, expectEnd, openPorts, orderOf } from "./connections.ts";
import type { Answer, Order } from "./connections.ts";
import { describeInLab, startLab } from "./lab.ts";
import type { Lab, Run } from "./lab.ts";
import { bothFamilies, modes, restore, workingBackends } from "./modes.ts";
import type { Backend } from "./modes.ts";
import { rulesets } from "./rulesets.ts";
import type { Ruleset, RulesetName } from "./rulesets.ts";

interface Setup {
  readonly title: string;
  readonly has: (name: RulesetName) => boolean;
  readonly apply: (run: Run, ruleset: Ruleset) => Promise<void>;
}

const setups: readonly Setup[] = [
  ...modes.map(({ name, apply, remove }) => ({
    title: name,
    has: () => true,
    apply: async (run: Run, { redirect }: Ruleset) => {
      // A pod's namespace is new. Here IPv6 rules of the last ruleset would stay where the next has none.
      if (!redirect.ipv6) await remove(run);
      await apply(run, redirect);
    },
  })),
  ...workingBackends.map((backend) => ({
    title: `Linkerd's rules in iptables-${backend}`,
    has: (name: RulesetName) => rulesets[name].recordings.length > 0,
    apply: (run: Run, ruleset: Ruleset) => loadRecorded(run, ruleset, backend),
  })),
];

/** Without --noflush, so that it replaces whatever stands there. */
async function loadRecorded(run: Run, { recordings }: Ruleset, backend: Backend): Promise<void> {
  const saved = recordings.find((recording) => recording.backend === backend)?.saved ?? {};
  for (const family of bothFamilies) await run(restore(family, backend), saved[family] ?? "*nat\nCOMMIT\n");
}

const familyName = (family: Family): string => (family === "v4" ? "IPv4" : "IPv6");

for (const { title, has, apply } of setups) {
  describeInLab(`packets: ${title}`, function () {
    this.timeout(60_000);
    let lab: Lab;
    before(async () => {
      lab = await startLab();
      await openPorts(lab);
    });
    after(() => lab.end());

    for (const name of Object.keys(rulesets).filter((name) => has(name as RulesetName)) as RulesetName[]) {
      describe(name, () => {
        const rows = cases
          .filter(({ rules }) => rules === name)
          .flatMap((each) => each.families.map((family) => ({ ...each, family, order: orderOf(each, family) })));
        const answers = new Map<Order, Answer>();
        before(async () => {
          await apply(lab.run, rulesets[name]);
          for (const agent of [lab.peer, lab.pod]) {
            const orders = rows.filter(({ from }) => agentOf(lab, from) === agent).map(({ order }) => order);
            for (const [index, answer] of (await connect(agent, orders)).entries()) {
              const order = orders[index];
              if (order !== undefined) answers.set(order, answer);
            }
          }
        });
        for (const { claim, order, end, family } of rows) {
          it(`${claim} (${familyName(family)})`, () => {
            expectEnd(answers.get(order) ?? { error: "no answer" }, order, end);
          });
        }
      });
    }
  });
}
