/**
 * Rules that are applied again and again, the same and others, while connections come and go: none gets by the proxy,
 * none is lost. Rule by rule, as Linkerd's program does it, some do get by: that the last test
 * sees them shows that the others would.
 */
import { expect } from "chai";
import type { Redirect } from "../../../src/core/redirect/redirect.ts";
import { addresses, appUid, describeInLab, startAgent, startLab, within } from "./lab.ts";
import type { Agent, Lab } from "./lab.ts";
import { connect, openPorts } from "./connections.ts";
import { bothFamilies, modes, workingBackends } from "./modes.ts";
import { rulesets } from "./rulesets.ts";
import { ruleByRule } from "./rule-by-rule.ts";

const connections = 20_000;
const seconds = 10;

interface Loaded {
  /** How many connections ended how: `proxy 4143`, `app 8080`, `refused`. */
  readonly ends: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Until the slowest connection had its answer. */
  readonly slowest: number;
}

describeInLab("rules applied under load", function () {
  this.timeout(120_000);
  let lab: Lab;
  let clients: readonly Agent[];
  beforeEach(async () => {
    lab = await startLab();
    await openPorts(lab);
    clients = await Promise.all([startAgent(lab.inside), startAgent(within(lab.peer))]);
  });
  afterEach(async () => {
    await Promise.all([...clients.map(({ end }) => end()), lab.end()]);
  });

  /** Half of the connections go out of the pod, half come in, half of each by IPv6. Meanwhile `change` runs over and over. */
  async function load(count: number, time: number, change: () => Promise<void>): Promise<readonly Loaded[]> {
    const orders = [
      bothFamilies.map((family) => ({ family, to: addresses.peer[family], port: 80, uid: appUid, gid: appUid })),
      bothFamilies.map((family) => ({ family, to: addresses.pod[family], port: 8080 })),
    ];
    const ended = new AbortController();
    const loads = Promise.all(
      clients.map((client, index) =>
        client.ask<Loaded>({
          do: "load",
          orders: orders[index],
          count: count / clients.length,
          seconds: time,
          concurrency: 64,
        }),
      ),
    ).finally(() => ended.abort());
    while (!ended.signal.aborted) await change();
    return loads;
  }

  for (const mode of modes) {
    it(`${mode.name}: none of ${connections} connections gets by the proxy, none is lost`, async () => {
      const redirects: readonly Redirect[] = [rulesets.chart, rulesets.chart, rulesets.otherProxyPorts].map(
        ({ redirect }) => redirect,
      );
      let applied = 0;
      const next = async (): Promise<void> => {
        const redirect = redirects[applied % redirects.length] ?? rulesets.chart.redirect;
        await mode.apply(lab.run, redirect);
        // The new rules hold as soon as they are said to.
        const [answer] = await connect(lab.peer, [{ family: "v4", to: addresses.pod.v4, port: 8080 }]);
        expect(answer).to.include({ by: "proxy", at: redirect.inboundPort });
        applied += 1;
      };
      await next();
      const [out, into] = await load(connections, seconds, next);
      expect(Object.keys(out?.ends ?? {}).toSorted()).to.deep.equal(["proxy 4140", "proxy 5140"]);
      expect(Object.keys(into?.ends ?? {}).toSorted()).to.deep.equal(["proxy 4143", "proxy 5143"]);
      const all = [out, into].flatMap((loaded) => Object.values(loaded?.ends ?? {}));
      expect(all.reduce((sum, count) => sum + count, 0)).to.equal(connections);
      for (const loaded of [out, into]) expect(loaded?.seconds).to.be.at.least(seconds - 0.1);
      // Each of the rulesets, more than once; how often is up to the machine.
      expect(applied).to.be.greaterThan(2 * redirects.length);
      note(`${mode.name}: applied ${applied} times, slowest connection ${slowest(out, into)} ms`);
    });
  }

  for (const backend of workingBackends) {
    it(`iptables-${backend}, rule by rule: connections do get by`, async () => {
      const { redirect } = rulesets.chart;
      for (const command of ruleByRule(redirect, backend, false)) await lab.run(command);
      const loaded = await load(4000, 4, async () => {
        for (const command of ruleByRule(redirect, backend, true)) await lab.run(command);
      });
      const bypassed = loaded.reduce((sum, { ends }) => sum + (ends["peer 80"] ?? 0) + (ends["app 8080"] ?? 0), 0);
      expect(bypassed).to.be.greaterThan(0);
      note(`iptables-${backend}, rule by rule: ${bypassed} of 4000 connections got by the proxy`);
    });
  }
});

const slowest = (...loads: readonly (Loaded | undefined)[]): number =>
  Math.round(1000 * Math.max(...loads.map((loaded) => loaded?.slowest ?? 0)));

const note = (line: string): void => void process.stdout.write(`\n    ${line}\n`);
