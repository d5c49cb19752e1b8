/** `weft controller` in the tests' own process: an API server in memory, an identity that the test has. */
import { controller } from "../../src/serve/controller/server.ts";
import type { ControllerStarted } from "../../src/serve/controller/server.ts";
import { controllerOptions } from "../../src/serve/controller/flags.ts";
import type { ListenerName, ServedIdentity } from "../../src/serve/controller/parts.ts";
import type { Given } from "../../src/serve/flags.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { serviceDefinition } from "../../src/grpc/protos.ts";
import { testMesh } from "./certificates.ts";
import type { TestMesh } from "./certificates.ts";
import { proxyClient } from "./proxy-client.ts";
import type { ProxyClient } from "./proxy-client.ts";
import { fakeApi } from "./api-server.ts";
import type { FakeApi } from "./api-server.ts";

export const controlPlane = "linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local";

export interface Controlled {
  readonly api: FakeApi;
  readonly started: ControllerStarted;
  readonly certificates: TestMesh;
  /** Connects as this identity; undefined: without a certificate. */
  readonly connect: (to: ListenerName, identity?: string) => Promise<ProxyClient>;
  readonly log: () => string;
  readonly admin: (path: string) => Promise<string>;
  /** Asks it to stop; resolves when it has. */
  readonly stop: () => Promise<void>;
}

export async function controlled(objects: readonly JsonObject[] = [], given: Given = {}): Promise<Controlled> {
  return controlledOn(fakeApi(...objects), given);
}

export async function controlledOn(api: FakeApi, given: Given = {}): Promise<Controlled> {
  const certificates = await testMesh();
  const any = "127.0.0.1:0";
  const options = controllerOptions(
    {
      identityAddress: any,
      destinationAddress: any,
      policyAddress: any,
      adminAddress: any,
      gracePeriod: "0s",
      logLevel: "debug",
      ...given,
    },
    {},
  );
  if ("issues" in options) throw new Error(JSON.stringify(options.issues));
  const ending = new AbortController();
  const ready = Promise.withResolvers<ControllerStarted>();
  let log = "";
  const ended = controller(
    options.value,
    {
      version: "1.2.3",
      instance: "one",
      connect: async () => ({ value: api }),
      openIdentity: async () => ({ value: await servedIdentity(certificates) }),
    },
    {
      now: () => new Date(),
      log: { write: (line) => (log += line) },
      signal: ending.signal,
      started: ready.resolve,
    },
  );
  const started = await Promise.race([ready.promise, ended.then(() => ready.promise)]);
  return {
    api,
    started,
    certificates,
    connect: async (to, identity) =>
      proxyClient({
        address: started[to],
        name: controlPlane,
        anchors: certificates.anchor.certificate,
        ...(identity && { certificate: await certificates.leaf(identity) }),
      }),
    log: () => log,
    admin: async (path) => (await fetch(`http://127.0.0.1:${started.admin.port}${path}`)).text(),
    stop: () => (ending.abort(), ended),
  };
}

async function servedIdentity(certificates: TestMesh): Promise<ServedIdentity> {
  const { chain, key } = await certificates.leaf(controlPlane);
  return {
    service: { definition: serviceDefinition("identity"), implementation: {} },
    identity: () => ({ certificate: chain, key, anchors: certificates.anchor.certificate }),
    onIdentity: () => undefined,
    checks: [{ name: "identity", look: () => ({ fails: false, says: "of the test" }) }],
    close: async () => undefined,
  };
}
