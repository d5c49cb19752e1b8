/**
 * Redirect: what of a pod's traffic enters its proxy. A value only; `arguments.ts` reads and writes it as the argument
 * list of linkerd-init, `iptables.ts` and `nftables.ts` turn it into rules, `model.ts` says what becomes of a packet.
 */
import type { Port, PortRange } from "../base/scalars/ports.ts";
import { trimSpace } from "../base/scalars/spaces.ts";
import { parseCidr } from "../base/scalars/subnets.ts";
import type { Cidr } from "../base/scalars/subnets.ts";

export interface Redirect {
  /** Where inbound connections go, `--incoming-proxy-port`. */
  readonly inboundPort: Port;
  /** Where outbound connections go, `--outgoing-proxy-port`. */
  readonly outboundPort: Port;
  /** The proxy's user: its outbound traffic passes. Makes a rule only above 0; 0..4294967294. */
  readonly uid: number | undefined;
  /** The same for the proxy's primary group. */
  readonly gid: number | undefined;
  /** Inbound TCP ports that bypass the proxy: in the order given, duplicates kept. */
  readonly skipInbound: readonly PortRange[];
  /** Outbound TCP ports that bypass the proxy. */
  readonly skipOutbound: readonly PortRange[];
  /** Only these inbound ports are redirected; empty: all. Outbound traffic is never limited. */
  readonly onlyInbound: readonly Port[];
  /** Inbound traffic from these networks bypasses the proxy. */
  readonly skipSources: readonly Subnet[];
  /** Outbound traffic to these networks bypasses the proxy. weft's own, Linkerd's program cannot do it. */
  readonly skipDestinations: readonly Subnet[];
  /** Whether IPv6 is redirected too. Without it IPv6 traffic bypasses the proxy. */
  readonly ipv6: boolean;
  /** Seconds that connection tracking keeps a half-closed connection; 0 leaves the kernel's value. */
  readonly closeWaitSeconds: number;
}

/** How linkerd-init is to do its work: nothing of it changes the rules. */
export interface InitRun {
  /** The pair of iptables programs. */
  readonly backend: Backend;
  /** Anything but `json` means plain. */
  readonly logFormat: string | undefined;
  readonly logLevel: string | undefined;
  /** Log the commands, run none. */
  readonly simulate: boolean;
  /** Path of another network namespace; empty: its own. */
  readonly netns: string;
  /** Wait for the lock of legacy iptables. */
  readonly wait: boolean;
}

export type Backend = "nft" | "legacy" | "plain";
export type Family = "v4" | "v6";

/** A network as it was written, without blanks around it: comments of rules quote it. */
export interface Subnet {
  readonly text: string;
  readonly cidr: Cidr;
}

/**
 * A network in CIDR notation; `undefined` when it is none. Blanks around it do not count. IPv4-mapped networks
 * (`::ffff:10.0.0.0/104`) are the IPv4 networks they stand for: on the wire there are no others.
 */
export function parseSubnet(text: string): Subnet | undefined {
  const trimmed = trimSpace(text);
  const cidr = trimmed.length > longestSubnet ? undefined : parseCidr(trimmed);
  return cidr === undefined ? undefined : { text: trimmed, cidr };
}

// Eight groups, the last two as IPv4, and a prefix are 49 characters. More are zeros, and nft's comments end at 128.
const longestSubnet = 64;

/** The families that get rules. */
export const families = ({ ipv6 }: Redirect): readonly Family[] => (ipv6 ? ["v4", "v6"] : ["v4"]);

export const familyOf = ({ cidr }: Subnet): Family => (cidr.family === 4 ? "v4" : "v6");

/** The value of connection tracking that `closeWaitSeconds` sets; a setting of the namespace, no rule. */
export interface Sysctl {
  readonly name: string;
  /** Below `/proc`, as seen from a process inside the pod's network namespace. */
  readonly path: string;
  readonly value: string;
}

/**
 * How the close-wait time is set with iptables rules: written before the rules, as root in a container with a writable
 * `/proc/sys`. `undefined`: nothing to set. The nft script has a way of its own that needs neither (`nftables.ts`).
 */
export const closeWaitSysctl = ({ closeWaitSeconds }: Redirect): Sysctl | undefined =>
  closeWaitSeconds === 0
    ? undefined
    : {
        name: "net.netfilter.nf_conntrack_tcp_timeout_close_wait",
        path: "sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait",
        value: `${closeWaitSeconds}`,
      };
