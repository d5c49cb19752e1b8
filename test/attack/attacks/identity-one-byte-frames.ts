import { flags, frame, headers, preface } from "../../support/hostile-client.ts";
import { pathOf, rawTo } from "../calls.ts";
import { send } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

const ids = [1, 3, 5, 7, 9, 11, 13, 15];
const burst = Buffer.concat(ids.flatMap((id) => Array<Buffer>(500).fill(frame("data", 0, id, Buffer.from([1])))));

export const identityOneByteFrames: ServerAttack = {
  name: "identity-one-byte-frames",
  claim: "Messages in frames of one byte are counted by the memory that they take.",
  victim: "controller",
  good: ["certificates"],
  seconds: 8,
  attack: async (target, over) => {
    let bytes = 0;
    const open = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const socket = (await rawTo(target, { to: "identity", from: "127.1.9.1" })).resume();
        await send(socket, preface, over);
        for (const id of ids) {
          // A message of 32 kB is announced.
          const begin = frame("data", 0, id, Buffer.from([0, 0, 0, 0x7f, 0]));
          await send(
            socket,
            Buffer.concat([headers(id, flags.endHeaders, pathOf("identity", "Certify")), begin]),
            over,
          );
        }
        for (let round = 0; round < 64 && (await send(socket, burst, over)); round += 1) bytes += burst.length;
        await new Promise<void>((resolve) => {
          if (over.aborted || socket.destroyed) resolve();
          over.addEventListener("abort", () => resolve());
          socket.once("close", () => resolve());
        });
        const isOpen = !socket.destroyed;
        socket.destroy();
        return isOpen;
      }),
    );
    const left = open.filter(Boolean).length;
    return {
      says: `60 connections of one address, 8 calls each, ${Math.round(bytes / 1e6)} MB in frames of one byte; ${left} connections left`,
      happened: bytes > 0,
    };
  },
};
