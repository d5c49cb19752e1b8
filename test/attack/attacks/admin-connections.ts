import { clientHello } from "../hello.ts";
import { addressOf, heldWords, hold, tcp, triedOf } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

/** Kubelet, Prometheus and whoever looks: more than a few dozen are nobody's. API servers' connections come on top. */
const mostThatAnybodyNeeds = 1000;

export const adminConnections: ServerAttack = {
  name: "admin-connections",
  claim: "Who says nothing, the first words of TLS, or half a request, does not fill the admin port.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  attack: async ({ ports }, over) => {
    const beginnings = ["", await clientHello(), "GET /readyz HTTP/1.1\r\nHost: x\r\nA: b"];
    const held = await hold(
      {
        count: 8000,
        parallel: 100,
        open: (index) => tcp({ port: ports.admin, from: addressOf(index, 8) }),
        use: (socket, index) => socket.write(beginnings[index % beginnings.length] ?? ""),
      },
      over,
    );
    return {
      says: `${heldWords(held)}, of 8 addresses`,
      happened: triedOf(held) > 2000,
    };
  },
  wrong: ({ descriptors }) =>
    descriptors > mostThatAnybodyNeeds ? [`${descriptors} connections were held at once`] : [],
};
