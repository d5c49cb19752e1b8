import { expect } from "chai";
import { status } from "@grpc/grpc-js";
import { startTapping } from "../../../src/cli/tap/tapping.ts";
import type { TapAsked, Tapping } from "../../../src/cli/tap/tapping.ts";
import { TapRefused } from "../../../src/cli/tap/world.ts";
import type { TapEvent } from "../../../src/core/traffic/tap/event.ts";
import { resources } from "../../../src/core/kubernetes/kinds.ts";
import { identityNamed, testMesh } from "../../support/certificates.ts";
import type { ObserveCall } from "../../support/fake-proxy.ts";
import { exchangeTold, tapMeshWorld, web } from "../../support/tap-world.ts";
import type { TapMeshWorld } from "../../support/tap-world.ts";
import { until } from "../../support/until.ts";

describe("cli/tap/tapping", () => {
  let mesh: TapMeshWorld;
  let ending: AbortController;
  let events: TapEvent[];
  let said: string[];
  let lost: number;
  let tapping: Tapping | undefined;

  beforeEach(async () => {
    mesh = await tapMeshWorld();
    ending = new AbortController();
    [events, said, lost, tapping] = [[], [], 0, undefined];
  });
  afterEach(async () => {
    ending.abort();
    await tapping?.over.catch(() => undefined);
    await mesh.close();
  });

  const start = async (asked: Partial<TapAsked> = {}): Promise<void> => {
    const sink = {
      onEvent: (event: TapEvent) => events.push(event),
      onLost: (requests: number) => (lost += requests),
      say: (line: string) => said.push(line),
    };
    tapping = await startTapping(mesh.world, { ...web, ...asked }, sink, ending.signal);
    tapping.over.catch(() => undefined);
  };
  const refusedLines = async (asked: Partial<TapAsked> = {}): Promise<readonly string[]> => {
    try {
      await start(asked);
    } catch (error) {
      if (error instanceof TapRefused) return error.lines;
      throw error;
    }
    throw new Error("it was not refused");
  };
  /** Tells these paths and ends the call; a stream that nobody ends stays open. */
  const telling =
    (...paths: readonly string[]) =>
    (call: ObserveCall): void => {
      for (const [stream, path] of paths.entries())
        for (const message of exchangeTold(stream, path)) call.tell(message);
      call.end();
    };
  const paths = (): readonly string[] =>
    events.flatMap(({ pod, what }) => (what.kind === "request" ? [`${pod.name} ${what.path}`] : []));

  it("each pod is asked once a second, for its share of requests", async () => {
    const first = await mesh.addPod("web-1", { on: telling("/a") });
    const second = await mesh.addPod("web-2", { on: telling("/b") });
    await mesh.addPod("other", { deployment: "other" });
    await start({ mostPerSecond: 50 });
    await until(() => events.length === 6);
    expect(paths().toSorted()).to.deep.equal(["web-1 /a", "web-2 /b"]);
    expect(first.calls[0]?.request.limit).to.equal(25);
    await until(() => mesh.clock.waits().filter((each) => each === 1000).length === 2);
    await mesh.clock.advance(1000);
    await until(() => first.calls.length === 2 && second.calls.length === 2);
    expect(mesh.tokens(), "one certificate for all").to.equal(1);
    expect(mesh.open()).to.deep.equal(["web-1:4190", "web-2:4190"]);
  });

  it("a call that goes on is left open, and no other is made", async () => {
    const proxy = await mesh.addPod("web-1");
    await start();
    await until(() => proxy.calls.length === 1);
    await mesh.clock.advance(4000);
    expect(proxy.calls).to.have.length(1);
  });

  it("who asks to stop leaves no call, no forward and no process behind", async () => {
    const proxy = await mesh.addPod("web-1");
    await start();
    await until(() => proxy.calls.length === 1);
    ending.abort();
    await tapping?.over;
    await proxy.calls[0]?.over;
    await until(() => mesh.open().length === 0);
    expect(said).to.deep.equal([]);
  });

  it("pods that come are tapped, and pods that go are told of", async () => {
    const old = await mesh.addPod("web-1");
    await start();
    await until(() => old.calls.length === 1);
    const fresh = await mesh.addPod("web-2", { on: telling("/new") });
    mesh.removePod("web-1");
    await mesh.clock.advance(5000);
    await until(() => events.length === 3);
    expect(paths()).to.deep.equal(["web-2 /new"]);
    expect(said).to.deep.equal(["pod web-1 is gone"]);
    expect(fresh.calls[0]?.request.limit).to.equal(100);
    await until(() => !mesh.open().includes("web-1:4190"));
  });

  it("a broken forward is opened again, ever later, and told of once", async () => {
    const proxy = await mesh.addPod("web-1");
    await start();
    await until(() => proxy.calls.length === 1);
    let tries = 0;
    mesh.refuseForwards((target) => {
      if (target === "web-1:4190") tries += 1;
      return "connection refused";
    });
    mesh.cut();
    await until(() => said.length === 1);
    for (const pause of [1000, 2000, 4000, 8000, 10_000, 10_000]) {
      const before = tries;
      await mesh.clock.advance(pause - 1);
      expect(tries).to.equal(before);
      await mesh.clock.advance(1);
      expect(tries).to.equal(before + 1);
    }
    expect(said.filter((line) => line.startsWith("pod"))).to.deep.equal([
      "pod web-1: the connection was closed; it is tried again",
    ]);
    mesh.refuseForwards(() => undefined);
    await mesh.clock.advance(10_000);
    await until(() => proxy.calls.length === 2);
  });

  it("who is refused asks for another certificate once, and then gives the pod up", async () => {
    await mesh.addPod("web-1");
    const strict = await mesh.addPod("web-2", { letsTruly: identityNamed("somebody") });
    await start();
    await until(() => said.length === 1);
    expect(said).to.deep.equal(["pod web-2: its proxy refuses the certificate: Unauthorized client"]);
    expect(mesh.tokens()).to.equal(2);
    expect(strict.calls).to.deep.equal([]);
  });

  it("a pod that lies of its mesh keeps nobody from tapping the others", async () => {
    const stranger = (await testMesh(Date.now())).anchor.certificate;
    await mesh.addPod("web-0", { says: { LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: stranger } });
    await mesh.addPod("web-1", { on: telling("/a") });
    await start();
    await until(() => events.length === 3 && said.length > 0);
    expect(said[0]).to.match(/^pod web-0: no certificate for weft-tap.*; it is tried again$/);
  });

  it("what a pod says of itself is on one line, and no page of it", async () => {
    const lets = `nobody\nweft: all is well${"x".repeat(5000)}`;
    await mesh.addPod("web-0", { says: { LINKERD2_PROXY_TAP_SVC_NAME: lets } });
    await mesh.addPod("web-1", { on: telling("/a") });
    await start();
    expect(said[0]).to.match(/^pod web-0: this pod's proxy lets only nobody\\nweft: all is well/);
    expect(said[0]?.length).to.be.lessThan(2100);
  });

  it("a proxy that tells of more than it was asked for is given up, and the others are heard", async () => {
    const flood = Array.from({ length: 1000 }, (_, index) => `/${index}`);
    await mesh.addPod("web-0", { on: telling(...flood) });
    await mesh.addPod("web-1", { on: telling("/a") });
    await start({ mostPerSecond: 20 });
    await until(() => said.length > 0 && paths().includes("web-1 /a"));
    expect(said).to.deep.equal(["pod web-0: it tells of more requests than it was asked for"]);
    expect(events.filter(({ pod }) => pod.name === "web-0")).to.have.length(60);
    expect(mesh.open()).to.deep.equal(["web-1:4190"]);
  });

  it("it is an end where no pod is left that lets us", async () => {
    await mesh.addPod("web-1", { letsTruly: identityNamed("somebody") });
    await start();
    const end = await tapping?.over.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(end).to.be.instanceOf(TapRefused);
    expect(String(end)).to.match(/pod web-1: its proxy refuses the certificate: Unauthorized client/);
  });

  it("requests that the proxy left out are counted by the gaps in their numbers", async () => {
    await mesh.addPod("web-1", {
      on: (call) => {
        for (const stream of [0, 1, 5]) for (const message of exchangeTold(stream, "/")) call.tell(message);
        call.end();
      },
    });
    await start();
    await until(() => lost > 0);
    expect(lost).to.equal(3);
  });

  it("when nothing was seen for 10 s it is said why that may be, once", async () => {
    await mesh.addPod("web-1", { annotations: { "config.linkerd.io/opaque-ports": "9090" } });
    await start();
    await mesh.clock.advance(9999);
    expect(said).to.deep.equal([]);
    await mesh.clock.advance(1);
    await mesh.clock.advance(60_000);
    expect(said).to.deep.equal([
      "nothing was seen for 10 s. Only HTTP is seen here: opaque and other TCP is in weft edges and weft stat (opaque ports of these pods: 9090)",
    ]);
  });

  it("callers are chosen by the addresses of their pods", async () => {
    const proxy = await mesh.addPod("web-1");
    await mesh.addPod("front", { deployment: "front", ip: "10.0.0.7" });
    const from = { namespace: "shop", resource: { kind: resources.deployments, name: "front" }, word: "deploy/front" };
    await start({ from });
    await until(() => proxy.calls.length === 1);
    expect(JSON.stringify(proxy.calls[0]?.request.match)).to.include('"netmask":{"ip":{"ipv4":167772167},"mask":32}');
  });

  it("pods may be chosen by labels", async () => {
    await mesh.addPod("web-1", { on: telling("/a") });
    await mesh.addPod("web-2", { labels: { canary: "yes" }, on: telling("/b") });
    await start({ selector: "canary=yes" });
    await until(() => events.length === 3);
    expect(paths()).to.deep.equal(["web-2 /b"]);
  });

  it("a proxy that takes no such call is given up at once", async () => {
    await mesh.addPod("web-1", { on: (call) => call.fail(status.INVALID_ARGUMENT, "missing required field") });
    await start();
    expect(await tapping?.over.catch(String)).to.match(/pod web-1: missing required field/);
  });

  describe("is refused", () => {
    it("where no such pod runs", async () => {
      await mesh.addPod("other", { deployment: "other" });
      expect(await refusedLines()).to.deep.equal(["there is no running meshed pod of deploy/web in namespace shop"]);
    });

    it("where none of the pods can be tapped, each with its reason", async () => {
      await mesh.addPod("web-1", { lets: undefined });
      await mesh.addPod("web-2", { annotations: { "viz.linkerd.io/disable-tap": "true" } });
      await mesh.addPod("web-3", { lets: "tap.linkerd-viz.serviceaccount.identity.linkerd.cluster.local" });
      expect(await refusedLines()).to.deep.equal([
        "pod web-1: was injected before tap was on, or where its namespace has it off: restart it",
        "pod web-2: tap is disabled by its annotation or its namespace's",
        "pod web-3: this pod's proxy lets only tap.linkerd-viz.serviceaccount.identity.linkerd.cluster.local tap",
      ]);
    });

    it("in the API server's words where no forward may be opened, with what would help", async () => {
      await mesh.addPod("web-1");
      mesh.refuseForwards(() => 'pods "web-1" is forbidden: User "eve" cannot get resource "pods/portforward"');
      expect(await refusedLines()).to.deep.equal([
        'pod web-1: pods "web-1" is forbidden: User "eve" cannot get resource "pods/portforward"',
        "an administrator lets somebody look: kubectl -n shop create rolebinding USER-weft-viewer --clusterrole=weft-viewer --user=USER",
      ]);
    });

    it("where the namespace has no account for it", async () => {
      await mesh.addPod("web-1");
      mesh.answerTokens({ status: 404, body: { message: 'serviceaccounts "weft-tap" not found' } });
      expect(await refusedLines()).to.deep.equal([
        "nobody can tap namespace shop: it has no ServiceAccount weft-tap",
        "whoever may turns tap on there: kubectl -n shop create serviceaccount weft-tap",
      ]);
    });

    it("where one may not be it", async () => {
      await mesh.addPod("web-1");
      mesh.answerTokens({ status: 403, body: { message: "eve cannot create serviceaccounts/token" } });
      expect(await refusedLines()).to.deep.equal([
        "a token of ServiceAccount weft-tap in namespace shop: eve cannot create serviceaccounts/token",
        "an administrator lets somebody tap: kubectl -n shop create rolebinding USER-weft-tap --clusterrole=weft-tap --user=USER",
      ]);
    });

    it("in the words of the identity service where the token is another's", async () => {
      await mesh.addPod("web-1");
      mesh.answerTokens({ status: 201, body: { status: { token: "web" } } });
      expect((await refusedLines()).join("\n")).to.match(
        /^no certificate for weft-tap\.shop\S+: pod weft-controller-0 in namespace linkerd, port 8080: .*asked for weft-tap\.shop/,
      );
    });

    it("where callers are asked for and there are none", async () => {
      await mesh.addPod("web-1");
      const from = { namespace: "shop", resource: { kind: resources.deployments, name: "no" }, word: "deploy/no" };
      expect(await refusedLines({ from })).to.deep.equal(["--from: there is no pod of deploy/no in namespace shop"]);
    });
  });
});
