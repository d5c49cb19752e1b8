import { addressOf, send, tls } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

const head =
  "POST /?timeout=30s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
const piece = Buffer.from("1\r\n{\r\n".repeat(10_000));

export const oneByteChunks: ServerAttack = {
  name: "one-byte-chunks",
  claim: "A body in chunks of one byte is counted by the memory that it takes.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 12,
  attack: async ({ ports }, over) => {
    const sent = await Promise.all(
      Array.from({ length: 2 }, async (_, index) => {
        const socket = (await tls({ port: ports.webhook, from: addressOf(index, 2) })).resume();
        let chunks = 0;
        await send(socket, head, over);
        while (chunks < 3_000_000 && (await send(socket, piece, over))) chunks += 10_000;
        socket.destroy();
        return chunks;
      }),
    );
    return { says: `2 bodies of ${sent.join(" and ")} chunks`, happened: sent.every((chunks) => chunks > 0) };
  },
};
