/** Arbitrary redirects, and packets that come close to what their rules look at. */
import fc from "fast-check";
import type { Port, PortRange } from "../../../src/core/base/scalars/ports.ts";
import type { Packet } from "./model/packet.ts";
import type { InitRun, Redirect, Subnet } from "../../../src/core/redirect/redirect.ts";
import { parseSubnet } from "../../../src/core/redirect/redirect.ts";

/** Few ports among many, so that ranges meet, overlap and repeat. */
const port = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.constantFrom(65_534, 65_535),
  fc.integer({ min: 0, max: 65_535 }),
);
const realPort = port.map((number) => Math.max(1, number) as Port);

const range: fc.Arbitrary<PortRange> = fc.oneof(
  port.map((low) => ({ low, high: low })),
  fc.tuple(port, port).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) })),
);

const byte = fc.oneof(fc.constantFrom(0, 1, 10, 127, 128, 192, 254, 255), fc.integer({ min: 0, max: 255 }));
const group = fc.oneof(
  fc.constantFrom("0", "1", "fd00", "2001", "db8", "ffff"),
  fc.integer({ max: 65_535, min: 0 }).map((n) => n.toString(16)),
);

export const subnet: fc.Arbitrary<Subnet> = fc
  .oneof(
    fc
      .tuple(byte, byte, byte, byte, fc.integer({ min: 0, max: 32 }))
      .map(([a, b, c, d, length]) => `${a}.${b}.${c}.${d}/${length}`),
    fc
      .tuple(fc.array(group, { minLength: 8, maxLength: 8 }), fc.integer({ min: 0, max: 128 }))
      .map(([groups, length]) => `${groups.join(":")}/${length}`),
    fc.constantFrom(
      "::/0",
      "0.0.0.0/0",
      "FD00:0:0::5/8",
      "::ffff:10.0.0.0/104",
      "192.168.1.5/16",
      "::1/128",
      "127.0.0.0/8",
    ),
  )
  .map((text) => {
    const parsed = parseSubnet(text);
    if (parsed === undefined) throw new Error(`no subnet: ${text}`);
    return parsed;
  });

const id = fc.option(fc.oneof(fc.constantFrom(0, 1, 2102, 4_294_967_294), fc.integer({ min: 0, max: 4_294_967_294 })), {
  nil: undefined,
});

export const redirect: fc.Arbitrary<Redirect> = fc.record({
  inboundPort: realPort,
  outboundPort: realPort,
  uid: id,
  gid: id,
  skipInbound: fc.array(range, { maxLength: 40 }),
  skipOutbound: fc.array(range, { maxLength: 40 }),
  onlyInbound: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(realPort, { maxLength: 20 }) },
  ),
  skipSources: fc.array(subnet, { maxLength: 5 }),
  skipDestinations: fc.array(subnet, { maxLength: 5 }),
  ipv6: fc.boolean(),
  closeWaitSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_147_483 })),
});

export const run: fc.Arbitrary<InitRun> = fc.record({
  backend: fc.constantFrom("nft", "legacy", "plain"),
  logFormat: fc.option(fc.constantFrom("json", "plain", "", "-x", "--"), { nil: undefined }),
  logLevel: fc.option(fc.constantFrom("info", "DEBUG", "Warning"), { nil: undefined }),
  simulate: fc.boolean(),
  netns: fc.constantFrom("", "/run/netns/x", "--ipv6"),
  wait: fc.boolean(),
});

/** Half of the time on the edge of something that the redirect names. */
export function packetFor({ uid, gid, ...redirect }: Redirect): fc.Arbitrary<Packet> {
  const ranges = [
    ...redirect.skipInbound,
    ...redirect.skipOutbound,
    ...redirect.onlyInbound.map((low) => ({ low, high: low })),
  ];
  const edges = ranges
    .flatMap(({ low, high }) => [low - 1, low, high, high + 1])
    .filter((edge) => edge >= 0 && edge <= 65_535);
  const ids = [uid, gid].flatMap((value) => (value === undefined ? [] : [value, value + 1]));
  const nets = [...redirect.skipSources, ...redirect.skipDestinations].map(({ cidr }) => cidr.network);
  const near = (start: readonly number[]): fc.Arbitrary<readonly number[]> =>
    fc
      .tuple(fc.nat(start.length - 1), fc.nat(255))
      .map(([at, mask]) => start.map((value, index) => (index === at ? value ^ mask : value)));
  const address = (size: 4 | 16): fc.Arbitrary<readonly number[]> => {
    const any = fc.array(byte, { minLength: size, maxLength: size });
    return fc.oneof(any, ...nets.filter(({ length }) => length === size).map(near));
  };
  return fc.constantFrom(...(["v4", "v6"] as const)).chain((family) =>
    fc.record({
      family: fc.constant(family),
      hook: fc.constantFrom("prerouting", "output"),
      protocol: fc.oneof(
        { weight: 4, arbitrary: fc.constant("tcp") },
        { weight: 1, arbitrary: fc.constantFrom("udp", "icmp") },
      ),
      source: address(family === "v4" ? 4 : 16),
      destination: address(family === "v4" ? 4 : 16),
      destinationPort: fc.oneof(port, fc.constantFrom(0, ...edges)),
      uid: fc.constantFrom(0, 1000, ...ids),
      gid: fc.constantFrom(0, 1000, ...ids),
      loopback: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      state: fc.oneof(
        { weight: 9, arbitrary: fc.constant("new") },
        { weight: 1, arbitrary: fc.constant("established") },
      ),
    } as const satisfies { [Field in keyof Packet]: fc.Arbitrary<Packet[Field]> }),
  );
}
