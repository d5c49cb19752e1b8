import { expect } from "chai";
import fc from "fast-check";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { checkIptables, checkNft, hasOurChains } from "../../../src/core/redirect/check.ts";
import type { Check } from "../../../src/core/redirect/check.ts";
import { differenceText, differences } from "../../../src/core/redirect/differences.ts";
import { restoreText } from "../../../src/core/redirect/iptables.ts";
import { runs } from "../../support/properties.ts";
import { recordings, redirectOf } from "./recordings.ts";

const redirect = redirectOf("-p 4143 -o 4140 -u 2102 --inbound-ports-to-ignore 4190".split(" "));
const jumpIn = '-A PREROUTING -m comment --comment "proxy-init/install-proxy-init-prerouting" -j PROXY_INIT_REDIRECT';
const loopback = '-A PROXY_INIT_OUTPUT -o lo -m comment --comment "proxy-init/ignore-loopback" -j RETURN';
const user =
  '-A PROXY_INIT_OUTPUT -m owner --uid-owner 2102 -m comment --comment "proxy-init/ignore-proxy-user-id" -j RETURN';

const told = (check: Check | undefined): readonly string[] => check?.differences.map(differenceText) ?? ["no list"];

describe("check of iptables rules", () => {
  it("finds no difference in recordings of what the same arguments gave", () => {
    const good = recordings.filter(({ name }) => !/^(15|17|18|19|24|25|28)-/.test(name));
    for (const { name, runs, saved } of good) {
      for (const family of ["v4", "v6"] as const) {
        const check = checkIptables(redirectOf(runs.at(-1)?.args ?? []), family, saved[family] ?? "");
        if (saved[family] !== undefined) expect(check.differences, name).to.deep.equal([]);
      }
    }
  });

  const standing = restoreText(redirect, "v4");
  const rows: readonly [claim: string, saved: string, ...expected: string[]][] = [
    ["nothing", standing],
    [
      "nothing behind counters and among other tables",
      `*raw\n-A PREROUTING -j DROP\nCOMMIT\n${standing.replaceAll("\n-A", "\n[1:60] -A")}`,
    ],
    ["a missing rule", standing.replace(`${loopback}\n`, ""), `iptables nat PROXY_INIT_OUTPUT: missing: ${loopback}`],
    [
      "a foreign rule",
      standing.replace("COMMIT", "-A PROXY_INIT_OUTPUT -j ACCEPT\nCOMMIT"),
      "iptables nat PROXY_INIT_OUTPUT: foreign: -A PROXY_INIT_OUTPUT -j ACCEPT",
    ],
    [
      "a changed rule",
      standing.replace("--uid-owner 2102", "--uid-owner 1"),
      `iptables nat PROXY_INIT_OUTPUT: missing: ${user}`,
      `iptables nat PROXY_INIT_OUTPUT: foreign: ${user.replace("2102", "1")}`,
    ],
    [
      "a rule out of order",
      standing.replace(`${user}\n${loopback}`, `${loopback}\n${user}`),
      `iptables nat PROXY_INIT_OUTPUT: out of order: ${user}`,
    ],
    [
      "a doubled rule",
      standing.replace(loopback, `${loopback}\n${loopback}`),
      `iptables nat PROXY_INIT_OUTPUT: doubled: ${loopback}`,
    ],
    ["a doubled jump", standing.replace(jumpIn, `${jumpIn}\n${jumpIn}`), `iptables nat PREROUTING: doubled: ${jumpIn}`],
    [
      "somebody's jump with conditions",
      standing.replace(jumpIn, "-A PREROUTING -s 10.1.0.0/16 -j PROXY_INIT_REDIRECT"),
      `iptables nat PREROUTING: missing: ${jumpIn}`,
      "iptables nat PREROUTING: foreign: -A PREROUTING -s 10.1.0.0/16 -j PROXY_INIT_REDIRECT",
    ],
  ];
  for (const [claim, saved, ...expected] of rows) {
    it(`finds ${claim}`, () => {
      expect(told(checkIptables(redirect, "v4", saved))).to.deep.equal(expected);
    });
  }

  it("misses every rule in an empty text", () => {
    const { differences } = checkIptables(redirect, "v6", "");
    expect(differences.map(({ kind }) => kind)).to.deep.equal(Array(7).fill("missing"));
    expect(differences[0]?.chain).to.equal("ip6tables nat PREROUTING");
  });

  it("warns of rules of others in front of the jump, and of no others", () => {
    const recorded = recordings.find(({ name }) => name === "23-foreign-rules")?.saved.v4 ?? "";
    const logged = recorded
      .replace("-A PREROUTING", "-A PREROUTING -j LOG\n-A PREROUTING")
      .replace("-A POSTROUTING", "-A OUTPUT -j ACCEPT\n-A POSTROUTING");
    const { warnings } = checkIptables(redirectOf("-p4143 -o4140 -u2102 --ipv6=false".split(" ")), "v4", logged);
    expect(warnings.map(issueText)).to.deep.equal([
      "iptables nat PREROUTING: decides before the proxy is asked: -A PREROUTING -i eth9 -p tcp -m tcp --dport 5353 -j ACCEPT",
      "iptables nat OUTPUT: decides before the proxy is asked: -A OUTPUT -d 127.0.0.11/32 -j OTHER",
    ]);
  });

  it("sees chains of ours in what the other backend printed", () => {
    expect(hasOurChains(standing)).to.equal(true);
    expect(hasOurChains(standing.replaceAll("PROXY_INIT", "MY_PROXY_INIT"))).to.equal(false);
    expect(hasOurChains("")).to.equal(false);
  });
});

describe("check of nft rules", () => {
  // What nft 1.0.6 lists after the script of the same redirect, with two handles left in.
  const table = { family: "inet", table: "linkerd_redirect" };
  const equals = (left: unknown, right: unknown): unknown => ({ match: { op: "==", left, right } });
  const meta = (key: string, right: unknown): unknown => equals({ meta: { key } }, right);
  const chain = (name: string, hook: string, prio = -100): unknown => ({
    chain: { ...table, name, handle: 1, type: "nat", hook, prio, policy: "accept" },
  });
  const rule = (chain: string, comment: string, ...expr: readonly unknown[]): unknown => ({
    rule: { ...table, chain, handle: 9, comment, expr },
  });
  const pass = { return: null };
  const chains = [chain("inbound", "prerouting"), chain("outbound", "output")];
  const counter = { counter: { packets: 3, bytes: 180 } };
  const skip = rule(
    "inbound",
    "ignore-port",
    equals({ payload: { protocol: "tcp", field: "dport" } }, 4190),
    counter,
    pass,
  );
  const incoming = rule("inbound", "redirect-all-incoming-to-proxy-port", meta("l4proto", "tcp"), {
    redirect: { port: 4143 },
  });
  const owner = rule("outbound", "ignore-proxy-user-id", meta("skuid", 2102), pass);
  const lo = rule("outbound", "ignore-loopback", meta("oifname", "lo"), pass);
  const outgoing = rule("outbound", "redirect-all-outgoing-to-proxy-port", meta("l4proto", "tcp"), {
    redirect: { port: 4140 },
  });
  const all = [...chains, skip, incoming, owner, lo, outgoing];
  const list = (...items: readonly unknown[]): string =>
    JSON.stringify({ nftables: [{ metainfo: { version: "1.0.6" } }, ...items] });
  const at = "inet linkerd_redirect";

  const rows: readonly [claim: string, list: string, ...expected: string[]][] = [
    ["nothing", list(...all)],
    ["nothing in an empty chain that is left from before", list(...all, chain("inbound_timeout", "prerouting"))],
    [
      "a missing rule",
      list(...all.filter((item) => item !== lo)),
      `${at} outbound: missing: oifname "lo" return comment "ignore-loopback"`,
    ],
    [
      "a rule out of order",
      list(...chains, skip, incoming, lo, owner, outgoing),
      `${at} outbound: out of order: meta skuid 2102 return comment "ignore-proxy-user-id"`,
    ],
    [
      "a doubled rule",
      list(...all, outgoing),
      `${at} outbound: doubled: meta l4proto tcp redirect to :4140 comment "redirect-all-outgoing-to-proxy-port"`,
    ],
    [
      "a foreign rule",
      list(...all, rule("outbound", "mine", pass)),
      `${at} outbound: foreign: {"comment":"mine","expr":[{"return":null}]}`,
    ],
    [
      "a foreign chain",
      list(...all, chain("other", "output"), rule("other", "", pass)),
      `${at} other: foreign: {"comment":"","expr":[{"return":null}]}`,
    ],
    [
      "a chain without its hook",
      list({ chain: { ...table, name: "inbound" } }, ...all.slice(1)),
      `${at} inbound: missing: type nat hook prerouting priority -100; policy accept;`,
      `${at} inbound: foreign: no hook`,
    ],
    [
      "a chain at another place",
      list(chain("inbound", "prerouting", 0), ...all.slice(1)),
      `${at} inbound: missing: type nat hook prerouting priority -100; policy accept;`,
      `${at} inbound: foreign: type nat hook prerouting priority 0; policy accept;`,
    ],
  ];
  for (const [claim, list, ...expected] of rows) {
    it(`finds ${claim}`, () => {
      expect(told(checkNft(redirect, list))).to.deep.equal(expected);
    });
  }

  it("misses chains and rules where nothing stands", () => {
    expect(checkNft(redirect, list())?.differences.map(({ kind }) => kind)).to.deep.equal(Array(7).fill("missing"));
  });

  it("finds nothing doubled when a redirect names a network twice", () => {
    const twice = redirectOf(
      "-p 4143 -o 4140 -u 2102 --ipv6=false -r 80 --subnets-to-ignore 10.0.0.0/8,10.0.0.0/8".split(" "),
    );
    const { differences } = checkNft(twice, list()) ?? { differences: [] };
    expect(differences.filter(({ rule }) => rule.startsWith("ip saddr"))).to.have.length(2);
  });

  it("warns of chains of others that may decide first", () => {
    const other = (prio: number, hook = "output"): readonly unknown[] => [
      { chain: { family: "ip", table: "nat", name: `N${prio}`, type: "nat", hook, prio, policy: "accept" } },
      { rule: { family: "ip", table: "nat", chain: `N${prio}`, expr: [{ accept: null }] } },
    ];
    const { warnings } = checkNft(
      redirect,
      list(...all, ...other(-100), ...other(-99), ...other(-101, "postrouting"), other(-102)[0]),
    ) ?? { warnings: [] };
    expect(warnings.map(({ at }) => at)).to.deep.equal(["ip nat N-100"]);
  });

  it("takes no other text for a list", () => {
    for (const text of ["", "table inet x", "[]", "null", '{"nftables":{}}'])
      expect(checkNft(redirect, text), text).to.equal(undefined);
    for (const text of ['{"nftables":[null,1,{"rule":null},{"chain":[]},{"chain":{"expr":1}}]}']) {
      expect(checkNft(redirect, text)?.differences, text).to.have.length(7);
    }
  });
});

describe("differences of lists of rules", () => {
  it("are none exactly for equal lists, and lead from one to the other", () => {
    const rules = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 7 });
    fc.assert(
      fc.property(rules, rules, (wanted, live) => {
        const found = differences("x", wanted, live);
        expect(found.length === 0).to.equal(wanted.join() === live.join());
        const count = (rule: string, kinds: readonly string[]): number =>
          found.filter((one) => one.rule === rule && kinds.includes(one.kind)).length;
        for (const rule of "abcd") {
          const surplus = live.filter((one) => one === rule).length - wanted.filter((one) => one === rule).length;
          expect(count(rule, ["foreign", "doubled"]) - count(rule, ["missing"])).to.equal(surplus);
        }
      }),
      runs(1000),
    );
  });
});
