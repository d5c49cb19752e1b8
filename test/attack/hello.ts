/** The first words of a TLS client, to be said again and again. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:tls";
import { addressOf, heldWords, hold, tcp, triedOf } from "./sockets.ts";
import type { Did, Target } from "./shape.ts";
import type { Port } from "./world.ts";

export async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: "127.0.0.1", port, minVersion: "TLSv1.3" }).on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

/** Says them on so many connections at once, and then nothing. */
export const helloAndSilence =
  (to: Port, count: number, addresses: number) =>
  async ({ ports }: Target, over: AbortSignal): Promise<Did> => {
    const hello = await clientHello();
    const open = (index: number): Promise<Socket> => tcp({ port: ports[to], from: addressOf(index, addresses) });
    const held = await hold({ count, parallel: 100, open, use: (socket) => socket.write(hello) }, over);
    return { says: `${heldWords(held)}, of ${addresses} addresses`, happened: triedOf(held) > 2000 };
  };
