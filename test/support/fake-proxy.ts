/** The tap of a proxy that does as a test says: TLS with its own identity, and `Observe` for one client. */
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { status } from "@grpc/grpc-js";
import type { ObserveRequest, TapMessage } from "../../src/core/proxy-api/tap.ts";
import { listenGrpc } from "../../src/grpc/listener.ts";
import { serviceDefinition } from "../../src/grpc/protos.ts";
import type { TestMesh } from "./certificates.ts";

export interface ObserveCall {
  readonly request: ObserveRequest;
  readonly tell: (message: TapMessage) => void;
  readonly end: () => void;
  readonly fail: (code: status, details: string) => void;
  /** Resolves when the client has left it, or it ended. */
  readonly over: Promise<void>;
}

export interface FakeProxy {
  readonly calls: readonly ObserveCall[];
  /** A connection to the tap. */
  readonly dial: () => Duplex;
  readonly close: () => Promise<void>;
}

interface Call {
  readonly request: ObserveRequest;
  readonly write: (message: TapMessage) => void;
  readonly end: () => void;
  readonly emit: (event: "error", error: object) => void;
  readonly once: (event: "close" | "cancelled", listener: () => void) => void;
}

/** `lets`: the identity that may tap. `on`: what becomes of a call. */
export async function fakeProxy(
  { mesh, name, lets }: { readonly mesh: TestMesh; readonly name: string; readonly lets: string },
  on: (call: ObserveCall, index: number) => void = () => undefined,
): Promise<FakeProxy> {
  const calls: ObserveCall[] = [];
  const leaf = await mesh.leaf(name);
  const listener = await listenGrpc({
    address: { host: "127.0.0.1", port: 0 },
    identity: { certificate: leaf.chain, key: leaf.key, anchors: mesh.anchor.certificate },
    clientCertificates: "optional",
    limits: { streams: 100 },
    services: [
      {
        definition: serviceDefinition("tap"),
        implementation: {
          Observe: (call: Call, { identity }: { readonly identity: string | undefined }) => {
            const fail = (code: status, details: string): void => call.emit("error", { code, details });
            if (identity !== lets) return fail(status.UNAUTHENTICATED, "Unauthorized client");
            const observed: ObserveCall = {
              request: call.request,
              tell: (message) => call.write(message),
              end: () => call.end(),
              fail,
              over: new Promise((resolve) => {
                call.once("close", resolve);
                call.once("cancelled", resolve);
              }),
            };
            calls.push(observed);
            on(observed, calls.length - 1);
          },
        },
      },
    ],
  });
  return {
    calls,
    dial: () => connect({ host: "127.0.0.1", port: listener.address.port }),
    close: () => listener.close(),
  };
}
