import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect } from "chai";
import { mostPods, roundEvery, roundsOf } from "../../../src/cli/dashboard/rounds.ts";
import { known } from "../../../src/core/checks/fact.ts";
import type { Fact } from "../../../src/core/checks/fact.ts";
import type { TrafficPod } from "../../../src/core/traffic/pods.ts";
import { trafficPod } from "../../../src/core/traffic/pods.ts";
import { ForwardRefused } from "../../../src/kube/forward.ts";
import type { Round } from "../../../src/web/rounds.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { podObject, recorded, shopPods } from "../../support/recorded-traffic.ts";
import { until } from "../../support/until.ts";

/** Proxies that serve recorded pages: the earlier ones until a round is over. */
interface Mesh {
  readonly round: () => Promise<Round>;
  readonly setPods: (pods: Fact<readonly TrafficPod[]>) => void;
  readonly refuse: (name: string, why: string | undefined) => void;
  /** Pods that were asked for a page, in order. */
  readonly asked: string[];
  /** Pods to which a connection is open. */
  readonly open: () => readonly string[];
  readonly cut: () => void;
  /** As when the last page has been closed. */
  readonly end: () => Promise<void>;
}

const names = (pods: readonly string[]): readonly string[] => pods.toSorted();

async function meshOf(server: Server, first: readonly TrafficPod[] = shopPods): Promise<Mesh> {
  const clock = manualClock();
  const ending = new AbortController();
  const asked: string[] = [];
  const sockets = new Map<Socket, string>();
  const behind = new Map<number, string>();
  const refused = new Map<string, string>();
  let pods: Fact<readonly TrafficPod[]> = known(first);
  let rounds = 0;
  server.removeAllListeners("request").on("request", (request, response) => {
    const pod = behind.get(request.socket.remotePort ?? 0) ?? "";
    asked.push(pod);
    const kind = pod.startsWith("backend") ? "backend" : "frontend";
    const earlier = kind === "backend" ? "metrics-backend-idle.txt" : "metrics-frontend.txt";
    const later = kind === "backend" ? "metrics-backend.txt" : "metrics-frontend-after.txt";
    response.end(recorded(rounds === 0 ? earlier : later));
  });
  const { port } = server.address() as AddressInfo;
  const all = roundsOf({
    pods: async () => pods,
    clock,
    date: () => 1_796_023_828_123,
    reach: async ({ name }, _port, signal) => {
      const why = refused.get(name);
      if (why !== undefined) throw new ForwardRefused(why, 403);
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      signal.addEventListener("abort", () => void socket.destroy(), { once: true });
      socket.once("close", () => sockets.delete(socket));
      await once(socket, "connect");
      sockets.set(socket, name);
      behind.set(socket.localPort ?? 0, name);
      return socket;
    },
  })(ending.signal)[Symbol.asyncIterator]();
  return {
    round: async () => {
      const next = all.next();
      if (rounds > 0) await clock.advance(roundEvery);
      const { value } = (await next) as { readonly value: Round };
      rounds += 1;
      return value;
    },
    setPods: (next) => (pods = next),
    refuse: (name, why) => void (why === undefined ? refused.delete(name) : refused.set(name, why)),
    asked,
    open: () => names([...sockets.values()]),
    cut: () => {
      for (const socket of sockets.keys()) socket.destroy();
    },
    end: async () => {
      ending.abort();
      await all.return?.(undefined);
    },
  };
}

const mapOf = (round: Round) => {
  if (round.event !== "map") throw new Error(`no map: ${round.data.text}`);
  return round.data;
};

describe("rounds of the dashboard", () => {
  let server: Server;
  before(async () => {
    server = createServer({ keepAliveTimeout: 0 });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  let mesh: Mesh | undefined;
  const begun = async (...args: readonly TrafficPod[][]): Promise<Mesh> => (mesh = await meshOf(server, ...args));
  afterEach(async () => {
    await mesh?.end();
    await until(() => mesh?.open().length === 0);
  });

  it("the first has edges and no rates, the second rates; one connection to each pod, for all of them", async () => {
    const { round, asked, open } = await begun();
    const first = mapOf(await round());
    expect(first).to.deep.include({ seconds: null, pods: { read: 2, meshed: 2, running: 3, failed: [] } });
    expect(open()).to.deep.equal(["backend", "frontend"]);
    const second = mapOf(await round());
    expect(second.seconds).to.be.greaterThan(0);
    expect(second.workloads.find(({ name }) => name === "backend")?.rps).to.be.closeTo(16.952, 0.001);
    expect(open()).to.deep.equal(["backend", "frontend"]);
    // What a proxy tells first has what ended long ago.
    expect(names(asked)).to.deep.equal(["backend", "backend", "backend", "frontend", "frontend", "frontend"]);
  });

  it("an edge without connections since the last round is still there, and says what it said", async () => {
    const { round } = await begun();
    const before = mapOf(await round()).edges.filter(({ from }) => from === "shop/deployment/frontend");
    const after = mapOf(await round()).edges.filter(({ from }) => from === "shop/deployment/frontend");
    const said = (edges: typeof before): unknown =>
      edges.map(({ to, secured, total, reason }) => [to, secured, total, reason]);
    expect(said(before)).to.deep.equal(said(after));
    expect(before.map(({ to }) => to)).to.include("shop/deployment/backend");
  });

  it("a connection that was closed is opened again, and the rates go on", async () => {
    const { round, cut, open } = await begun();
    await round();
    cut();
    await until(() => open().length === 0);
    expect(mapOf(await round())).to.deep.include({ pods: { read: 2, meshed: 2, running: 3, failed: [] } });
    expect(open()).to.deep.equal(["backend", "frontend"]);
  });

  it("who cannot be read is told, and the rest shown; when it can be it is", async () => {
    const { round, refuse } = await begun();
    refuse("backend", 'pods "backend" is forbidden');
    const map = mapOf(await round());
    expect(map.pods).to.deep.equal({
      read: 1,
      meshed: 2,
      running: 3,
      failed: [{ namespace: "shop", name: "backend", why: 'pods "backend" is forbidden' }],
    });
    refuse("backend", undefined);
    expect(mapOf(await round()).pods).to.deep.include({ read: 2, failed: [] });
  });

  it("a pod that is gone is let go", async () => {
    const { round, setPods, open } = await begun();
    await round();
    setPods(known(shopPods.filter(({ name }) => name !== "backend")));
    expect(mapOf(await round()).pods).to.deep.include({ read: 1, failed: [] });
    await until(() => open().length === 1);
    expect(open()).to.deep.equal(["frontend"]);
  });

  it("while pods cannot be listed that is said; then it goes on", async () => {
    const { round, setPods, open } = await begun();
    await round();
    setPods({ kind: "silent", what: "Pods", text: "the API server is away" });
    expect(await round()).to.deep.equal({ event: "trouble", data: { text: "Pods: the API server is away" } });
    setPods(known(shopPods));
    expect(mapOf(await round()).pods.read).to.equal(2);
    expect(open()).to.deep.equal(["backend", "frontend"]);
  });

  it("too many pods: what to do, and no connection", async () => {
    const many = Array.from({ length: mostPods + 1 }, (_, index) => trafficPod(podObject(`web-${index}`)));
    const { round, asked } = await begun(many);
    expect(await round()).to.deep.equal({
      event: "trouble",
      data: {
        text: `${mostPods + 1} pods are meshed here, and ${mostPods} are looked at at most: end weft dashboard, and start it with -n NAMESPACE`,
      },
    });
    expect(asked).to.deep.equal([]);
  });
});
