/**
 * The in-memory API server behind a port, for tests with weft as a process of its own: lists, watches, writes,
 * TokenReviews of known tokens, and the discovery of custom resources. Plain HTTP; who asks is not looked at.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { isObject } from "../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import type { ApiAnswer, ApiCall } from "../../src/kube/api.ts";
import { fakeApi } from "./api-server.ts";
import type { FakeApi } from "./api-server.ts";
import { kubeconfig } from "./listening.ts";

export interface Served {
  /** Such as `http://127.0.0.1:40001`. */
  readonly url: string;
  /** Text of a kubeconfig that leads here. */
  readonly kubeconfig: string;
  /** For what is no request, such as WebSockets (`kubelet.ts`). */
  readonly server: Server;
  /** Closes the port and every connection; `start` opens the same one again. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

export interface HttpApi extends Served {
  readonly api: FakeApi;
  /** Token → user name, such as `system:serviceaccount:shop:web`; what is not here is not authenticated. */
  readonly tokens: Map<string, string>;
  /** Group version → resources, such as `policy.linkerd.io/v1alpha1` → `NetworkPolicy`: what discovery finds. */
  readonly custom: Map<string, readonly string[]>;
  /** TokenReviews so far. */
  readonly reviews: () => number;
}

export async function httpApi(objects: readonly JsonObject[], host = "127.0.0.1"): Promise<HttpApi> {
  const api = fakeApi(...objects);
  const tokens = new Map<string, string>();
  const custom = new Map<string, readonly string[]>();
  let reviews = 0;
  api.answerWith(({ method, path, body }) => {
    if (method === "POST" && path === "/apis/authentication.k8s.io/v1/tokenreviews") {
      reviews += 1;
      return reviewed(body ?? null, tokens);
    }
    return discovered(path, custom);
  });
  return { api, tokens, custom, reviews: () => reviews, ...(await served(api, host)) };
}

/** An API server in memory, behind a port. */
export async function served(api: FakeApi, host = "127.0.0.1"): Promise<Served> {
  const server = createServer((request, response) => void answer(api, request, response));
  let port = 0;
  const start = async (): Promise<void> => {
    server.listen(port, host);
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  };
  await start();
  const url = `http://${host}:${port}`;
  return {
    url,
    server,
    kubeconfig: kubeconfig(url, { user: { token: "weft" } }),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      api.endWatches();
    },
    start,
  };
}

async function answer(api: FakeApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname: path, searchParams } = new URL(request.url ?? "", "http://api");
  const query = Object.fromEntries(searchParams);
  const accept = request.headers.accept ?? "";
  if (query["watch"] === "true") return watch(api, { path, query, accept }, response);
  const body = await text(request);
  const call: ApiCall = {
    method: (request.method ?? "GET") as ApiCall["method"],
    path,
    query,
    accept,
    ...(body === "" ? {} : { body: JSON.parse(body) as Json }),
    ...(request.headers["content-type"] && { contentType: request.headers["content-type"] }),
  };
  const { status, body: answered, text: page } = await api.ask(call);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(page ?? JSON.stringify(answered));
}

async function watch(
  api: FakeApi,
  call: { readonly path: string; readonly query: Readonly<Record<string, string>>; readonly accept: string },
  response: ServerResponse,
): Promise<void> {
  const ending = new AbortController();
  response.once("close", () => ending.abort());
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  const seconds = Number(call.query["timeoutSeconds"] ?? "300");
  const timer = setTimeout(() => ending.abort(), seconds * 1000);
  try {
    await api.watch(call, (event) => void response.write(`${JSON.stringify(event)}\n`), ending.signal);
  } catch {
    // Ended by its time, by the client, or by a test.
  } finally {
    clearTimeout(timer);
    response.end();
  }
}

function reviewed(body: Json, tokens: ReadonlyMap<string, string>): ApiAnswer {
  const spec = isObject(body) && isObject(body["spec"]) ? body["spec"] : {};
  const username = tokens.get(typeof spec["token"] === "string" ? spec["token"] : "");
  const audiences = spec["audiences"] ?? [];
  const status: JsonObject =
    username === undefined ? { authenticated: false } : { authenticated: true, audiences, user: { username } };
  return { status: 201, body: { kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", spec, status } };
}

/** `/apis/<group>` gives its versions, `/apis/<group>/<version>` its resources (API concepts, "Discovery"). */
function discovered(path: string, custom: ReadonlyMap<string, readonly string[]>): ApiAnswer | undefined {
  const [, group = "", version] = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const groupVersions = [...custom.keys()].filter((each) => each.startsWith(`${group}/`));
  if (group === "" || groupVersions.length === 0) return undefined;
  if (version === undefined) {
    const versions = groupVersions.map((groupVersion) => ({ groupVersion, version: groupVersion.split("/")[1] ?? "" }));
    return { status: 200, body: { kind: "APIGroup", apiVersion: "v1", name: group, versions } };
  }
  const kinds = custom.get(`${group}/${version}`);
  if (kinds === undefined) return undefined;
  const resources = kinds.map((kind) => ({
    name: kind.endsWith("y") ? `${kind.toLowerCase().slice(0, -1)}ies` : `${kind.toLowerCase()}s`,
    kind,
    namespaced: true,
    verbs: ["get", "list", "watch", "patch"],
  }));
  return {
    status: 200,
    body: { kind: "APIResourceList", apiVersion: "v1", groupVersion: `${group}/${version}`, resources },
  };
}
