/**
 * Connections and where they have to end, under rules of redirection: P01 to P33, and
 * what its recorded rulesets add. A row holds for every way to set up the rules, and for both families unless it says.
 */
import type { Family } from "../../../src/core/redirect/redirect.ts";
import type { RulesetName } from "./rulesets.ts";

/** Who connects: a user of the pod, or the peer. */
export type Sender =
  | "app"
  | "proxy"
  | "root"
  | "peer"
  | { readonly uid: number; readonly gid: number; readonly groups?: readonly number[] };
export type Place = "pod" | "peer" | "otherPeer" | "loopback";

/**
 * Who answers, and at which port if another than asked for; `refused`: nobody, for the connection went where it was sent
 * and nobody listens there. Proxy: it must also see the original destination and the client's own address.
 */
export type End = { readonly proxy: 4143 | 4140 } | "app" | "peer" | "refused" | "kernel";

export interface Case {
  readonly rules: RulesetName;
  readonly claim: string;
  readonly from: Sender;
  readonly to: Place;
  /** The source address, if another than that of the way there. */
  readonly source?: "otherPeer";
  readonly port: number;
  readonly protocol?: "udp" | "icmp";
  readonly families?: readonly Family[];
  readonly end: End;
}

const [inbound, outbound] = [{ proxy: 4143 }, { proxy: 4140 }] as const;
const v4: readonly Family[] = ["v4"];
const v6: readonly Family[] = ["v6"];

type Row = readonly [claim: string, from: Sender, to: Place, port: number, end: End, more?: Partial<Case>];

const rows: Readonly<Record<RulesetName, readonly Row[]>> = {
  chart: [
    ["P02 what comes in goes to the proxy", "peer", "pod", 8080, inbound],
    ["P03 also to a port that nobody listens at", "peer", "pod", 12_345, inbound],
    ["P04 the proxy's control port is not redirected", "peer", "pod", 4190, "app"],
    ["P04 a port skipped by the settings neither", "peer", "pod", 4567, "app"],
    ["P04 a skipped port that is closed refuses", "peer", "pod", 4568, "refused"],
    ["P05 the proxy's inbound port is itself", "peer", "pod", 4143, inbound],
    ["P06 its outbound port cannot be reached from outside", "peer", "pod", 4140, inbound],
    ["P07 what the application sends goes to the proxy", "app", "peer", 80, outbound],
    ["P07 so does TCP to a name server", "app", "peer", 53, outbound],
    ["P08 root is not an exception", "root", "peer", 80, outbound],
    ["P09 the proxy's own traffic goes out", "proxy", "peer", 80, "peer"],
    ["P10 the rule for its user is none for its group", { uid: 1000, gid: 2102 }, "peer", 80, outbound],
    ["P10 the proxy's user in any group goes out", { uid: 2102, gid: 1000 }, "peer", 80, "peer"],
    ["P11 a port skipped outbound", "app", "peer", 4567, "peer"],
    ["P12 a closed port is the proxy's to find out", "app", "peer", 12_345, outbound],
    ["P13 loopback stays in the pod", "app", "loopback", 8080, "app"],
    ["P14 the pod's own address too", "app", "pod", 8080, "app"],
    ["P15 that is how the proxy reaches the application", "proxy", "pod", 8080, "app"],
    ["P15 the proxy reaches the application by loopback", "proxy", "loopback", 8080, "app"],
    ["P16 the proxy's outbound port by loopback is itself", "app", "loopback", 4140, outbound],
    ["P17 UDP that comes in", "peer", "pod", 8080, "app", { protocol: "udp" }],
    ["P17 UDP that goes out", "app", "peer", 53, "peer", { protocol: "udp" }],
    ["P17 UDP within the pod", "app", "loopback", 8080, "app", { protocol: "udp" }],
    ["ICMP that comes in", "peer", "pod", 0, "kernel", { protocol: "icmp" }],
    ["ICMP that goes out", "root", "peer", 0, "kernel", { protocol: "icmp" }],
    ["ICMP within the pod", "root", "loopback", 0, "kernel", { protocol: "icmp" }],
  ],
  chartV4: [
    ["P02 what comes in goes to the proxy", "peer", "pod", 8080, inbound, { families: v4 }],
    ["P07 what the application sends goes to the proxy", "app", "peer", 80, outbound, { families: v4 }],
    ["P27 IPv6 comes in as it is", "peer", "pod", 8080, "app", { families: v6 }],
    ["P28 IPv6 goes out as it is", "app", "peer", 80, "peer", { families: v6 }],
  ],
  portsOnly: [
    ["P32 without a user the proxy's traffic comes back to it", "proxy", "peer", 80, outbound],
    ["every port comes to the proxy", "peer", "pod", 4190, inbound],
    ["every port goes to the proxy", "app", "peer", 4567, outbound],
  ],
  uidAndGid: [
    ["the proxy's user goes out", { uid: 2102, gid: 1000 }, "peer", 80, "peer"],
    ["P22 the proxy's group goes out", { uid: 1000, gid: 2103 }, "peer", 80, "peer"],
    ["P23 only as primary group", { uid: 1000, gid: 1000, groups: [2103] }, "peer", 80, outbound],
  ],
  gidOnly: [
    ["the group goes out", { uid: 1000, gid: 2103 }, "peer", 80, "peer", { families: v4 }],
    ["the proxy's usual user does not", { uid: 2102, gid: 2102 }, "peer", 80, outbound, { families: v4 }],
  ],
  rootAsProxy: [["P24 root gets no rule", "root", "peer", 80, outbound, { families: v4 }]],
  listed: [
    ["P30 a listed port comes to the proxy", "peer", "pod", 9090, inbound, { families: v4 }],
    ["P30 each of them", "peer", "pod", 443, inbound, { families: v4 }],
    ["P30 another port comes in as it is", "peer", "pod", 8080, "app", { families: v4 }],
    ["P30 what goes out is not limited by the list", "app", "peer", 4567, outbound, { families: v4 }],
  ],
  listedWithSkips: [
    ["P25 a source in an ignored network comes in as it is", "peer", "pod", 80, "refused", { families: v4 }],
    ["P25 another goes to the proxy", "peer", "pod", 80, inbound, { source: "otherPeer", families: v4 }],
    [
      "a port that is listed and skipped is skipped",
      "peer",
      "pod",
      443,
      "refused",
      { source: "otherPeer", families: v4 },
    ],
    ["P26 the ignored network is none outbound", "app", "peer", 80, outbound, { families: v4 }],
  ],
  manySkips: [
    ["the first port of a range", "peer", "pod", 10_000, "refused"],
    ["its last port", "peer", "pod", 10_005, "refused"],
    ["the port behind it", "peer", "pod", 10_006, inbound],
    ["a range beyond the 15 ports of one rule", "peer", "pod", 10_393, "refused"],
    ["the port behind the last range", "peer", "pod", 10_396, inbound],
    ["outbound, the first", "app", "peer", 20_000, "refused"],
    ["outbound, the last of 40", "app", "peer", 20_039, "refused"],
    ["outbound, the next", "app", "peer", 20_040, outbound],
  ],
  edgeSkips: [
    ["port 65535 is skipped", "peer", "pod", 65_535, "refused", { families: v4 }],
    ["port 65534 is not", "peer", "pod", 65_534, inbound, { families: v4 }],
    ["a range of one port", "peer", "pod", 22, "refused", { families: v4 }],
    ["and the next", "peer", "pod", 23, inbound, { families: v4 }],
    ["all outbound ports", "app", "peer", 80, "peer", { families: v4 }],
  ],
  everySource: [
    ["0.0.0.0/0 is every source", "peer", "pod", 8080, "app", { source: "otherPeer", families: v4 }],
    ["and no destination", "app", "peer", 80, outbound, { families: v4 }],
  ],
  controlPlane: [
    ["the API server is reached directly", "app", "peer", 443, "peer"],
    ["others are not", "app", "peer", 80, outbound],
  ],
  everything: [
    ["the proxy's group goes out", { uid: 1000, gid: 2102 }, "peer", 80, "peer"],
    ["a port in a skipped range comes in as it is", "peer", "pod", 8080, "app"],
    ["its last port too", "peer", "pod", 8100, "refused"],
    ["the next goes to the proxy", "peer", "pod", 8101, inbound],
    ["outbound, the last of a range", "app", "peer", 32_767, "refused"],
    ["outbound, the next", "app", "peer", 32_768, outbound],
  ],
  subnetsByFamily: [
    ["a source in an ignored IPv4 network", "peer", "pod", 8080, "app", { families: v4 }],
    ["another IPv4 source", "peer", "pod", 8080, inbound, { source: "otherPeer", families: v4 }],
    ["P29 ::/0 is every IPv6 source", "peer", "pod", 8080, "app", { source: "otherPeer", families: v6 }],
  ],
  listedBothFamilies: [
    ["P30 a listed port comes to the proxy", "peer", "pod", 8080, inbound],
    ["P30 another port comes in as it is", "peer", "pod", 9090, "app"],
    ["P30 what goes out is not limited by the list", "app", "peer", 443, outbound],
  ],
  sources: [
    ["P25, P29 a source in an ignored network comes in as it is", "peer", "pod", 8080, "app"],
    ["P25 another goes to the proxy", "peer", "pod", 8080, inbound, { source: "otherPeer" }],
    ["P26 the ignored network is none outbound", "app", "peer", 80, outbound],
  ],
  destinations: [
    ["an ignored destination is reached directly", "app", "peer", 80, "peer"],
    ["another goes to the proxy", "app", "otherPeer", 80, outbound],
    ["the ignored network is not a source", "peer", "pod", 8080, inbound],
  ],
  otherProxyPorts: [],
};

const both: readonly Family[] = ["v4", "v6"];

export const cases: readonly (Case & { readonly families: readonly Family[] })[] = Object.entries(rows).flatMap(
  ([rules, list]) =>
    list.map(([claim, from, to, port, end, more]) => ({
      rules: rules as RulesetName,
      claim,
      from,
      to,
      port,
      end,
      families: both,
      ...more,
    })),
);
