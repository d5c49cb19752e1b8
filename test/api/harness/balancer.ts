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
  /** Connections that are open, by backend. */
  readonly open: (port: number) => number;
  /** What became of the connections that were given to a backend. */
  readonly counters: (port: number) => Tally;
  readonly close: () => Promise<void>;
}

export interface Tally {
  /** So far. */
  readonly given: number;
  /** The backend did not take them: nobody listens there. */
  readonly untaken: number;
  /** Ended, by either side, while the client waited for an answer. */
  readonly unanswered: number;
  /** Open, and the client waits for an answer: with HTTP/1.1 one request each. */
  readonly waiting: number;
}

export async function startBalancer(host = "127.0.0.1", port = 0): Promise<Balancer> {
  let backends: readonly number[] = [];
  let swallowed: readonly number[] = [];
  let turn = 0;
  const pairs = new Set<Pair>();
  const ended = new Map<number, Ended>();

  const server = createServer((client) => {
    const backend = backends[turn++ % Math.max(1, backends.length)];
    // Nobody there: kube-proxy rejects.
    if (backend === undefined) return void client.resetAndDestroy();
    const pair: Pair = { client, backend, taken: false, waits: true };
    pairs.add(pair);
    joined(pair, () => swallowed.includes(backend));
    client.once("close", () => {
      pairs.delete(pair);
      ended.set(backend, counted(ended.get(backend), pair));
    });
  });
  const close = await listening(server, host, port);
  return {
    host,
    port: (server.address() as AddressInfo).port,
    use: (ports) => (backends = ports),
    swallow: (ports) => {
      const over = new Set(swallowed).difference(new Set(ports));
      swallowed = ports;
      for (const { client, backend } of pairs) if (over.has(backend)) client.resetAndDestroy();
    },
    open: (port) => [...pairs].filter(({ backend }) => backend === port).length,
    counters: (port) => {
      const open = [...pairs].filter(({ backend }) => backend === port);
      const { count, untaken, unanswered } = ended.get(port) ?? noneEnded;
      return { given: count + open.length, untaken, unanswered, waiting: open.filter(({ waits }) => waits).length };
    },
    close,
  };
}

interface Pair {
  readonly client: Socket;
  readonly backend: number;
  taken: boolean;
  /** The client spoke last. */
  waits: boolean;
}

interface Ended {
  readonly count: number;
  readonly untaken: number;
  readonly unanswered: number;
}

const noneEnded: Ended = { count: 0, untaken: 0, unanswered: 0 };

const counted = ({ count, untaken, unanswered }: Ended = noneEnded, { taken, waits }: Pair): Ended => ({
  count: count + 1,
  untaken: untaken + (taken ? 0 : 1),
  unanswered: unanswered + (taken && waits ? 1 : 0),
});

function joined(pair: Pair, isSwallowed: () => boolean): void {
  const { client, backend } = pair;
  const server = connect({ host: "127.0.0.1", port: backend }, () => (pair.taken = true));
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      pair.waits = from === client;
      if (!isSwallowed()) to.write(chunk);
    });
    from.on("end", () => {
      if (!isSwallowed()) to.end();
    });
    from.on("error", () => {
      if (!isSwallowed()) to.resetAndDestroy();
    });
    from.on("close", () => {
      if (!isSwallowed()) to.destroy();
    });
  }
}
