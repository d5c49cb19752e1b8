/** A cluster of the tests behind a port, for commands that connect by themselves. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { Json } from "../../src/core/base/json/json.ts";
import type { ApiCall } from "../../src/kube/api.ts";
import type { FakeCluster } from "./check-cluster.ts";

export async function answerOver(
  cluster: FakeCluster,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "", "https://host");
  const body = await text(request);
  const method = (request.method ?? "GET") as ApiCall["method"];
  const contentType = request.headers["content-type"];
  const query = Object.fromEntries(url.searchParams);
  const call: ApiCall = {
    method,
    path: url.pathname,
    query,
    ...(contentType === undefined ? {} : { contentType }),
    ...(body === "" ? {} : { body: JSON.parse(body) as Json }),
  };
  const found = await cluster.api.ask(call);
  response.writeHead(found.status, { "content-type": "application/json" });
  response.end(found.text ?? JSON.stringify(found.body));
}
