/** A webhook of the tests' own: tells what it was called with, and answers as it is told. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { listening } from "./listening.ts";
import type { PemPair } from "../../../src/certificates/x509/pem.ts";

export interface Call {
  readonly path: string;
  readonly uid: string;
  readonly operation: string;
  readonly dryRun: boolean;
  readonly namespace: string;
  readonly object: JsonObject;
}

export interface HookAnswer {
  readonly patch?: readonly Json[];
  readonly warnings?: readonly string[];
}

export interface Hook {
  readonly port: number;
  /** In the order in which they came. */
  readonly calls: readonly Call[];
  readonly forget: () => void;
  readonly close: () => Promise<void>;
}

export async function startHook(
  pair: PemPair,
  answer: (call: Call) => HookAnswer = () => ({}),
  { host = "127.0.0.1", port = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<Hook> {
  let calls: Call[] = [];
  const server = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const call = callOf(request.url ?? "", Buffer.concat(chunks).toString("utf8"));
      calls.push(call);
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(review(call, answer(call))));
    });
  });
  const close = await listening(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    get calls() {
      return calls;
    },
    forget: () => (calls = []),
    close,
  };
}

function callOf(url: string, text: string): Call {
  const { request } = JSON.parse(text) as {
    request: { uid: string; operation: string; dryRun?: boolean; namespace?: string; object: JsonObject };
  };
  const { uid, operation, dryRun = false, namespace = "", object } = request;
  return { path: url.split("?")[0] ?? "", uid, operation, dryRun, namespace, object };
}

const review = ({ uid }: Call, { patch, warnings }: HookAnswer) => ({
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  response: {
    uid,
    allowed: true,
    ...(warnings === undefined ? {} : { warnings }),
    ...(patch === undefined
      ? {}
      : { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") }),
  },
});
