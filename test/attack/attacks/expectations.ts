import { addressOf, heldWords, hold, tls, triedOf } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

const heads: readonly string[] = [
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: something\r\nContent-Length: 100\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{",
];

export const expectations: ServerAttack = {
  name: "expectations",
  claim: "Who asks to continue, to upgrade or to tunnel holds nothing for ever.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 5,
  attack: async ({ ports }, over) => {
    const held = await hold(
      {
        count: 2000,
        open: (index) => tls({ port: ports.webhook, from: addressOf(index, 40) }),
        use: (socket, index) => socket.write(heads[index % heads.length] ?? ""),
      },
      over,
    );
    return { says: `${heldWords(held)}, ${heads.length} kinds of requests`, happened: triedOf(held) > 500 };
  },
};
