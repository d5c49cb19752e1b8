/** The Service that the API server calls, and somebody at its address. */
import { createServer } from "node:net";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { good } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { listening } from "./listening.ts";

/** Makes a Service without a selector, and says where its address is: nobody listens there yet. */
export async function serviceAddress(cluster: Cluster, namespace: string, name: string): Promise<string> {
  const port = await servicePort();
  const made = await cluster.create({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { ports: [{ name: "webhook", port, targetPort: "webhook" }] },
  });
  return addressOf(good(made, `service ${name}`));
}

export const addressOf = (service: JsonObject): string => (service as { spec: { clusterIP: string } }).spec.clusterIP;

let port: Promise<number> | undefined;

/** 443, as installed; where this user may not listen there, another. */
export const servicePort = (): Promise<number> => (port ??= portToListenAt());

async function portToListenAt(): Promise<number> {
  try {
    const close = await listening(createServer(), "127.96.255.254", 443);
    await close();
    return 443;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error;
    return 30_443;
  }
}
