/**
 * The plain program of a pod; it knows nothing of a mesh. It serves HTTP on 8080 and HTTP/2 with prior knowledge on 8081
 * (what it saw of the request; some paths end badly), TCP on 7070 (an echo) and 7071 (its name), where the client speaks
 * first, and on 9090 and 3306, where the server does; and it does what it is asked line by line on standard input.
 */
import { Agent, createServer as createHttp, get } from "node:http";
import { connect as connectHttp2, createServer as createHttp2 } from "node:http2";
import type { ClientHttp2Session } from "node:http2";
import { createConnection, createServer as createTcp } from "node:net";
import { createInterface } from "node:readline";

export const greetingOf = (name: string): string => `welcome to the ${name}\n`;
export const greeting = greetingOf("backend");
/** Who it says it is. */
const own = process.argv[3] ?? "backend";

export type Order =
  /** GET on a new connection; `patience` in seconds, 15 unless it says otherwise. */
  | {
      readonly do: "http";
      readonly url: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly patience?: number;
    }
  /** The same by HTTP/2 with prior knowledge. */
  | { readonly do: "http2"; readonly url: string; readonly method?: string }
  /** Says a line and waits for its echo. */
  | { readonly do: "echo"; readonly host: string; readonly port: number; readonly say: string }
  /** Waits for the greeting, says a line and waits for its echo. */
  | { readonly do: "tcp"; readonly host: string; readonly port: number; readonly say: string }
  /** Requests one after the other, until `stop`; some on new connections, some on one that is kept. */
  | { readonly do: "load"; readonly url: string }
  | { readonly do: "stop" }
  /** Asks so many times who serves, one after the other, or so many at once. */
  | Many
  /** Opens a connection, and keeps it: who serves. */
  | { readonly do: "hold"; readonly host: string; readonly port: number }
  /** Says a line on that connection: its echo. */
  | { readonly do: "held"; readonly say: string };

export interface Many {
  readonly do: "many";
  /** `greets`: the server speaks first; `named`: the client does. HTTP is asked on one connection. */
  readonly by: "greets" | "named" | "http" | "http2";
  readonly host: string;
  readonly port: number;
  readonly count: number;
  readonly atOnce?: number;
}

/** Who served each, in order, or why none did; and how many milliseconds each took. */
export interface ManySeen {
  readonly by: readonly string[];
  readonly took: readonly number[];
}

export interface HttpSeen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
export interface TcpSeen {
  readonly heard: string;
  readonly error?: string;
}
export interface LoadSeen {
  readonly sent: number;
  readonly failed: readonly string[];
}

if (process.argv[2] === "serve") serve();

function serve(): void {
  createHttp((request, response) => {
    if (request.url === "/closed") return void request.socket.destroy();
    if (request.url === "/cut") {
      response.writeHead(200, { "content-length": "100" });
      return void response.write("half", () => setTimeout(() => request.socket.destroy(), 100));
    }
    if (request.url === "/silent") return;
    if (request.url === "/unending") return void response.write("half");
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ headers: request.headers, from: request.socket.remoteAddress, url: request.url, own }),
    );
  }).listen(8080, "0.0.0.0");
  createHttp2((request, response) => {
    if (request.url === "/reset") {
      response.writeHead(200);
      return void response.write("x", () => setTimeout(() => response.stream.close(8), 100));
    }
    if (request.url === "/grpc") {
      response.writeHead(200, { "content-type": "application/grpc" });
      response.addTrailers({ "grpc-status": "14" });
      return void response.end("");
    }
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ headers: request.headers, version: request.httpVersion, own }));
  }).listen(8081, "0.0.0.0");
  createTcp((socket) => {
    socket.on("data", (data) => socket.write(data));
    socket.on("error", () => undefined);
  }).listen(7070, "0.0.0.0");
  createTcp((socket) => {
    socket.on("data", () => socket.end(`${own}\n`));
    socket.on("error", () => undefined);
  }).listen(7071, "0.0.0.0");
  for (const port of [9090, 3306])
    createTcp((socket) => {
      socket.write(greetingOf(own));
      socket.on("data", (data) => socket.write(data));
      socket.on("error", () => undefined);
    }).listen(port, "0.0.0.0");
  let held: { readonly say: (line: string) => Promise<string> } | undefined;
  let load: { stop: boolean; readonly ended: Promise<LoadSeen> } | undefined;
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      void obey(JSON.parse(line) as Order).then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`));
    })
    .on("close", () => process.exit(0));

  async function obey(order: Order): Promise<unknown> {
    switch (order.do) {
      case "http":
        return http(order);
      case "http2":
        return http2Once(order.url, order.method);
      case "tcp":
        return tcp(order, true);
      case "echo":
        return tcp(order, false);
      case "load": {
        const state = { stop: false };
        load = Object.assign(state, { ended: loading(order.url, state) });
        return {};
      }
      case "many":
        return many(order);
      case "hold": {
        const opened = await hold(order);
        held = opened;
        return { heard: opened.heard };
      }
      case "held":
        return { heard: (await held?.say(order.say)) ?? "" };
      case "stop": {
        if (load === undefined) return { sent: 0, failed: [] };
        load.stop = true;
        return load.ended;
      }
    }
  }
}

type HttpOrder = Omit<Extract<Order, { do: "http" }>, "do"> & { readonly agent?: Agent };

function http({ url, headers = {}, patience = 15, agent }: HttpOrder): Promise<HttpSeen | { readonly error: string }> {
  return new Promise((resolve) => {
    const request = get(url, { agent: agent ?? false, headers, timeout: patience * 1000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("error", (error) => resolve({ error: error.message }));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers as Record<string, string>, body }),
      );
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${patience} s`)));
    request.on("error", (error) => resolve({ error: error.message }));
  });
}

async function http2Once(url: string, method = "GET"): Promise<HttpSeen | { readonly error: string }> {
  const session = connectHttp2(url);
  const failed = new Promise<{ readonly error: string }>((resolve) =>
    session.on("error", (error) => resolve({ error: error.message })),
  );
  const seen = await Promise.race([failed, http2(new URL(url).pathname, session, method)]);
  session.close();
  return seen;
}

function http2(
  path: string,
  session: ClientHttp2Session,
  method = "GET",
): Promise<HttpSeen | { readonly error: string }> {
  return new Promise((resolve) => {
    const stream = session.request({ ":path": path, ":method": method }, { endStream: true });
    let body = "";
    let status = 0;
    stream.on("response", (headers) => (status = headers[":status"] ?? 0));
    stream.setEncoding("utf8").on("data", (text: string) => (body += text));
    stream.on("error", (error) => resolve({ error: error.message }));
    stream.on("end", () => resolve({ status, headers: {}, body }));
  });
}

type TcpOrder = Pick<Extract<Order, { do: "tcp" }>, "host" | "port" | "say">;

function tcp({ host, port, say }: TcpOrder, waits: boolean): Promise<TcpSeen> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = createConnection({ host, port, timeout: 15_000 });
    if (!waits) socket.write(`${say}\n`);
    socket.setEncoding("utf8").on("data", (text: string) => {
      if (waits && heard === "") socket.write(`${say}\n`);
      heard += text;
      if (heard.includes(say)) socket.end();
    });
    socket.on("timeout", () => socket.destroy(new Error("silent for 15 s")));
    let words: string | undefined;
    socket.on("error", (error) => (words = error.message));
    socket.on("close", () => resolve({ heard, ...(words === undefined ? {} : { error: words }) }));
  });
}

async function many({ by, host, port, count, atOnce = 1 }: Many): Promise<ManySeen> {
  const seen: { who: string; took: number }[] = [];
  const { ask, end } = asking(by, host, port);
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun < count) {
      const index = begun;
      begun += 1;
      const since = performance.now();
      const who = await ask();
      seen[index] = { who, took: performance.now() - since };
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  end();
  return { by: seen.map(({ who }) => who), took: seen.map(({ took }) => took) };
}

function asking(by: Many["by"], host: string, port: number): { ask: () => Promise<string>; end: () => void } {
  const ownIn = (body: string): string => (JSON.parse(body) as { own: string }).own;
  switch (by) {
    case "greets":
      return { ask: () => firstLine(host, port, undefined), end: () => undefined };
    case "named":
      return { ask: () => firstLine(host, port, "who"), end: () => undefined };
    case "http": {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const url = `http://${host}:${port}/`;
      const ask = async (): Promise<string> => {
        const seen = await http({ url, agent });
        return "error" in seen ? seen.error : seen.status === 200 ? ownIn(seen.body) : `status ${seen.status}`;
      };
      return { ask, end: () => agent.destroy() };
    }
    case "http2": {
      const session = connectHttp2(`http://${host}:${port}`);
      session.on("error", () => undefined);
      const ask = async (): Promise<string> => {
        const seen = await http2("/", session);
        return "error" in seen ? seen.error : seen.status === 200 ? ownIn(seen.body) : `status ${seen.status}`;
      };
      return { ask, end: () => session.close() };
    }
  }
}

/** The last word of what the server says first, or why it said nothing. */
function firstLine(host: string, port: number, say: string | undefined): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = createConnection({ host, port, timeout: 15_000 });
    if (say !== undefined) socket.write(`${say}\n`);
    socket.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
      if (heard.includes("\n")) socket.destroy();
    });
    let words = "closed";
    socket.on("timeout", () => socket.destroy(new Error("silent for 15 s")));
    socket.on("error", (error) => (words = error.message));
    socket.on("close", () => resolve(heard.includes("\n") ? (heard.trim().split(" ").at(-1) ?? "") : words));
  });
}

async function hold({ host, port }: { readonly host: string; readonly port: number }) {
  const socket = createConnection({ host, port });
  let next: (text: string) => void = () => undefined;
  const line = (): Promise<string> => new Promise((resolve) => (next = resolve));
  socket.setEncoding("utf8").on("data", (text: string) => next(text));
  socket.on("error", (error) => next(error.message));
  socket.on("close", () => next("closed"));
  const heard = await line();
  return {
    heard,
    say: (text: string): Promise<string> => {
      const answer = line();
      socket.write(`${text}\n`);
      return answer;
    },
  };
}

async function loading(url: string, state: { stop: boolean }): Promise<LoadSeen> {
  const failed: string[] = [];
  let sent = 0;
  while (!state.stop) {
    sent += 1;
    const seen = await http({ url });
    if ("error" in seen) failed.push(seen.error);
    else if (seen.status !== 200) failed.push(`status ${seen.status} ${seen.headers["l5d-proxy-error"] ?? ""}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { sent, failed };
}
