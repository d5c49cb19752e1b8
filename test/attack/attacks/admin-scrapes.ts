import { addressOf, repeatedly, send, tcp } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

const piece = Buffer.from("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50));

export const adminScrapes: ServerAttack = {
  name: "admin-scrapes",
  claim: "Metrics that are asked for in parallel, and not read, cost no more than others can wait.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  attack: async ({ ports }, over) => {
    let asked = 0;
    await repeatedly(50, over, async (index) => {
      const socket = (await tcp({ port: ports.admin, from: addressOf(index, 10) })).pause();
      for (let rounds = 0; rounds < 20 && (await send(socket, piece, over)); rounds += 1) asked += 50;
      await new Promise((resolve) => setTimeout(resolve, 100));
      socket.destroy();
    });
    return { says: `${asked} scrapes sent on 50 connections at a time`, happened: asked > 100 };
  },
};
