/** What a rule asks of a packet, in nft's language: the text of a script, and the JSON of `nft -j list` (libnftables-json). */
import { disjoint } from "../base/scalars/ports.ts";
import type { PortRange } from "../base/scalars/ports.ts";
import type { Subnet } from "./redirect.ts";
import type { Condition } from "./rules.ts";

export interface Spelling {
  readonly text: string;
  /** One element of a rule's `expr`. */
  readonly json: unknown;
}

export function spelling(when: Condition): Spelling {
  switch (when.kind) {
    case "user":
      return { text: `meta skuid ${when.id}`, json: equals({ meta: { key: "skuid" } }, when.id) };
    case "group":
      return { text: `meta skgid ${when.id}`, json: equals({ meta: { key: "skgid" } }, when.id) };
    case "loopback":
      return { text: 'oifname "lo"', json: equals({ meta: { key: "oifname" } }, "lo") };
    case "tcp":
      return tcp;
    case "ports":
      return ports(disjoint(when.ranges));
    case "source":
      return network("saddr", when.subnet);
    case "destination":
      return network("daddr", when.subnet);
  }
}

const equals = (left: unknown, right: unknown): unknown => ({ match: { op: "==", left, right } });

const tcp: Spelling = { text: "meta l4proto tcp", json: equals({ meta: { key: "l4proto" } }, "tcp") };

function ports(ranges: readonly PortRange[]): Spelling {
  const texts = ranges.map(({ low, high }) => (low === high ? `${low}` : `${low}-${high}`));
  const values = ranges.map(({ low, high }) => (low === high ? low : { range: [low, high] }));
  // All ports is no question at all, and not every nft takes it for one.
  if (texts[0] === "0-65535") return tcp;
  const [only] = values;
  const field = { payload: { protocol: "tcp", field: "dport" } };
  return ranges.length === 1
    ? { text: `tcp dport ${texts.join("")}`, json: equals(field, only) }
    : { text: `tcp dport { ${texts.join(", ")} }`, json: equals(field, { set: values }) };
}

function network(field: "saddr" | "daddr", { cidr }: Subnet): Spelling {
  const protocol = cidr.family === 4 ? "ip" : "ip6";
  const left = { payload: { protocol, field } };
  const [addr = ""] = cidr.text.split("/");
  // A whole address is listed without its length.
  return cidr.prefix === cidr.network.length * 8
    ? { text: `${protocol} ${field} ${addr}`, json: equals(left, addr) }
    : { text: `${protocol} ${field} ${cidr.text}`, json: equals(left, { prefix: { addr, len: cidr.prefix } }) };
}
