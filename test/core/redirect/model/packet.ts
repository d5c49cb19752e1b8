/** A packet, as far as rules of redirection look at it, and what becomes of it. */
import { parsePortRange } from "../../../../src/core/base/scalars/ports.ts";
import { parseCidr } from "../../../../src/core/base/scalars/subnets.ts";
import type { Cidr } from "../../../../src/core/base/scalars/subnets.ts";
import type { Family } from "../../../../src/core/redirect/redirect.ts";

export interface Packet {
  /** Where rules meet it: `prerouting` comes in from outside, `output` is sent by a process of the pod. */
  readonly hook: "prerouting" | "output";
  readonly family: Family;
  readonly protocol: "tcp" | "udp" | "icmp";
  /** 4 or 16 bytes. */
  readonly source: readonly number[];
  readonly destination: readonly number[];
  /** 0 where the protocol has none. */
  readonly destinationPort: number;
  /** Of the sending process; meaningless inbound. */
  readonly uid: number;
  /** Its primary group: supplementary ones do not count. */
  readonly gid: number;
  /** It goes by `lo`: to a loopback address, or to one of the pod's own. */
  readonly loopback: boolean;
  /** `new`: the first of its connection, the only one that table nat is asked about. */
  readonly state: "new" | "established";
}

export type Fate = { readonly kind: "redirect"; readonly port: number } | Passed;

export interface Passed {
  readonly kind: "pass";
  /** Why, as a name of a rule or in words. */
  readonly why: string;
}

/** A rule that an evaluator of texts cannot judge. */
export interface Unreadable {
  readonly kind: "unreadable";
  readonly rule: string;
}

export const passed = (why: string): Passed => ({ kind: "pass", why });

/**
 * Whether rules are asked at all: only for the first packet of a connection, and on the way out if it goes by `lo`: when
 * it comes in there, its connection has had its answer.
 */
export const asksRules = ({ state, hook, loopback }: Packet): boolean =>
  state === "new" && !(hook === "prerouting" && loopback);

/** Whether the address belongs to the network. */
export function within(address: readonly number[], { network, prefix }: Cidr): boolean {
  const bits = (bytes: readonly number[]): string => bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return address.length === network.length && bits(address).slice(0, prefix) === bits(network).slice(0, prefix);
}

/** What one match of a rule asks. */
export type Test = (packet: Packet) => boolean;

/** A field of the packet, compared as text. */
export const isValue =
  (field: "protocol" | "uid" | "gid") =>
  (value: string): Test =>
  (packet) =>
    `${packet[field]}` === value;

/** Addresses in a network's text. */
export function hasAddress(side: "source" | "destination", text: string): Test | undefined {
  const cidr = parseCidr(text);
  return cidr === undefined ? undefined : (packet) => within(packet[side], cidr);
}

/** Ports in a comma list of ports and of ranges, whose bounds the separator parts. */
export function hasPort(list: string, separator: ":" | "-"): Test | undefined {
  const ranges = list.split(",").map((entry) => parsePortRange(entry.replace(separator, "-")));
  return ranges.every((range) => range !== undefined)
    ? ({ destinationPort: port }) => ranges.some(({ low, high }) => low <= port && port <= high)
    : undefined;
}
