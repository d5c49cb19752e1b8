import { listed, podText, posted, review } from "../bodies.ts";
import { addressOf, heldWords, hold, tls, triedOf } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

export const slowReaders: ServerAttack = {
  name: "slow-readers",
  claim: "Answers that nobody takes are bounded.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 5,
  attack: async ({ ports }, over) => {
    // Each unknown annotation is warned of in the answer.
    const annotations = `,${listed(200_000, (index) => `"config.linkerd.io/x${index}":"y"`)}`;
    const request = Buffer.from(posted(review(podText({ annotations }))));
    const held = await hold(
      {
        count: 200,
        parallel: 20,
        atMost: 1000,
        open: (index) => tls({ port: ports.webhook, from: addressOf(index, 50) }),
        use: (socket) => {
          socket.pause();
          socket.write(request);
        },
      },
      over,
    );
    return { says: `${heldWords(held, "requests of 200 kB")}, no answer read`, happened: triedOf(held) > 100 };
  },
};
