/**
 * A mesh to be tapped, in this process: an API server in memory, weft's identity service, and pods whose proxies do as a
 * test says. Forwards lead to ports of this machine.
 */
import { once } from "node:events";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer as createHttp } from "node:http";
import type { Duplex } from "node:stream";
import { reachOf } from "../../src/cli/check/reach.ts";
import type { TapAsked } from "../../src/cli/tap/tapping.ts";
import type { TapWorld } from "../../src/cli/tap/world.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { resources } from "../../src/core/kubernetes/kinds.ts";
import type { TapMessage } from "../../src/core/proxy-api/tap.ts";
import { ipAddress } from "../../src/core/proxy-api/address.ts";
import { defaultLife } from "../../src/core/identity/validity.ts";
import { identityService } from "../../src/grpc/identity-service.ts";
import { listenGrpc } from "../../src/grpc/listener.ts";
import type { Listener } from "../../src/grpc/listener.ts";
import type { ApiAnswer } from "../../src/kube/api.ts";
import { ForwardRefused } from "../../src/kube/forward.ts";
import { fakeApi } from "./api-server.ts";
import type { FakeApi } from "./api-server.ts";
import { domain, identityNamed, testMesh } from "./certificates.ts";
import type { TestMesh } from "./certificates.ts";
import { fakeProxy } from "./fake-proxy.ts";
import type { FakeProxy, ObserveCall } from "./fake-proxy.ts";
import { manualClock } from "./manual-clock.ts";
import type { ManualClock } from "./manual-clock.ts";

const identityName = identityNamed("linkerd-identity", domain.controlPlaneNamespace);

/** weft's identity service on a port of this machine; a token is the name of a service account of namespace `shop`. */
export async function identityServer(mesh: TestMesh, now: number): Promise<Listener> {
  const pair = await mesh.issuer.servingPair([identityName], { notBefore: now - 60_000, notAfter: now + 3_600_000 });
  const user = (token: string) => ({ username: `system:serviceaccount:shop:${token}`, uid: "u" });
  return listenGrpc({
    address: { host: "127.0.0.1", port: 0 },
    identity: { ...pair, anchors: mesh.issuer.anchors },
    clientCertificates: "optional",
    services: [
      identityService({
        domain,
        life: defaultLife,
        spiffe: false,
        issuer: () => mesh.issuer,
        review: async (token) => ({
          status: { authenticated: true, audiences: ["identity.l5d.io"], user: user(token) },
        }),
        now: () => new Date(now),
        onCertified: () => undefined,
        onRefused: () => undefined,
      }),
    ],
  });
}

export interface PodAsked {
  readonly ip?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the Deployment that made it; `web` where nothing is said. */
  readonly deployment?: string;
  /** What the proxy's variable names; absent: the tap account of its namespace; undefined: it has none. */
  readonly lets?: string | undefined;
  /** Whom its proxy lets, whatever it says. */
  readonly letsTruly?: string;
  readonly on?: (call: ObserveCall, index: number) => void;
  /** Variables of its proxy that are otherwise, as a pod may have them that lies. */
  readonly says?: Readonly<Record<string, string>>;
}

export interface TapMeshWorld {
  readonly world: TapWorld;
  readonly clock: ManualClock;
  readonly api: FakeApi;
  /** What is behind a port of a pod. */
  readonly dial: (pod: string, port: number) => Duplex;
  readonly addPod: (name: string, asked?: PodAsked) => Promise<FakeProxy>;
  readonly removePod: (name: string) => void;
  /** TokenRequests so far. */
  readonly tokens: () => number;
  readonly answerTokens: (answer: ApiAnswer) => void;
  /** Of each forward, such as `web-1:4190`; a text is the words with which it is refused. */
  readonly refuseForwards: (why: (target: string) => string | undefined) => void;
  /** Forwards that are open. */
  readonly open: () => readonly string[];
  /** Breaks all of them. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

export async function tapMeshWorld(): Promise<TapMeshWorld> {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const mesh = await testMesh(now);
  const identity = await identityServer(mesh, now);
  const proxies = new Map<string, FakeProxy>();
  const pages = new Map<string, Json>();
  const admin = await adminServer((pod) => pages.get(pod) ?? {});
  const api = fakeApi(controllerPod);
  const clock = manualClock();
  let tokens = 0;
  let tokenAnswer: ApiAnswer = { status: 201, body: { status: { token: "weft-tap" } } };
  api.answerWith(({ method, path }) => {
    if (method !== "POST" || path !== "/api/v1/namespaces/shop/serviceaccounts/weft-tap/token") return undefined;
    tokens += 1;
    return tokenAnswer;
  });
  let refusal: (target: string) => string | undefined = () => undefined;
  const streams = new Map<Duplex, string>();

  const dial = (pod: string, port: number): Duplex => {
    if (pod === "weft-controller-0") return connect(identity.address.port, "127.0.0.1");
    if (port === 4191) return admin.dial(pod);
    const proxy = proxies.get(pod);
    if (port === 4190 && proxy !== undefined) return proxy.dial();
    throw new ForwardRefused(`nothing listens at port ${port} of ${pod}`);
  };
  const forward: TapWorld["forward"] = async ({ name }, port, signal) => {
    signal.throwIfAborted();
    const target = `${name}:${port}`;
    const why = refusal(target);
    if (why !== undefined) throw new ForwardRefused(why, 403);
    const stream = dial(name, port);
    streams.set(stream, target);
    stream.on("error", () => undefined);
    stream.once("close", () => streams.delete(stream));
    signal.addEventListener("abort", () => void stream.destroy(), { once: true });
    return stream;
  };
  return {
    world: { reach: reachOf({ api, clock: () => new Date(now) }), forward, clock, date: () => now },
    clock,
    api,
    dial,
    addPod: async (name, asked = {}) => {
      const own = identityNamed("web");
      const lets = "lets" in asked ? asked.lets : identityNamed("weft-tap");
      const proxy = await fakeProxy({ mesh, name: own, lets: asked.letsTruly ?? lets ?? "nobody" }, asked.on);
      proxies.set(name, proxy);
      pages.set(name, {
        LINKERD2_PROXY_IDENTITY_LOCAL_NAME: own,
        LINKERD2_PROXY_IDENTITY_SVC_NAME: identityName,
        LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: mesh.anchor.certificate,
        ...(lets === undefined ? {} : { LINKERD2_PROXY_TAP_SVC_NAME: lets }),
        ...asked.says,
      });
      api.put(podObject(name, asked));
      return proxy;
    },
    removePod: (name) => api.remove(`/api/v1/namespaces/shop/pods/${name}`),
    tokens: () => tokens,
    answerTokens: (answer) => (tokenAnswer = answer),
    refuseForwards: (why) => (refusal = why),
    open: () => [...streams.values()].toSorted(),
    cut: () => {
      for (const stream of streams.keys()) stream.destroy(new Error("the connection was closed"));
    },
    close: async () => {
      await Promise.all([identity, ...proxies.values()].map((each) => each.close()));
      admin.close();
    },
  };
}

const podObject = (
  name: string,
  { ip = "10.0.0.1", annotations = {}, labels = {}, deployment = "web" }: PodAsked,
): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: "shop",
    uid: `uid-${name}`,
    annotations,
    labels: { app: deployment, "pod-template-hash": "abc", "linkerd.io/control-plane-ns": "linkerd", ...labels },
    ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: `${deployment}-abc`, controller: true }],
  },
  spec: {
    serviceAccountName: "web",
    containers: [{ name: "app" }],
    initContainers: [{ name: "linkerd-proxy", restartPolicy: "Always" }],
  },
  status: { phase: "Running", podIP: ip, podIPs: [{ ip }] },
});

const controllerPod: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "weft-controller-0",
    namespace: "linkerd",
    labels: { "app.kubernetes.io/name": "weft", "app.kubernetes.io/component": "controller" },
  },
  spec: { containers: [{ name: "controller" }] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
};

/** The admin ports of all pods. */
async function adminServer(page: (pod: string) => Json) {
  const server = createHttp((request, response) => {
    const pod = String(pods.get(request.socket.remotePort ?? 0));
    const isAsked = request.url?.startsWith("/env.json?") === true;
    response.writeHead(isAsked ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(isAsked ? page(pod) : {}));
  });
  const pods = new Map<number, string>();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    dial: (pod: string): Duplex => {
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
      // What is asked comes after it.
      socket.once("connect", () => pods.set(socket.localPort ?? 0, pod));
      return socket;
    },
    close: (): void => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A request as it is told: it begins, is answered, and ends. */
export const exchangeTold = (stream: number, path: string, from = "10.0.0.9"): readonly TapMessage[] => {
  const id = { stream };
  const about: TapMessage = {
    source: { ip: ipAddress(from) ?? {}, port: 40_000 },
    destination: { ip: ipAddress("10.0.0.1") ?? {}, port: 8080 },
    source_meta: { labels: { tls: "true" } },
    proxy_direction: "INBOUND",
  };
  return [
    { ...about, http: { request_init: { id, method: { registered: "GET" }, authority: "web", path } } },
    { ...about, http: { response_init: { id, since_request_init: { nanos: 1_000_000 }, http_status: 200 } } },
    {
      ...about,
      http: {
        response_end: { id, since_request_init: { nanos: 3_000_000 }, since_response_init: { nanos: 2_000_000 } },
      },
    },
  ];
};

/** `weft tap deploy/web` in namespace `shop`. */
export const web: TapAsked = {
  namespace: "shop",
  resource: { kind: resources.deployments, name: "web" },
  word: "deploy/web",
  selector: "",
  filter: {},
  from: undefined,
  mostPerSecond: 100,
};

/** A proxy that tells of a whole exchange for each path, from 10.0.0.7. */
export const telling =
  (...paths: readonly string[]) =>
  (call: ObserveCall): void => {
    for (const [stream, path] of paths.entries())
      for (const message of exchangeTold(stream, path, "10.0.0.7")) call.tell(message);
  };
