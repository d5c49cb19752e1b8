/**
 * Between a replica and the API server: passes on what is asked and answered, and can cut every connection or hold the
 * events of watches back, as a bad network and an overloaded API server do.
 */
import { Agent, createServer, request } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { ControlPlane } from "./control-plane.ts";
import { listening } from "./listening.ts";
import type { Page } from "./replica.ts";

export interface ApiProxy {
  /** In the API server's place. */
  readonly server: string;
  /** Watches that are open. */
  readonly watches: () => number;
  /** Closes every connection without a word; says how many watches broke. */
  readonly cut: () => number;
  /** While away, connections are closed as soon as they are made. */
  readonly away: (away: boolean) => void;
  /** While held, watches are open and silent; what came meanwhile is delivered afterwards. */
  readonly hold: (held: boolean) => void;
  /** What pods say about themselves, as a kubelet's node would pass it on: by pod and path, such as `/metrics`. */
  readonly answerFor: (page: (pod: string, path: string) => Promise<Page> | undefined) => void;
  readonly close: () => Promise<void>;
}

export async function startApiProxy(plane: ControlPlane): Promise<ApiProxy> {
  const pair = await plane.ca.sign({ name: "api-proxy", hosts: ["127.0.0.1"] });
  const agent = new Agent({ keepAlive: true, ca: plane.ca.certificate });
  const clients = new Set<Socket>();
  const watches = new Set<Valve>();
  let isAway = false;
  let isHeld = false;
  let pageOf: Parameters<ApiProxy["answerFor"]>[0] = () => undefined;

  const server = createServer({ cert: pair.certificate, key: pair.key }, (asked, answer) => {
    const [, pod = "", path = ""] = /\/pods\/([^/:]+):\d+\/proxy(\/.*)$/.exec(asked.url ?? "") ?? [];
    const page = pod === "" ? undefined : pageOf(pod, path);
    if (page !== undefined) return void tellPage(page, answer);
    forward(plane, agent, asked, answer, (valve) => {
      watches.add(valve);
      valve.hold(isHeld);
      answer.once("close", () => watches.delete(valve));
    });
  });
  server.on("connection", (socket: Socket) => {
    if (isAway) return void socket.destroy();
    clients.add(socket);
    socket.once("close", () => clients.delete(socket));
  });
  const stop = await listening(server, "127.0.0.1", 0);
  const cut = (): number => {
    const broken = watches.size;
    for (const socket of clients) socket.destroy();
    return broken;
  };
  return {
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    watches: () => watches.size,
    cut,
    away: (away) => {
      isAway = away;
      if (away) cut();
    },
    hold: (held) => {
      isHeld = held;
      for (const valve of watches) valve.hold(held);
    },
    answerFor: (page) => {
      pageOf = page;
    },
    close: async () => {
      await stop();
      agent.destroy();
    },
  };
}

async function tellPage(page: Promise<Page>, answer: ServerResponse): Promise<void> {
  const { status, text } = await page.catch(() => ({ status: 503, text: "" }));
  answer.writeHead(status, { "content-type": "text/plain" }).end(text);
}

function forward(
  plane: ControlPlane,
  agent: Agent,
  asked: IncomingMessage,
  answer: ServerResponse,
  onWatch: (valve: Valve) => void,
): void {
  const url = new URL(asked.url ?? "/", plane.server);
  const onward = request(url, { agent, method: asked.method ?? "GET", headers: asked.headers }, (answered) => {
    answer.writeHead(answered.statusCode ?? 502, answered.headers);
    answer.flushHeaders();
    answered.on("error", () => answer.destroy());
    if (!url.searchParams.has("watch")) return void answered.pipe(answer);
    onWatch(valved(answered, answer));
  });
  onward.on("error", () => answer.destroy());
  // Also when the connection was cut: the API server must not go on sending.
  answer.on("close", () => onward.destroy());
  asked.pipe(onward);
}

interface Valve {
  readonly hold: (held: boolean) => void;
}

function valved(from: IncomingMessage, to: ServerResponse): Valve {
  let held = false;
  let waiting: Buffer[] = [];
  from.on("data", (chunk: Buffer) => {
    if (held) waiting.push(chunk);
    else to.write(chunk);
  });
  from.on("end", () => to.end());
  return {
    hold: (next) => {
      held = next;
      if (held) return;
      for (const chunk of waiting) to.write(chunk);
      waiting = [];
    },
  };
}
