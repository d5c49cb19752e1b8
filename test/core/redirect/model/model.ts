/**
 * Where a packet goes, derived from a redirect alone: sentences, no rules of
 * any firewall. `iptables-walk.ts` and `nftables-walk.ts` ask the texts that are sent; all three must agree.
 */
import type { PortRange } from "../../../../src/core/base/scalars/ports.ts";
import { asksRules, passed, within } from "./packet.ts";
import type { Fate, Packet } from "./packet.ts";
import { families } from "../../../../src/core/redirect/redirect.ts";
import type { Redirect, Subnet } from "../../../../src/core/redirect/redirect.ts";

export function fate(redirect: Redirect, packet: Packet): Fate {
  if (!asksRules(packet)) return passed("its connection has been decided");
  if (!families(redirect).includes(packet.family)) return passed("its family is not redirected");
  if (packet.protocol !== "tcp") return passed("only TCP is redirected");
  const answers = packet.hook === "prerouting" ? inbound : outbound;
  const found = answers.find(([, holds]) => holds(redirect, packet));
  if (found !== undefined) return passed(found[0]);
  return { kind: "redirect", port: packet.hook === "prerouting" ? redirect.inboundPort : redirect.outboundPort };
}

/** Reasons to let a packet pass; with none it is redirected. */
type Reasons = readonly (readonly [why: string, holds: (redirect: Redirect, packet: Packet) => boolean])[];

const inbound: Reasons = [
  ["its port is skipped", ({ skipInbound }, { destinationPort }) => hasPort(skipInbound, destinationPort)],
  ["its source is skipped", ({ skipSources }, { source }) => hasAddress(skipSources, source)],
  [
    "its port is not listed",
    ({ onlyInbound }, { destinationPort }) =>
      onlyInbound.length > 0 && !onlyInbound.some((port) => port === destinationPort),
  ],
];

const outbound: Reasons = [
  ["the proxy sent it", ({ uid = 0 }, packet) => uid > 0 && packet.uid === uid],
  ["the proxy's group sent it", ({ gid = 0 }, packet) => gid > 0 && packet.gid === gid],
  ["it stays in the pod", (_, { loopback }) => loopback],
  ["its port is skipped", ({ skipOutbound }, { destinationPort }) => hasPort(skipOutbound, destinationPort)],
  ["its destination is skipped", ({ skipDestinations }, { destination }) => hasAddress(skipDestinations, destination)],
];

const hasPort = (ranges: readonly PortRange[], port: number): boolean =>
  ranges.some(({ low, high }) => low <= port && port <= high);

const hasAddress = (subnets: readonly Subnet[], address: readonly number[]): boolean =>
  subnets.some(({ cidr }) => within(address, cidr));
