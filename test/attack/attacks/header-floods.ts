import { addressOf, repeatedly, send, tls } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

const many = Array.from({ length: 60_000 }, (_, index) => `h${index}: y\r\n`).join("");
const kinds: readonly string[] = [
  `POST / HTTP/1.1\r\nHost: x\r\n${many}\r\n`,
  `POST / HTTP/1.1\r\nHost: x\r\nA: ${"b".repeat(4_000_000)}\r\n\r\n`,
  `POST /${"a".repeat(4_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${many}\r\n`,
  `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;${"e".repeat(4_000_000)}\r\n{\r\n0\r\n\r\n`,
  `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${"1;a=b\r\n{\r\n".repeat(200_000)}0\r\n\r\n`,
  `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${"0".repeat(4_000_000)}1\r\n{\r\n0\r\n\r\n`,
];

export const headerFloods: ServerAttack = {
  name: "header-floods",
  claim: "Headers, trailers, targets and chunk extensions without end are refused early.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  attack: async ({ ports }, over) => {
    const pieces = kinds.map((text) => Buffer.from(text));
    let bytes = 0;
    const sent = await repeatedly(16, over, async (index) => {
      const socket = (await tls({ port: ports.webhook, from: addressOf(index, 16) })).resume();
      const piece = pieces[index % pieces.length] ?? Buffer.alloc(0);
      for (let at = 0; at < piece.length; at += 65_536) {
        const part = piece.subarray(at, at + 65_536);
        if (!(await send(socket, part, over))) break;
        bytes += part.length;
      }
      socket.destroy();
    });
    return {
      says: `${sent} requests of ${kinds.length} kinds, ${Math.round(bytes / 1e6)} MB taken`,
      happened: sent > 10,
    };
  },
};
