import { flags, frame, headers, message, preface, reset } from "../../support/hostile-client.ts";
import type { Listener } from "../../support/controller-process.ts";
import type { GoodName } from "../callers.ts";
import { pathOf, rawTo } from "../calls.ts";
import { addressOf, repeatedly, send } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

const times = (count: number, of: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => of(at)));

/** Frames of RFC 9113 that cost the receiver more than the sender; by a path that is called. */
const floods: readonly ((path: string) => Buffer)[] = [
  () => times(4000, () => frame("ping", 0, 0, Buffer.alloc(8))),
  () => times(4000, () => frame("settings", 0, 0)),
  () => times(2000, () => frame("settings", 0, 0, Buffer.from([0, 1, 0, 0, 0x10, 0]))),
  (path) => times(2000, (at) => Buffer.concat([headers(2 * at + 1, flags.endHeaders, path), reset(2 * at + 1)])),
  (path) => times(2000, (at) => headers(2 * at + 1, flags.both, path)),
  (path) => Buffer.concat([headers(1, flags.endHeaders, path), times(8000, () => frame("data", 0, 1))]),
  (path) =>
    Buffer.concat([headers(1, 0, path), times(4000, () => frame("continuation", 0, 1, Buffer.alloc(16, 0x40)))]),
  (path) => Buffer.concat([headers(1, 0, path), times(8000, () => frame("continuation", 0, 1))]),
  (path) =>
    Buffer.concat([
      headers(1, flags.endHeaders, path),
      times(8000, () => frame("window", 0, 1, Buffer.from([0, 0, 0, 1]))),
    ]),
  () => times(8000, (at) => frame("priority", 0, 2 * at + 1, Buffer.from([0, 0, 0, 0, 1]))),
  (path) =>
    Buffer.concat([
      headers(1, flags.endHeaders, path),
      times(2000, () => frame("data", 0, 1, message(Buffer.alloc(0)))),
    ]),
];

const attack = (to: Listener, path: string, good: readonly GoodName[]): ServerAttack => ({
  name: `http2-floods-${to}`,
  claim: "Frames that cost the sender nothing end their own connection, and nobody else's.",
  victim: "controller",
  good,
  seconds: 5,
  attack: async (target, over) => {
    let bytes = 0;
    const sent = await repeatedly(22, over, async (index) => {
      const certificate = to === "identity" ? undefined : target.certificates?.mallory;
      const socket = (await rawTo(target, { to, from: addressOf(index, 11), certificate })).resume();
      const flood = floods[index % floods.length]?.(path) ?? Buffer.alloc(0);
      await send(socket, preface, over);
      for (let round = 0; round < 20 && (await send(socket, flood, over)); round += 1) bytes += flood.length;
      socket.destroy();
    });
    const words = `${sent} connections of 11 addresses, ${floods.length} kinds of frames`;
    return { says: `${words}, ${Math.round(bytes / 1e6)} MB taken`, happened: sent > 20 };
  },
});

export const http2FloodsIdentity = attack("identity", pathOf("identity", "Certify"), ["certificates"]);
export const http2FloodsDestination = attack("destination", pathOf("destination", "Get"), ["certificates", "streams"]);
