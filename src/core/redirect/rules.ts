/**
 * The rules of a redirect, in order, in no firewall's language. `iptables.ts` and
 * `nftables.ts` only spell them. The names are those of Linkerd's comments, which others search for (8, no. 22).
 */
import type { Port, PortRange } from "../base/scalars/ports.ts";
import type { Redirect, Subnet } from "./redirect.ts";

export interface Rule {
  readonly name: string;
  readonly when: Condition;
  readonly outcome: Outcome;
}

export type Condition =
  | { readonly kind: "user"; readonly id: number }
  | { readonly kind: "group"; readonly id: number }
  | { readonly kind: "loopback" }
  /** TCP to one of these ports. */
  | { readonly kind: "ports"; readonly ranges: readonly PortRange[] }
  | { readonly kind: "source"; readonly subnet: Subnet }
  | { readonly kind: "destination"; readonly subnet: Subnet }
  | { readonly kind: "tcp" };

/** `pass`: no further rule of ours is asked. */
export type Outcome = { readonly kind: "pass" } | { readonly kind: "redirect"; readonly port: Port };

/** Traffic that comes into the pod. */
export function inboundRules(redirect: Redirect): readonly Rule[] {
  const outcome = { kind: "redirect", port: redirect.inboundPort } as const;
  return [
    ...skipPorts(redirect.skipInbound),
    ...redirect.skipSources.map((subnet) => ({
      name: `ignore-subnet-${subnet.text}`,
      when: { kind: "source", subnet } as const,
      outcome: pass,
    })),
    redirect.onlyInbound.length === 0
      ? { name: "redirect-all-incoming-to-proxy-port", when: tcp, outcome }
      : {
          name: "redirect-port-to-proxy-port",
          when: { kind: "ports", ranges: redirect.onlyInbound.map(single) },
          outcome,
        },
  ];
}

/** Traffic that processes of the pod send. */
export function outboundRules(redirect: Redirect): readonly Rule[] {
  const { uid = 0, gid = 0, outboundPort } = redirect;
  return [
    ...(uid > 0 ? [{ name: "ignore-proxy-user-id", when: { kind: "user", id: uid } as const, outcome: pass }] : []),
    ...(gid > 0 ? [{ name: "ignore-proxy-group-id", when: { kind: "group", id: gid } as const, outcome: pass }] : []),
    { name: "ignore-loopback", when: { kind: "loopback" }, outcome: pass },
    ...skipPorts(redirect.skipOutbound),
    ...redirect.skipDestinations.map((subnet) => ({
      name: `ignore-outbound-subnet-${subnet.text}`,
      when: { kind: "destination", subnet } as const,
      outcome: pass,
    })),
    { name: "redirect-all-outgoing-to-proxy-port", when: tcp, outcome: { kind: "redirect", port: outboundPort } },
  ];
}

const pass: Outcome = { kind: "pass" };
const tcp: Condition = { kind: "tcp" };
const single = (port: number): PortRange => ({ low: port, high: port });

const skipPorts = (ranges: readonly PortRange[]): readonly Rule[] =>
  ranges.length === 0 ? [] : [{ name: "ignore-port", when: { kind: "ports", ranges }, outcome: pass }];
