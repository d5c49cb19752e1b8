/** Connections that are there when rules come, change or go; each test in namespaces of its own. */
import { existsSync } from "node:fs";
import { expect } from "chai";
import { nftScript } from "../../../src/core/redirect/nftables.ts";
import type { Family } from "../../../src/core/redirect/redirect.ts";
import { addresses, describeInLab, startLab } from "./lab.ts";
import type { Lab } from "./lab.ts";
import { answered, connect, openPorts, orderOf, talk } from "./connections.ts";
import type { Order } from "./connections.ts";
import type { Place, Sender } from "./cases.ts";
import { bothFamilies, modes, program, setsCloseWait } from "./modes.ts";
import type { Mode } from "./modes.ts";
import { rulesets } from "./rulesets.ts";
import type { RulesetName } from "./rulesets.ts";

/** A connection of this test, by both of its names: who holds it, and what it is called there. */
interface Held {
  readonly agent: "pod" | "peer";
  readonly name: string;
}

interface Scene {
  readonly lab: Lab;
  readonly apply: (name: RulesetName) => Promise<void>;
  readonly remove: () => Promise<void>;
  /** Who answers a new connection: such as `proxy`, or `refused`. */
  readonly ask: (from: Sender, to: Place, port: number) => Promise<string>;
  /** Opens a connection that must be answered by this server, and keeps it. */
  readonly hold: (from: Sender, to: Place, port: number, by: string) => Promise<Held>;
  /** What comes back on a kept connection: `proxy:hello` from a server that still has it. */
  readonly talk: (held: Held) => Promise<string>;
}

const scene = (lab: Lab, mode: Mode, family: Family): Scene => {
  let count = 0;
  const one = async (from: Sender, to: Place, port: number, more: Partial<Order> = {}) => {
    const [answer] = await connect(lab[from === "peer" ? "peer" : "pod"], [
      { ...orderOf({ from, to, port }, family), ...more },
    ]);
    return answer ?? { error: "no answer" };
  };
  return {
    lab,
    apply: (name) => mode.apply(lab.run, rulesets[name].redirect),
    remove: () => mode.remove(lab.run),
    ask: async (from, to, port) => {
      const answer = await one(from, to, port);
      return "error" in answer ? answer.error : answer.by;
    },
    hold: async (from, to, port, by) => {
      count += 1;
      const name = `held ${count}`;
      expect(answered(await one(from, to, port, { hold: name })).by).to.equal(by);
      return { agent: from === "peer" ? "peer" : "pod", name };
    },
    talk: async ({ agent, name }) => (await talk(lab[agent], [name]))[0] ?? "no answer",
  };
};

const claims: readonly [claim: string, test: (scene: Scene) => Promise<void>][] = [
  [
    "P01 without rules all connections are direct",
    async ({ ask }) => {
      expect([await ask("peer", "pod", 8080), await ask("app", "peer", 80)]).to.deep.equal(["app", "peer"]);
    },
  ],
  [
    "P18 a redirected connection stays with the proxy when its port is skipped from now on",
    async ({ apply, hold, talk, ask }) => {
      await apply("chart");
      const out = await hold("app", "peer", 443, "proxy");
      await apply("controlPlane");
      expect([await talk(out), await ask("app", "peer", 443)]).to.deep.equal(["proxy:hello", "peer"]);
      const into = await hold("peer", "pod", 8080, "proxy");
      await apply("everything");
      expect([await talk(into), await ask("peer", "pod", 8080)]).to.deep.equal(["proxy:hello", "app"]);
    },
  ],
  [
    "P19 a direct connection stays direct when its port is skipped no more",
    async ({ apply, hold, talk, ask }) => {
      await apply("controlPlane");
      const out = await hold("app", "peer", 443, "peer");
      await apply("everything");
      const into = await hold("peer", "pod", 8080, "app");
      await apply("chart");
      expect([await talk(out), await talk(into)]).to.deep.equal(["peer:hello", "app:hello"]);
      expect([await ask("app", "peer", 443), await ask("peer", "pod", 8080)]).to.deep.equal(["proxy", "proxy"]);
    },
  ],
  [
    "P20 a redirected connection is reset when all rules go",
    async ({ apply, remove, hold, talk }) => {
      await apply("chart");
      const [out, into] = [await hold("app", "peer", 80, "proxy"), await hold("peer", "pod", 8080, "proxy")];
      await remove();
      expect([await talk(out), await talk(into)]).to.deep.equal(["reset", "reset"]);
    },
  ],
  [
    "P21 a connection from before the first rule is reset",
    async ({ apply, hold, talk }) => {
      const [out, into] = [await hold("app", "peer", 80, "peer"), await hold("peer", "pod", 8080, "app")];
      await apply("chart");
      expect([await talk(out), await talk(into)]).to.deep.equal(["reset", "reset"]);
    },
  ],
  [
    "P31 without a proxy connections are refused, but within the pod",
    async ({ lab, apply, ask }) => {
      await apply("chart");
      await lab.proxy.ask({ do: "listen", name: "proxy" });
      const ends = [await ask("peer", "pod", 8080), await ask("app", "peer", 80), await ask("app", "loopback", 8080)];
      expect(ends).to.deep.equal(["refused", "refused", "app"]);
    },
  ],
  [
    "rules applied again and again leave every connection where it is",
    async ({ apply, hold, talk }) => {
      await apply("chart");
      const held = [
        await hold("peer", "pod", 8080, "proxy"),
        await hold("peer", "pod", 4190, "app"),
        await hold("app", "peer", 80, "proxy"),
        await hold("app", "peer", 4567, "peer"),
        await hold("proxy", "peer", 80, "peer"),
        await hold("app", "loopback", 8080, "app"),
      ];
      const said = ["proxy", "app", "proxy", "peer", "peer", "app"].map((name) => `${name}:hello`);
      for (const name of ["chart", "chart", "otherProxyPorts", "chart"] as const) {
        await apply(name);
        expect(await Promise.all(held.map(talk))).to.deep.equal(said);
      }
    },
  ],
  [
    "new connections go to the new proxy ports, old ones stay at the old",
    async ({ lab, apply, hold, talk }) => {
      await apply("chart");
      const old = await hold("app", "peer", 80, "proxy");
      await lab.proxy.ask({ do: "listen", name: "next", tcp: [5143, 5140] });
      await apply("otherProxyPorts");
      const next = await hold("app", "peer", 80, "next");
      expect([await talk(old), await talk(next)]).to.deep.equal(["proxy:hello", "next:hello"]);
    },
  ],
];

describeInLab("connections across changes of rules", function () {
  this.timeout(60_000);
  const inLab = async (test: (lab: Lab) => Promise<void>): Promise<void> => {
    const lab = await startLab();
    try {
      await openPorts(lab);
      await test(lab);
    } finally {
      await lab.end();
    }
  };
  for (const mode of modes) {
    for (const family of bothFamilies) {
      for (const [claim, test] of claims) {
        it(`${claim} (${mode.name}, ${family})`, () => inLab((lab) => test(scene(lab, mode, family))));
      }

      it(`P14 the pod's own address is decided on the way out alone (${mode.name}, ${family})`, () =>
        inLab(async (lab) => {
          const { ask, apply } = scene(lab, mode, family);
          await apply("chart");
          if (mode.name === "nft") await lab.run(["nft", nftScript(rulesets.chart.redirect, { counters: true })]);
          expect(await ask("app", "pod", 8080)).to.equal("app");
          expect(await firstPackets(lab, mode, family)).to.equal(0);
          expect(await ask("peer", "pod", 8080)).to.equal("proxy");
          expect(await firstPackets(lab, mode, family)).to.equal(1);
        }));

      const canSee = setsCloseWait[mode.name] && existsSync("/proc/net/nf_conntrack");
      const closing = "a connection that one side has closed is tracked for as long as the settings say";
      (canSee ? it : it.skip)(`${closing} (${mode.name}, ${family})`, () =>
        inLab(async (lab) => {
          await mode.apply(lab.run, { ...rulesets.chart.redirect, closeWaitSeconds: 7 });
          await lab.app.ask({ do: "listen", name: "patient", tcp: [4567] });
          const { hold } = scene(lab, mode, family);
          const { name } = await hold("peer", "pod", 4567, "patient");
          expect(await tracked(lab, family)).to.have.property("state", "ESTABLISHED");
          await lab.peer.ask({ do: "finish", name });
          await new Promise((resolve) => setTimeout(resolve, 100));
          const { state, seconds } = await tracked(lab, family);
          expect(state).to.equal("CLOSE_WAIT");
          expect(seconds).to.be.within(4, 7);
        }),
      );
    }
  }
});

/** How many connections' first packets the rules for inbound traffic have seen. */
async function firstPackets(lab: Lab, mode: Mode, family: Family): Promise<number> {
  if (mode.name === "nft") {
    const chain = await lab.run(["nft", "list", "chain", "inet", "linkerd_redirect", "inbound"]);
    return [...chain.matchAll(/counter packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  }
  const backend = mode.name === "iptables-nft" ? "nft" : "legacy";
  const saved = await lab.run([program(family, backend, "-save"), "-c", "-t", "nat"]);
  return Number(/^\[(\d+):\d+\] -A PREROUTING /m.exec(saved)?.[1]);
}

/** What the kernel knows of the inbound connection to port 4567. */
async function tracked(lab: Lab, family: Family): Promise<{ readonly state: string; readonly seconds: number }> {
  const table = await lab.run(["cat", "/proc/net/nf_conntrack"]);
  const entry = table
    .split("\n")
    .find((line) => line.startsWith(family === "v4" ? "ipv4" : "ipv6") && line.includes(" dport=4567 "));
  const [, seconds = "", state = ""] = /^\S+ +\d+ tcp +6 (\d+) (\S+)/.exec(entry ?? "") ?? [];
  expect(state, `${table} has ${addresses.peer[family]}`).to.not.equal("");
  return { state, seconds: Number(seconds) };
}
