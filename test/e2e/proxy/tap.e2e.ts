/**
 * Tap with the real proxy: what it tells of each kind of traffic, under every policy, and whom it refuses. Forwards lead to
 * 127.0.0.1 of the pods, as those of an API server do.
 */
import { connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ownRequest, pemText } from "../../../src/certificates/mesh/own-request.ts";
import { reachOf } from "../../../src/cli/check/reach.ts";
import { startTapping } from "../../../src/cli/tap/tapping.ts";
import type { TapAsked, Tapping } from "../../../src/cli/tap/tapping.ts";
import type { TapWorld } from "../../../src/cli/tap/world.ts";
import { clockOfCommand } from "../../../src/async/clock.ts";
import { known } from "../../../src/core/checks/fact.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import type { TapEvent } from "../../../src/core/traffic/tap/event.ts";
import { Exchanges } from "../../../src/core/traffic/tap/exchanges.ts";
import { tapLine } from "../../../src/core/traffic/tap/line.ts";
import { certify } from "../../../src/grpc/certify-client.ts";
import { channelOver } from "../../../src/grpc/client.ts";
import type { ClientCertificate, GrpcStatus } from "../../../src/grpc/client.ts";
import { observe } from "../../../src/grpc/tap-client.ts";
import { connect as connectApi } from "../../../src/kube/connect.ts";
import { forwards } from "../../support/kubelet.ts";
import { greeting } from "./agent.ts";
import { dialIn } from "./asked-by-forward.ts";
import { nodeIp } from "./lab.ts";
import {
  backendService,
  linesService as lines,
  serviceObject,
  sliceObject,
  strangerService as stranger,
} from "./objects.ts";
import type { ServiceAsked } from "./objects.ts";
import { startPod } from "./pod.ts";
import type { LabPod } from "./pod.ts";
import { startWorld, until } from "./world.ts";
import type { World } from "./world.ts";

const ips = { frontend: "10.99.0.2", backend: "10.99.0.3", outside: "10.99.0.4" };
const identity = (name: string, namespace = "shop"): string =>
  `${name}.${namespace}.serviceaccount.identity.weft.cluster.local`;

const web: ServiceAsked = {
  ...backendService,
  ports: [...backendService.ports, { name: "dead", port: 83, targetPort: 8999 }],
};
const webUrl = `http://${web.clusterIp}`;
const everything: TapAsked = {
  namespace: "shop",
  resource: { kind: undefined, name: undefined },
  word: "ns/shop",
  selector: "",
  filter: {},
  from: undefined,
  mostPerSecond: 1000,
};
const controllerPod: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "weft-controller-0",
    namespace: "weft",
    labels: { "app.kubernetes.io/name": "weft", "app.kubernetes.io/component": "controller" },
  },
  spec: { containers: [{ name: "controller" }] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
};

describe("tap with the real proxy", () => {
  let world: World;
  let pods: Readonly<Record<string, LabPod>>;
  let frontend: LabPod;
  let backend: LabPod;
  let outside: LabPod;
  let tapWorld: TapWorld;
  let tapping: Tapping;
  const folder = mkdtempSync(join(tmpdir(), "weft-tap-"));
  const ending = new AbortController();
  const never = new AbortController().signal;
  let events: TapEvent[] = [];
  const said: string[] = [];

  const put = (object: unknown): void => void world.http.api.put(object as JsonObject);

  const podNamed = async (name: "frontend" | "backend"): Promise<LabPod> => {
    const token = `token of ${name}`;
    world.http.tokens.set(token, `system:serviceaccount:shop:${name}`);
    const pod = await startPod({
      name,
      namespace: "shop",
      serviceAccount: name,
      ip: ips[name],
      labels: { app: name },
      annotations: { "config.linkerd.io/opaque-ports": name === "backend" ? "9090" : "" },
      mesh: { installation: world.installation, settings: world.settings, token },
    });
    put(pod.object);
    return pod;
  };

  const policy = async (name: string, expected: number): Promise<void> => {
    const { metadata } = backend.object;
    const annotations = { ...metadata.annotations, "config.linkerd.io/default-inbound-policy": name };
    put({ ...backend.object, metadata: { ...metadata, annotations } });
    await until(name, async () => (await outside.http(`http://${ips.backend}:8080/policy`)).status === expected);
  };

  before(async function () {
    this.timeout(120_000);
    world = await startWorld();
    await world.controller.start();
    [frontend, backend, outside] = await Promise.all([
      podNamed("frontend"),
      podNamed("backend"),
      startPod({
        name: "outside",
        namespace: "shop",
        serviceAccount: "outside",
        ip: ips.outside,
        labels: { app: "outside" },
        mesh: undefined,
      }),
    ]);
    pods = { frontend, backend, outside };
    for (const service of [web, lines]) {
      const opaque = service === lines ? { "config.linkerd.io/opaque-ports": "9090" } : {};
      put(serviceObject({ ...service, annotations: opaque }));
      put(sliceObject(service, [{ name: "backend", ip: ips.backend }]));
    }
    put(outside.object);
    put(serviceObject(stranger));
    put(sliceObject(stranger, [{ name: "outside", ip: ips.outside }]));
    put(controllerPod);
    for (const pod of [frontend, backend])
      await until("ready", async () => (await outside.http(`http://${pod.space.ip}:4191/ready`)).status === 200);
    for (const namespace of ["shop", "other"])
      world.http.tokens.set(`tapper of ${namespace}`, `system:serviceaccount:${namespace}:weft-tap`);
    forwards(world.http.server, ({ name }, port) => {
      const pod = pods[name];
      return pod === undefined ? connect(port, nodeIp) : dialIn(pod, port);
    });
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, world.http.kubeconfig);
    const api = await connectApi({ kubeconfig, env: {} });
    if ("issues" in api) throw new Error(JSON.stringify(api.issues));
    const reach = reachOf({ api: api.value, clock: () => new Date() });
    tapWorld = {
      // The API server's part of a TokenRequest.
      reach: {
        ...reach,
        post: async () => known({ object: { status: { token: "tapper of shop" } }, warnings: undefined }),
      },
      forward: api.value.reach,
      clock: clockOfCommand,
      date: Date.now,
    };
    const sink = {
      onEvent: (event: TapEvent) => events.push(event),
      onLost: () => undefined,
      say: (line: string) => said.push(line),
    };
    tapping = await startTapping(tapWorld, everything, sink, ending.signal);
    // Both are asked by now.
    await until("tapped", async () => {
      await frontend.http(`${webUrl}/warm`);
      return new Set(events.map(({ pod }) => pod.name)).size === 2;
    });
  });

  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    const logs = { "control plane": world.controller.log(), frontend: frontend?.log(), backend: backend?.log() };
    for (const [name, log] of Object.entries(logs))
      process.stdout.write(`--- ${name}\n${(log ?? "").split("\n").slice(-15).join("\n")}\n`);
    process.stdout.write(`--- said\n${said.join("\n")}\n`);
  });

  after(async () => {
    ending.abort();
    await tapping?.over;
    await Promise.all([frontend?.end(), backend?.end(), outside?.end()]);
    await world?.end();
    rmSync(folder, { recursive: true });
  });

  let marks = 0;
  /** What is told while something is done, as `<pod> <line>` without what differs from run to run. */
  const told = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    // A mark behind it, so that nothing can come later; one before it, so that nothing comes from earlier.
    const mark = async (): Promise<void> => {
      marks += 1;
      const path = `/mark-${marks}`;
      await frontend.http(`${webUrl}${path}`);
      await until(path, () => {
        const ids = events.filter(({ what }) => what.kind === "request" && what.path === path);
        return (
          ids.length === 2 &&
          ids.every(({ pod, id }) =>
            events.some(
              (event) =>
                event.what.kind === "end" &&
                event.pod.name === pod.name &&
                event.id.base === id.base &&
                event.id.stream === id.stream,
            ),
          )
        );
      });
    };
    await mark();
    events = [];
    await work();
    await mark();
    const exchanges = new Exchanges();
    const marked = new Set(
      events.flatMap(({ pod, id, what }) =>
        what.kind === "request" && what.path.startsWith("/mark-") ? [`${pod.name} ${id.base}:${id.stream}`] : [],
      ),
    );
    return events
      .filter(({ pod, id }) => !marked.has(`${pod.name} ${id.base}:${id.stream}`))
      .map((event) => `${event.pod.name} ${bare(tapLine(event, exchanges.with(event, 0)))}`)
      .toSorted((a, b) => (a.split(" ")[0] === b.split(" ")[0] ? 0 : a < b ? -1 : 1));
  };
  const bare = (line: string): string =>
    line
      .replace(/ id=\S+/, "")
      .replace(/(src=[\d.]+):\d+/, "$1")
      .replace(/ (latency|duration)=\d+µs/g, "");

  /** A request to the backend, as both ends tell it. */
  const both = (
    {
      path,
      method = "GET",
      authority = web.clusterIp,
      port = 8080,
    }: { path: string; method?: string; authority?: string; port?: number },
    status: string,
    end = "",
  ): readonly string[] =>
    [
      ["backend", "in ", ips.frontend],
      ["frontend", "out", ips.frontend],
    ].flatMap(([pod, side, src]) => {
      const about = `proxy=${side} src=${src} dst=${ips.backend}:${port} tls=true`;
      return [
        `${pod} req ${about} :method=${method} :authority=${authority} :path=${path}`,
        ...(status === "" ? [] : [`${pod} rsp ${about} :status=${status}`]),
        `${pod} end ${about}${end}`,
      ];
    });
  const one = (pod: string, about: string, words: string, status: number, end = ""): readonly string[] => [
    `${pod} req ${about} ${words}`,
    `${pod} rsp ${about} :status=${status}`,
    `${pod} end ${about}${end}`,
  ];
  /** Bodies differ in length. */
  const unsized = (all: readonly string[]): readonly string[] =>
    all.map((line) => line.replace(/ response-length=\d+B$/, ""));

  it("HTTP/1 to a Service is told at both ends, each knows who is opposite", async () => {
    expect(unsized(await told(() => frontend.http(`${webUrl}/one?secret=1`)))).to.deep.equal(
      both({ path: "/one" }, "200"),
    );
    const inbound = events.find(({ pod, direction }) => pod.name === "backend" && direction === "INBOUND");
    expect(inbound?.source.labels).to.deep.include({ tls: "true", client_id: identity("frontend") });
    const outbound = events.find(({ pod }) => pod.name === "frontend");
    expect(outbound?.destination.labels).to.deep.include({
      tls: "true",
      server_id: identity("backend"),
      service: "backend",
    });
  });

  it("HTTP/2 is, too", async () => {
    const about = { path: "/two", authority: `${web.clusterIp}:81`, port: 8081 };
    expect(unsized(await told(() => frontend.http2(`${webUrl}:81/two`)))).to.deep.equal(both(about, "200"));
  });

  it("gRPC's status comes from the trailers", async () => {
    const about = { path: "/grpc", authority: `${web.clusterIp}:81`, port: 8081 };
    expect(await told(() => frontend.http2(`${webUrl}:81/grpc`))).to.deep.equal(
      both(about, "200", " grpc-status=Unavailable"),
    );
  });

  it("a pod's own address is no other way", async () => {
    const authority = `${ips.backend}:8080`;
    expect(unsized(await told(() => frontend.http(`http://${authority}/address`)))).to.deep.equal(
      both({ path: "/address", authority }, "200"),
    );
  });

  it("an endpoint that is not meshed is told by the client alone, with the reason", async () => {
    const about = `proxy=out src=${ips.frontend} dst=${ips.outside}:8080 tls=not_provided_by_service_discovery`;
    expect(unsized(await told(() => frontend.http(`http://${stranger.clusterIp}/out`)))).to.deep.equal(
      one("frontend", about, `:method=GET :authority=${stranger.clusterIp} :path=/out`, 200),
    );
  });

  it("a client that is not meshed is told by the server alone", async () => {
    const about = `proxy=in  src=${ips.outside} dst=${ips.backend}:8080 tls=no_tls_from_remote`;
    expect(unsized(await told(() => outside.http(`http://${ips.backend}:8080/plain`)))).to.deep.equal(
      one("backend", about, `:method=GET :authority=${ips.backend}:8080 :path=/plain`, 200),
    );
  });

  it("a pod that answers its own request by its Service tells it once", async () => {
    const about = `proxy=out src=${ips.backend} dst=${ips.backend}:8080 tls=loopback`;
    expect(unsized(await told(() => backend.http(`${webUrl}/self`)))).to.deep.equal(
      one("backend", about, `:method=GET :authority=${web.clusterIp} :path=/self`, 200),
    );
  });

  const silent: readonly [claim: string, work: () => Promise<unknown>][] = [
    ["127.0.0.1 inside the pod", () => backend.http("http://127.0.0.1:8080/loop")],
    [
      "opaque TCP",
      async () => expect((await frontend.tcp(lines.clusterIp, 9090, "x")).heard).to.equal(`${greeting}x\n`),
    ],
    ["TCP after detection", async () => expect((await frontend.echo(web.clusterIp, 70, "x")).heard).to.equal("x\n")],
    [
      "probes and scrapes of the proxy's port",
      async () => {
        await outside.http(`http://${ips.backend}:4191/ready`);
        await outside.http(`http://${ips.backend}:4191/metrics`);
      },
    ],
  ];
  for (const [claim, work] of silent)
    it(`${claim} is in no event`, async () => expect(await told(work)).to.deep.equal([]));

  it("where nobody listens both tell 502", async () => {
    const about = { path: "/dead", authority: `${web.clusterIp}:83`, port: 8999 };
    expect(unsized(await told(() => frontend.http(`${webUrl}:83/dead`)))).to.deep.equal(both(about, "502"));
  });

  it("a reset has its code", async () => {
    const about = { path: "/reset", authority: `${web.clusterIp}:81`, port: 8081 };
    expect(await told(() => frontend.http2(`${webUrl}:81/reset`))).to.deep.equal(both(about, "200", " reset-error=8"));
  });

  it("a body that is cut off just ends", async () => {
    const seen = await told(() => frontend.http(`${webUrl}/cut`));
    expect(
      seen.filter((line) => line.startsWith("backend")).map((line) => line.replace(/ response-length=\d+B$/, "")),
    ).to.deep.equal(both({ path: "/cut" }, "200").filter((line) => line.startsWith("backend")));
  });

  it("a client that gives up while it is answered makes an end; one that gives up before makes none", async () => {
    expect(await told(() => frontend.http(`${webUrl}/unending`, { patience: 1 }))).to.deep.equal(
      both({ path: "/unending" }, "200"),
    );
    expect(await told(() => frontend.http(`${webUrl}/silent`, { patience: 1 }))).to.deep.equal(
      both({ path: "/silent" }, "").filter((line) => line.includes(" req ")),
    );
  });

  it("an application that closes before it answers makes an end without an answer", async () => {
    const seen = await told(() => frontend.http(`${webUrl}/closed`));
    expect(seen.filter((line) => line.startsWith("backend"))).to.deep.equal(
      both({ path: "/closed" }, "").filter((line) => line.startsWith("backend")),
    );
  });

  it("under all-authenticated and deny tap answers as before; what is refused is told by the client alone", async () => {
    await policy("all-authenticated", 403);
    expect(unsized(await told(() => frontend.http(`${webUrl}/authenticated`)))).to.deep.equal(
      both({ path: "/authenticated" }, "200"),
    );
    await policy("deny", 403);
    await until("denied", async () => (await frontend.http(`${webUrl}/denied`)).status === 403);
    expect((await frontend.http(`${webUrl}/refused`)).status).to.equal(403);
    const ofIt = (): readonly TapEvent[] => {
      const request = events.find(({ what }) => what.kind === "request" && what.path === "/refused");
      return events.filter(
        ({ pod, id }) =>
          pod.name === request?.pod.name && id.base === request.id.base && id.stream === request.id.stream,
      );
    };
    await until("told", () => ofIt().some(({ what }) => what.kind === "end"));
    const exchanges = new Exchanges();
    const seen = ofIt().map((event) => `${event.pod.name} ${bare(tapLine(event, exchanges.with(event, 0)))}`);
    expect(unsized(seen)).to.deep.equal(
      both({ path: "/refused" }, "403").filter((line) => line.startsWith("frontend")),
    );
    expect(
      events.some(({ pod, what }) => pod.name === "backend" && what.kind === "request" && what.path === "/refused"),
    ).to.equal(false);
    // A forward that is opened now is served, too.
    const fresh = new AbortController();
    const again = await startTapping(
      tapWorld,
      { ...everything, word: "pod/backend" },
      { onEvent: () => undefined, onLost: () => undefined, say: () => undefined },
      fresh.signal,
    );
    fresh.abort();
    await again.over;
    await policy("all-unauthenticated", 200);
    expect(said).to.deep.equal([]);
  });

  describe("refuses", () => {
    const request = { limit: 5, match: { all: { matches: [] } } };
    const certificateOf = async (name: string, token: string): Promise<ClientCertificate> => {
      const anchors = world.installation.trustAnchors.pem;
      const channel = await channelOver(
        connect(8080, nodeIp),
        { name: identity("linkerd-identity", "weft"), anchors },
        never,
      );
      const { key, request: csr } = await ownRequest(name);
      try {
        const call = { identity: name, token: Buffer.from(token), certificate_signing_request: csr };
        const { chain } = await certify(channel, call, never);
        return { chain: chain.map((der) => pemText(der, "CERTIFICATE")).join(""), key };
      } finally {
        channel.close();
      }
    };
    const answered = async (
      certificate: ClientCertificate | undefined,
      asked: object = request,
      name = identity("backend"),
    ): Promise<GrpcStatus> => {
      const anchors = world.installation.trustAnchors.pem;
      const channel = await channelOver(connect(4190, ips.backend), { name, anchors, certificate }, never);
      try {
        return await observe(channel, asked as typeof request, () => undefined, never);
      } finally {
        channel.close();
      }
    };
    const unauthorized = { code: 16, message: "Unauthorized client" };

    it("plaintext", async () => {
      const session = connectHttp2(`http://${ips.backend}:4190`);
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: "/io.linkerd.proxy.tap.Tap/Observe",
        "content-type": "application/grpc",
        te: "trailers",
      });
      stream.end(Buffer.alloc(5));
      const headers = await new Promise<Readonly<Record<string, unknown>>>((resolve) => {
        for (const event of ["response", "trailers"])
          stream.on(event, (each: Readonly<Record<string, unknown>>) => {
            if (each["grpc-status"] !== undefined) resolve(each);
          });
      });
      session.destroy();
      expect(headers).to.deep.include({ "grpc-status": "16", "grpc-message": "no_tls_from_remote" });
    });

    it("TLS without a certificate", async () => expect(await answered(undefined)).to.deep.equal(unauthorized));

    it("a certificate of another workload", async () =>
      expect(await answered(await certificateOf(identity("frontend"), "token of frontend"))).to.deep.equal(
        unauthorized,
      ));

    it("the tapper of another namespace", async () =>
      expect(await answered(await certificateOf(identity("weft-tap", "other"), "tapper of other"))).to.deep.equal(
        unauthorized,
      ));

    it("whoever asks for another pod", async () => {
      const certificate = await certificateOf(identity("weft-tap"), "tapper of shop");
      const error = await answered(certificate, request, identity("frontend")).catch(String);
      expect(error).to.match(/wrong version number/);
    });

    const requests: readonly [claim: string, asked: object, message: string][] = [
      ["a limit of 0", { ...request, limit: 0 }, "limit must be positive"],
      ["no match", { limit: 5 }, "missing required field"],
      ["an empty label", { limit: 5, match: { destination_label: { key: "", value: "x" } } }, "missing required field"],
      [
        "a netmask of 0",
        { limit: 5, match: { source: { netmask: { ip: { ipv4: 1 }, mask: 0 } } } },
        "missing required field",
      ],
      [
        "a netmask of 33",
        { limit: 5, match: { source: { netmask: { ip: { ipv4: 1 }, mask: 33 } } } },
        "invalid network address",
      ],
      [
        "ports that end before they begin",
        { limit: 5, match: { destination: { ports: { min: 2, max: 1 } } } },
        "invalid port number",
      ],
    ];
    for (const [claim, asked, message] of requests)
      it(claim, async () => {
        const certificate = await certificateOf(identity("weft-tap"), "tapper of shop");
        expect(await answered(certificate, asked)).to.deep.equal({ code: 3, message });
      });
  });
});
