import { EventEmitter } from "node:events";
import type { TLSSocket } from "node:tls";
import { expect } from "chai";
import { limitsForAnybody } from "../../src/grpc/limits.ts";
import { Peers } from "../../src/grpc/peers.ts";

/** What of a socket is used. */
class Socket extends EventEmitter {
  readonly authorized = false;
  destroyed = false;
  readonly remoteAddress: string;
  readonly readableLength: number;

  constructor(remoteAddress: string, readableLength: number) {
    super();
    this.remoteAddress = remoteAddress;
    this.readableLength = readableLength;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

describe("grpc/peers: bytes that wait for their turn", () => {
  const rows: readonly (readonly [claim: string, waits: readonly (readonly [string, number])[], cut: number])[] = [
    [
      "so many together are no harm",
      [
        ["10.0.0.1", 60],
        ["10.0.0.2", 40],
      ],
      0,
    ],
    [
      "of more, those go of whom most wait",
      [
        ["10.0.0.1", 30],
        ["10.0.0.2", 60],
        ["10.0.0.3", 20],
      ],
      1,
    ],
    [
      "all connections of an address count together",
      [
        ["10.0.0.1", 50],
        ["10.0.0.2", 30],
        ["10.0.0.2", 30],
      ],
      2,
    ],
    [
      "until there are few enough",
      [
        ["10.0.0.1", 101],
        ["10.0.0.2", 102],
      ],
      2,
    ],
  ];
  for (const [claim, waits, cut] of rows)
    it(claim, () => {
      const reasons: string[] = [];
      const guard = { mark: () => undefined, prove: () => undefined, knows: () => false };
      const limits = { ...limitsForAnybody, unread: 100 };
      const peers = new Peers({ limits, guard, onCut: (reason) => reasons.push(reason), now: () => 0 });
      const sockets = waits.map(([address, bytes]) => new Socket(address, bytes));
      for (const socket of sockets) peers.add(socket as unknown as TLSSocket);
      peers.look();
      expect(reasons).to.deep.equal(Array.from({ length: cut }, () => "FLOOD"));
      expect(peers.size).to.equal(waits.length - cut);
      for (const socket of sockets) socket.destroy();
    });
});
