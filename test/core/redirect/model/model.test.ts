import { expect } from "chai";
import fc from "fast-check";
import { parseCidr } from "../../../../src/core/base/scalars/subnets.ts";
import { walkIptables } from "./iptables-walk.ts";
import { restoreTexts } from "../../../../src/core/redirect/iptables.ts";
import { fate } from "./model.ts";
import { walkNft } from "./nftables-walk.ts";
import { nftScript } from "../../../../src/core/redirect/nftables.ts";
import type { Fate, Packet, Unreadable } from "./packet.ts";
import type { Redirect } from "../../../../src/core/redirect/redirect.ts";
import { runs } from "../../../support/properties.ts";
import { packetFor, redirect } from "../arbitrary.ts";
import { redirectOf } from "../recordings.ts";

const bytes = (address: string): readonly number[] =>
  parseCidr(`${address}/${address.includes(":") ? 128 : 32}`)?.network ?? [];

const [pod, peer] = [bytes("10.77.0.2"), bytes("10.77.0.1")];
const [pod6, peer6] = [bytes("fd77::2"), bytes("fd77::1")];
const tcp = { protocol: "tcp", state: "new", loopback: false, uid: 0, gid: 0 } as const;
const into = (destinationPort: number): Packet => ({
  ...tcp,
  hook: "prerouting",
  family: "v4",
  source: peer,
  destination: pod,
  destinationPort,
});
const into6 = (port: number): Packet => ({ ...into(port), family: "v6", source: peer6, destination: pod6 });
const out = (uid: number, destinationPort: number): Packet => ({
  ...tcp,
  hook: "output",
  family: "v4",
  source: pod,
  destination: peer,
  destinationPort,
  uid,
  gid: uid,
});
const out6 = (uid: number, port: number): Packet => ({
  ...out(uid, port),
  family: "v6",
  source: pod6,
  destination: peer6,
});

const proxies = ["-p", "4143", "-o", "4140"];
const lists = ["--inbound-ports-to-ignore", "4190,4191,4567,4568", "--outbound-ports-to-ignore", "4567,4568"];
const r1 = [...proxies, "-u", "2102", ...lists];
const v4Only = [...r1, "--ipv6=false"];
const groups = [...proxies, "-u", "2102", "-g", "2103"];
const fromPeer = [...v4Only, "--subnets-to-ignore", "10.77.0.0/24"];
const listed = [...proxies, "-u", "2102", "-r", "8080"];
const toPeer = [...r1, "--outbound-subnets-to-ignore", "10.77.0.0/24,fd77::/64"];

/** The packet plan as far as one packet tells; `pass`: not redirected. */
const plan: readonly [id: string, args: readonly string[], packet: Packet, expected: number | "pass"][] = [
  ["P02", r1, into(8080), 4143],
  ["P02, IPv6", r1, into6(8080), 4143],
  ["P03", r1, into(12_345), 4143],
  ["P04", r1, into(4190), "pass"],
  ["P05", r1, into(4143), 4143],
  ["P06", r1, into(4140), 4143],
  ["P07", r1, out(1000, 80), 4140],
  ["P07, IPv6", r1, out6(1000, 80), 4140],
  ["P08", r1, out(0, 80), 4140],
  ["P09", r1, out(2102, 80), "pass"],
  ["P10", r1, { ...out(1000, 80), gid: 2102 }, 4140],
  ["P11", r1, out(1000, 4567), "pass"],
  ["P12", r1, out(1000, 12_345), 4140],
  ["P13", r1, { ...out(1000, 8080), loopback: true, destination: bytes("127.0.0.1") }, "pass"],
  ["P14", r1, { ...out(1000, 8080), loopback: true, destination: pod }, "pass"],
  ["P14, coming in again", r1, { ...into(8080), loopback: true, source: pod }, "pass"],
  ["P15", r1, { ...out(2102, 8080), loopback: true, destination: pod }, "pass"],
  ["P17, in", r1, { ...into(8080), protocol: "udp" }, "pass"],
  ["P17, out", r1, { ...out(1000, 53), protocol: "udp" }, "pass"],
  ["P17, DNS over TCP", r1, out(1000, 53), 4140],
  ["P19", r1, { ...into(8080), state: "established" }, "pass"],
  ["P22", groups, { ...out(1000, 80), gid: 2103 }, "pass"],
  ["P24", [...proxies, "-u0", "-g0"], out(0, 80), 4140],
  ["P25", fromPeer, into(8080), "pass"],
  ["P25, another network", [...v4Only, "--subnets-to-ignore", "10.78.0.0/24"], into(8080), 4143],
  ["P26", fromPeer, out(1000, 80), 4140],
  ["P27", v4Only, into6(8080), "pass"],
  ["P28", v4Only, out6(1000, 80), "pass"],
  ["P29", [...r1, "--subnets-to-ignore", "fd77::/64"], into6(8080), "pass"],
  ["P29, the other family", [...r1, "--subnets-to-ignore", "fd77::/64"], into(8080), 4143],
  ["P30", listed, into(8080), 4143],
  ["P30, another port", listed, into(9090), "pass"],
  ["P30, out", listed, out(1000, 443), 4140],
  ["P32", proxies, out(2102, 80), 4140],
  ["weft: skipped destination", toPeer, out(1000, 80), "pass"],
  ["weft: skipped destination, IPv6", toPeer, out6(1000, 80), "pass"],
  ["weft: skipped destination does not count inbound", toPeer, into(8080), 4143],
];

interface Answers {
  readonly model: Fate;
  readonly iptables: Fate | Unreadable;
  readonly nft: Fate | Unreadable;
}

/** The texts are made once for many packets. */
const answersOf = (redirect: Redirect): ((packet: Packet) => Answers) => {
  const texts = restoreTexts(redirect);
  const [counting, plain] = [true, false].map((counters) => nftScript(redirect, { counters }));
  return (packet) => ({
    model: fate(redirect, packet),
    iptables: walkIptables(texts[packet.family], packet),
    nft: walkNft((packet.uid % 2 === 0 ? counting : plain) ?? "", packet),
  });
};

/** Each says in its own words why a packet passes. */
const withoutReason = (answer: Fate | Unreadable): unknown => (answer.kind === "pass" ? { kind: "pass" } : answer);

describe("model: where a packet goes", () => {
  for (const [id, args, packet, expected] of plan) {
    it(`${id}: ${expected === "pass" ? "passes" : `to ${expected}`}, as model, iptables and nft say`, () => {
      const { model, iptables, nft } = answersOf(redirectOf(args))(packet);
      const answers = [model, iptables, nft].map((answer) => ("port" in answer ? answer.port : answer.kind));
      expect(answers).to.deep.equal([expected, expected, expected]);
    });
  }

  it("is the same for the model, the iptables text and the nft script", () => {
    let redirected = 0;
    const property = fc.property(
      redirect.chain((value) =>
        fc.tuple(fc.constant(value), fc.array(packetFor(value), { minLength: 30, maxLength: 30 })),
      ),
      ([value, packets]) => {
        const answers = answersOf(value);
        for (const packet of packets) {
          const { model, iptables, nft } = answers(packet);
          if (model.kind === "redirect") redirected += 1;
          expect(withoutReason(iptables), "iptables").to.deep.equal(withoutReason(model));
          expect(withoutReason(nft), "nft").to.deep.equal(withoutReason(model));
        }
      },
    );
    fc.assert(property, runs(150));
    // A sample in which nothing is redirected would agree as well.
    expect(redirected).to.be.greaterThan(200);
  });
});

describe("walks of texts that are not ours", () => {
  const nat = (...rules: readonly string[]): string => ["*nat", ...rules, "COMMIT"].join("\n");
  const rows: readonly [claim: string, text: string, expected: unknown][] = [
    ["an empty text lets pass", "", "pass"],
    [
      "another table does not count",
      nat("-A PREROUTING -p tcp -j REDIRECT --to-ports 1").replace("nat", "raw"),
      "pass",
    ],
    [
      "the first rule that takes the packet decides",
      nat("-A PREROUTING -p udp -j ACCEPT", "-A PREROUTING -j REDIRECT --to-ports 1"),
      1,
    ],
    ["an accept ends the way", nat("-A PREROUTING -p tcp -j ACCEPT", "-A PREROUTING -j REDIRECT --to-ports 1"), "pass"],
    [
      "a return goes on behind the jump",
      nat("-A PREROUTING -j A", "-A PREROUTING -j REDIRECT --to-ports 2", "-A A -j RETURN"),
      2,
    ],
    ["a negation is not guessed at", nat("-A PREROUTING ! -p tcp -j REDIRECT --to-ports 1"), "unreadable"],
    ["an unknown match is not guessed at", nat("-A PREROUTING -m mark --mark 0x1 -j ACCEPT"), "unreadable"],
    ["nor one named like a part of JavaScript", nat("-A PREROUTING constructor x -j ACCEPT"), "unreadable"],
    ["chains in a circle end", nat("-A PREROUTING -j A", "-A A -j A"), "unreadable"],
    ["a redirect needs a port", nat("-A PREROUTING -j REDIRECT"), "unreadable"],
    [
      "a network of the other family is none of the packet's",
      nat("-A PREROUTING -s ::/0 -j REDIRECT --to-ports 1"),
      "pass",
    ],
  ];
  for (const [claim, text, expected] of rows) {
    it(`iptables: ${claim}`, () => {
      const answer = walkIptables(text, into(80));
      expect("port" in answer ? answer.port : answer.kind).to.equal(expected);
    });
  }

  it("nft: what we do not write is not guessed at", () => {
    const script = nftScript(redirectOf(r1));
    for (const line of [
      "ct mark 1 return",
      'ip saddr != 10.0.0.0/8 return comment "x"',
      'constructor 1 return comment "x"',
    ]) {
      const changed = script.replace("policy accept;\n", `policy accept;\n    ${line}\n`);
      expect(walkNft(changed, into(80))).to.deep.equal({ kind: "unreadable", rule: line });
    }
    expect(walkNft("", into(80)).kind).to.equal("pass");
  });
});
