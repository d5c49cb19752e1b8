/**
 * The API server of an attack: the one in memory, behind a listener that writes down what is asked as it stands on the
 * wire, and that an attack may answer in its place.
 */
import { once } from "node:events";
import { createServer, request as ask } from "node:http";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { httpApi } from "../support/api-http.ts";
import type { HttpApi } from "../support/api-http.ts";
import { serverPair } from "../support/certificates.ts";
import { base64, kubeconfig } from "../support/listening.ts";
import type { World } from "./world.ts";

export interface Asked {
  readonly method: string;
  /** With its query, nothing of it decoded. */
  readonly url: string;
  /** Milliseconds, as performance.now() counts. */
  readonly at: number;
}

export interface AttackApi extends Pick<HttpApi, "api" | "tokens" | "kubeconfig" | "stop"> {
  readonly asked: readonly Asked[];
}

export async function attackApi(objects: readonly JsonObject[], world: World): Promise<AttackApi> {
  const behind = await httpApi([...objects, ...(world.objects ?? [])]);
  for (const [version, kinds] of Object.entries(world.custom ?? {})) behind.custom.set(version, kinds);
  const { port: target } = new URL(behind.url);
  const asked: Asked[] = [];
  const answer: RequestListener = (request, response) => {
    const { method = "", url = "" } = request;
    asked.push({ method, url, at: performance.now() });
    if (world.answers?.(request, response) !== true) passOn(Number(target), request, response);
  };
  const pair = await serverPair();
  const server =
    world.https === true ? createSecureServer({ cert: pair.certificate, key: pair.key }, answer) : createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ca = { "certificate-authority-data": base64(pair.certificate) };
  return {
    ...behind,
    asked,
    kubeconfig: kubeconfig(`${world.https === true ? "https" : "http"}://127.0.0.1:${port}`, {
      user: { token: "weft" },
      ...(world.https === true ? { cluster: ca } : {}),
    }),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await behind.stop();
    },
  };
}

function passOn(port: number, from: IncomingMessage, to: ServerResponse): void {
  const { method, url: path, headers } = from;
  const onward = ask({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
    to.writeHead(answer.statusCode ?? 500, answer.headers);
    to.flushHeaders();
    answer.pipe(to);
    answer.on("error", () => to.destroy());
  });
  onward.on("error", () => to.destroy());
  to.on("close", () => onward.destroy());
  from.pipe(onward);
}
