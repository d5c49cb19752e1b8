import { podText, posted, review } from "../bodies.ts";
import { addressOf, send, tls } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

export const pipelinedRequests: ServerAttack = {
  name: "pipelined-requests",
  claim: "Requests that are sent without waiting for answers are held back, not piled up.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  attack: async ({ ports }, over) => {
    const piece = Buffer.from(posted(review(podText({}))).repeat(100));
    const sent = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        // Answers are not read, either.
        const socket = (await tls({ port: ports.webhook, from: addressOf(index, 20) })).pause();
        let requests = 0;
        while (requests < 20_000 && (await send(socket, piece, over))) requests += 100;
        socket.destroy();
        return requests;
      }),
    );
    const all = sent.reduce((sum, each) => sum + each, 0);
    return { says: `${all} requests on 20 connections, no answer read`, happened: all > 0 };
  },
};
