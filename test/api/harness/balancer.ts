/**
 * The node's kube-proxy, in the small: connections to the address of a Service go to one of its backends in turn. Like
 * kube-proxy it knows nothing of requests, tries no second backend, and leaves connections alone when a backend is
 * taken away.
 */
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { listening } from "./listening.ts";

export interface Balancer {
  readonly host: string;
  readonly port: number;
  /** Ports on loopback that get new connections from now on. */
  readonly use: (ports: readonly number[]) => void;
  /**
   * Lets nothing through to these ports and back any more, and says nothing about it: a black hole. What led there is
   * broken when it is over.
   */
  readonly swallow: (ports: readonly number[]) => void;
  /** Connections to a backend that are open, and how many there ever were. */
  readonly open: (port: number) => number;
  readonly opened: (port: number) => number;
  readonly close: () => Promise<void>;
}

export async function startBalancer(host = "127.0.0.1", port = 0): Promise<Balancer> {
  let backends: readonly number[] = [];
  let swallowed: readonly number[] = [];
  let turn = 0;
  const pairs = new Map<Socket, number>();
  const opened = new Map<number, number>();

  const server = createServer((client) => {
    const backend = backends[turn++ % Math.max(1, backends.length)];
    // Nobody there: kube-proxy rejects.
    if (backend === undefined) return void client.resetAndDestroy();
    opened.set(backend, (opened.get(backend) ?? 0) + 1);
    joined(client, backend, pairs, () => swallowed.includes(backend));
  });
  const close = await listening(server, host, port);
  return {
    host,
    port: (server.address() as AddressInfo).port,
    use: (ports) => (backends = ports),
    swallow: (ports) => {
      const over = new Set(swallowed).difference(new Set(ports));
      swallowed = ports;
      for (const [client, backend] of pairs) if (over.has(backend)) client.resetAndDestroy();
    },
    open: (backend) => [...pairs.values()].filter((each) => each === backend).length,
    opened: (backend) => opened.get(backend) ?? 0,
    close,
  };
}

function joined(client: Socket, backend: number, pairs: Map<Socket, number>, isSwallowed: () => boolean): void {
  const server = connect({ host: "127.0.0.1", port: backend });
  pairs.set(client, backend);
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      if (!isSwallowed()) to.write(chunk);
    });
    from.on("end", () => {
      if (!isSwallowed()) to.end();
    });
    from.on("error", () => {
      if (!isSwallowed()) to.resetAndDestroy();
    });
    from.on("close", () => {
      pairs.delete(client);
      if (!isSwallowed()) to.destroy();
    });
  }
}
