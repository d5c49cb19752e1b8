/** Connections in a lab, and who answered them. */
import { expect } from "chai";
import type { Family } from "../../../src/core/redirect/redirect.ts";
import type { Case, End, Sender } from "./cases.ts";
import { addresses, appUid, proxyUid } from "./lab.ts";
import type { Agent, Lab } from "./lab.ts";

/** What a server said of a connection, with what its client sees; or why there is none. */
export type Answer =
  | {
      readonly by: string;
      readonly at: number;
      /** As the server sees it: address and port. */
      readonly client: Socket;
      readonly local: Socket;
      readonly original: Socket | null;
      /** As the client sees it. */
      readonly from: Socket;
      readonly remote: Socket;
    }
  | { readonly error: string };

type Socket = readonly [address: string, port: number];

export interface Order {
  readonly family: Family;
  readonly to: string;
  readonly port: number;
  readonly protocol?: "tcp" | "udp" | "icmp";
  readonly source?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly groups?: readonly number[];
  /** A name to keep it open under. */
  readonly hold?: string;
}

export async function connect(agent: Agent, connections: readonly Order[]): Promise<readonly Answer[]> {
  return (await agent.ask<{ readonly results: readonly Answer[] }>({ do: "connect", connections })).results;
}

/** Sends a line on held connections and gives what came back. */
export async function talk(agent: Agent, names: readonly string[]): Promise<readonly string[]> {
  return (await agent.ask<{ readonly results: readonly string[] }>({ do: "talk", names })).results;
}

/** Opens what the cases expect to be open. */
export async function openPorts({ proxy, app, services }: Lab): Promise<void> {
  await Promise.all([
    proxy.ask({ do: "listen", name: "proxy", uid: proxyUid, gid: proxyUid, tcp: [4143, 4140, 5143, 5140] }),
    app.ask({ do: "listen", name: "app", uid: appUid, gid: appUid, tcp: [8080, 9090, 4190, 4567], udp: [8080] }),
    services.ask({ do: "listen", name: "peer", tcp: [80, 443, 4567, 8080], udp: [53, 8080] }),
  ]);
}

export const agentOf = (lab: Lab, from: Sender): Agent => (from === "peer" ? lab.peer : lab.pod);

export function orderOf(
  { from, to, source, port, protocol }: Omit<Case, "rules" | "claim" | "end">,
  family: Family,
): Order {
  return {
    family,
    to: addresses[to][family],
    port,
    ...(protocol === undefined ? {} : { protocol }),
    ...(source === undefined ? {} : { source: addresses[source][family] }),
    ...(typeof from === "object" ? from : owners[from]),
  };
}

const owners = {
  app: { uid: appUid, gid: appUid },
  proxy: { uid: proxyUid, gid: proxyUid },
  root: { uid: 0, gid: 0 },
  peer: {},
};

/** Whether the connection ended where it had to, and whether both sides see the addresses they should. */
export function expectEnd(answer: Answer, { to, port, family }: Order, end: End): void {
  if (end === "refused") {
    expect(answer).to.deep.equal({ error: "refused" });
    return;
  }
  const { by, at, client, local, original, from, remote } = answered(answer);
  const proxyPort = typeof end === "object" ? end.proxy : undefined;
  expect([by, at], JSON.stringify(answer)).to.deep.equal(
    proxyPort !== undefined ? ["proxy", proxyPort] : end === "kernel" ? ["kernel", 0] : [end, port],
  );
  if (end === "kernel") return;
  expect(remote, "as the client sees it").to.deep.equal([to, port]);
  // Not its port: of two connections that are redirected to one place from one port, the kernel gives one another port.
  expect(client[0], "the client's own address").to.equal(from[0]);
  // At a connection that was not redirected the kernel gives its own destination, or none without tracking (7.4).
  if (proxyPort !== undefined) expect(original, "original destination").to.deep.equal([to, port]);
  else expect(original ?? [to, port]).to.deep.equal([to, port]);
  const outward = to !== addresses.pod[family];
  const arrived = proxyPort !== undefined && outward ? addresses.loopback[family] : to;
  expect(local, "address it arrived at").to.deep.equal([arrived, proxyPort ?? port]);
}

export function answered(answer: Answer): Exclude<Answer, { error: string }> {
  if ("error" in answer) throw new Error(answer.error);
  return answer;
}
