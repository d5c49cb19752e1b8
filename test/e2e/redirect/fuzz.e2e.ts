/**
 * Arbitrary redirects: the kernel takes their rules, the live rules are found to be theirs, and packets go where the
 * model says (`test/core/redirect/model/model.ts`), in every mode.
 */
import { expect } from "chai";
import fc from "fast-check";
import { fate } from "../../core/redirect/model/model.ts";
import type { Fate, Packet } from "../../core/redirect/model/packet.ts";
import type { Family, Redirect, Subnet } from "../../../src/core/redirect/redirect.ts";
import { parseSubnet } from "../../../src/core/redirect/redirect.ts";
import * as arbitrary from "../../core/redirect/arbitrary.ts";
import { connect } from "./connections.ts";
import type { Answer, Order } from "./connections.ts";
import { addresses, describeInLab, proxyUid, startLab } from "./lab.ts";
import type { Lab } from "./lab.ts";
import { modes, setsCloseWait } from "./modes.ts";
import type { Mode } from "./modes.ts";

const redirectsToTry = 100;
const redirectsWithPackets = 50;
const packetsEach = 20;

/** The peer's, besides those on its `eth0`: near the networks that arbitrary redirects name. */
const further = {
  v4: ["10.1.1.1", "1.0.0.1", "128.1.10.1", "192.168.1.7", "172.16.0.10"],
  v6: ["fd00::1", "fd00:1::db8", "2001:db8::1", "1:ffff::1", "2001:1::2"],
};
const peers: Readonly<Record<Family, readonly string[]>> = {
  v4: [addresses.peer.v4, addresses.otherPeer.v4, ...further.v4],
  v6: [addresses.peer.v6, addresses.otherPeer.v6, ...further.v6],
};
const own: Readonly<Record<Family, readonly string[]>> = {
  v4: [addresses.pod.v4, addresses.loopback.v4],
  v6: [addresses.pod.v6, addresses.loopback.v6],
};

/** A network around one of those addresses. */
const nearSubnet: fc.Arbitrary<Subnet> = fc
  .constantFrom(...peers.v4, ...peers.v6, ...own.v4)
  .chain((address) => fc.nat(address.includes(":") ? 128 : 32).map((length) => subnetOf(`${address}/${length}`)));

function subnetOf(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw new Error(`no subnet: ${text}`);
  return subnet;
}

const subnets = fc.array(fc.oneof(nearSubnet, arbitrary.subnet), { maxLength: 3 });

/** Fewer skips than any redirect may have: of those that skip everything one says little. */
const redirectWithNearSubnets = fc
  .tuple(arbitrary.redirect, subnets, subnets, fc.boolean())
  .map(([redirect, skipSources, skipDestinations, ipv6]) => ({
    ...redirect,
    skipInbound: redirect.skipInbound.slice(0, 3),
    skipOutbound: redirect.skipOutbound.slice(0, 3),
    skipSources,
    skipDestinations,
    ipv6: redirect.ipv6 || ipv6,
  }));

const redirectWithPackets = redirectWithNearSubnets.chain((redirect) =>
  fc.record({
    redirect: fc.constant(redirect),
    packets: fc.array(sentPacket(redirect), { minLength: packetsEach, maxLength: packetsEach }),
  }),
);

/** A packet with the connection that makes it. */
interface Sent {
  readonly packet: Packet;
  readonly order: Order;
}

/** Where an arbitrary packet comes from and goes to is turned into addresses that are there. */
const sentPacket = (redirect: Redirect): fc.Arbitrary<Sent> =>
  fc.tuple(arbitrary.packetFor(redirect), fc.nat(), fc.nat()).map(([packet, some, other]) => {
    const { family, hook, protocol, uid, gid } = packet;
    const inward = hook === "prerouting";
    const loopback = !inward && packet.loopback;
    const pick = (list: readonly string[], index: number): string => list[index % list.length] ?? "";
    const to = inward ? addresses.pod[family] : pick(loopback ? own[family] : peers[family], some);
    const source = inward ? pick(peers[family], other) : loopback ? to : addresses.pod[family];
    const destinationPort = protocol === "icmp" ? 0 : Math.max(1, packet.destinationPort);
    const port = destinationPort;
    const owner = inward ? { uid: 0, gid: 0 } : { uid: idOf(uid), gid: idOf(gid) };
    return {
      packet: {
        ...packet,
        ...owner,
        source: bytesOf(source),
        destination: bytesOf(to),
        destinationPort,
        loopback,
        state: "new",
      },
      order: { family, to, port, protocol, ...owner, ...(inward ? { source } : {}) },
    };
  });

/** 2^32 - 1 is no user. */
const idOf = (id: number): number => Math.min(id, 4_294_967_294);

const bytesOf = (address: string): readonly number[] =>
  subnetOf(`${address}/${address.includes(":") ? 128 : 32}`).cidr.network;

const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);

describeInLab(`arbitrary redirects (FUZZ_SEED=${seed})`, function () {
  this.timeout(180_000);
  for (const mode of modes) {
    const settable = (redirect: Redirect): Redirect =>
      setsCloseWait[mode.name] ? redirect : { ...redirect, closeWaitSeconds: 0 };

    it(`${mode.name}: the kernel would take the rules of ${redirectsToTry}`, async () => {
      const lab = await startLab();
      try {
        for (const redirect of fc.sample(arbitrary.redirect, { numRuns: redirectsToTry, seed })) {
          await mode.tryOut(lab.run, settable(redirect));
        }
      } finally {
        await lab.end();
      }
    });

    it(`${mode.name}: ${redirectsWithPackets * packetsEach} packets go where the model says`, async () => {
      const lab = await startLab(further);
      const counters: Tally = { redirect: 0, pass: 0 };
      try {
        for (const { redirect, packets } of fc.sample(redirectWithPackets, { numRuns: redirectsWithPackets, seed })) {
          await applyTwice(lab, mode, settable(redirect));
          await openPortsFor(redirect, packets, lab);
          await compare(lab, redirect, packets, counters);
        }
      } finally {
        await lab.end();
      }
      process.stdout.write(`\n    ${mode.name}: ${JSON.stringify(counters)}\n`);
      expect(Math.min(counters.redirect, counters.pass)).to.be.greaterThan(100);
    });
  }
});

async function applyTwice(lab: Lab, mode: Mode, redirect: Redirect): Promise<void> {
  // A pod's namespace is new. Here IPv6 rules of the last redirect would stay where the next has none.
  if (!redirect.ipv6) await mode.remove(lab.run);
  await mode.apply(lab.run, redirect);
  expect(await mode.check(lab.run, redirect), shown(redirect)).to.deep.equal([]);
  const once = await mode.state(lab.run);
  await mode.apply(lab.run, redirect);
  expect(await mode.state(lab.run), `applied twice: ${shown(redirect)}`).to.equal(once);
}

/** UDP has to be answered wherever it goes: the kernel complains of closed ports only so many times a second. */
async function openPortsFor({ inboundPort, outboundPort }: Redirect, sent: readonly Sent[], lab: Lab): Promise<void> {
  const proxyPorts = new Set<number>([inboundPort, outboundPort]);
  const questions = sent.filter(({ packet }) => packet.protocol === "udp");
  const [inPod, outside] = [true, false].map((inPod) =>
    questions.filter(({ packet }) => endsInPod(packet) === inPod).map(({ order }) => order.port),
  );
  const proxy = { name: "proxy", uid: proxyUid, gid: proxyUid, tcp: [...proxyPorts], udp: [...proxyPorts] };
  await lab.proxy.ask({ do: "listen", ...proxy });
  await lab.app.ask({ do: "listen", name: "app", udp: inPod?.filter((port) => !proxyPorts.has(port)) });
  await lab.services.ask({ do: "listen", name: "peer", udp: outside });
}

async function compare(lab: Lab, redirect: Redirect, sent: readonly Sent[], counters: Tally): Promise<void> {
  for (const hook of ["output", "prerouting"] as const) {
    const some = sent.filter(({ packet }) => packet.hook === hook);
    const orders = some.map(({ order }) => order);
    const answers = await connect(hook === "output" ? lab.pod : lab.peer, orders);
    for (const [index, { packet, order }] of some.entries()) {
      const found = fate(redirect, packet);
      const end = endOf(answers[index] ?? { error: "no answer" });
      const story = `${JSON.stringify({ order, packet, found })} under ${shown(redirect)}`;
      expect(end, story).to.equal(expectedEnd(found, packet, redirect));
      counters[found.kind] += 1;
    }
  }
}

/** How many packets the model redirects and lets pass. */
type Tally = Record<Fate["kind"], number>;

const endsInPod = ({ hook, loopback }: Packet): boolean => hook === "prerouting" || loopback;

/** Who answers. Only the proxy listens in the pod and nobody outside, but for UDP. */
function expectedEnd(found: Fate, packet: Packet, { inboundPort, outboundPort }: Redirect): string {
  const { protocol, destinationPort: port } = packet;
  if (found.kind === "redirect") return `proxy ${found.port}`;
  if (protocol === "icmp") return "kernel 0";
  if (endsInPod(packet) && (port === inboundPort || port === outboundPort)) return `proxy ${port}`;
  return protocol === "tcp" ? "refused" : endsInPod(packet) ? `app ${port}` : `peer ${port}`;
}

const endOf = (answer: Answer): string => ("error" in answer ? answer.error : `${answer.by} ${answer.at}`);

const shown = (redirect: Redirect): string =>
  JSON.stringify(redirect, (key, value: unknown) => (key === "cidr" ? undefined : value));
