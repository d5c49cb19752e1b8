/**
 * Pages recorded from real proxies in namespaces (`test/fixtures/traffic`): `frontend` is a client of each kind of traffic
 * of `backend`, and of `outside`, which is not meshed and calls `backend`, too; `backend` calls itself.
 */
import { readFileSync } from "node:fs";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { readPage } from "../../src/core/traffic/page.ts";
import { trafficPod } from "../../src/core/traffic/pods.ts";
import type { Reading } from "../../src/core/traffic/increase.ts";

export const recorded = (name: string): string =>
  readFileSync(new URL(`../fixtures/traffic/${name}`, import.meta.url), "utf8");

interface PodParts {
  readonly namespace?: string;
  readonly ip?: string;
  readonly account?: string;
  readonly meshed?: boolean;
  readonly owner?: { readonly kind: string; readonly name: string } | undefined;
  /** Of the application's container. */
  readonly user?: number;
  readonly hostNetwork?: boolean;
}

export function podObject(name: string, parts: PodParts = {}): JsonObject {
  const { namespace = "shop", ip = "10.99.0.9", account = name, meshed = true, owner, user, hostNetwork } = parts;
  const proxy = {
    name: "linkerd-proxy",
    securityContext: { runAsUser: 2102 },
    ports: [{ name: "linkerd-admin", containerPort: 4191 }],
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: { app: name, ...(meshed ? { "linkerd.io/control-plane-ns": "weft" } : {}) },
      ...(owner === undefined ? {} : { ownerReferences: [{ apiVersion: "apps/v1", ...owner, controller: true }] }),
    },
    spec: {
      serviceAccountName: account,
      ...(hostNetwork === undefined ? {} : { hostNetwork }),
      initContainers: meshed ? [proxy] : [],
      containers: [{ name: "app", ...(user === undefined ? {} : { securityContext: { runAsUser: user } }) }],
    },
    status: { phase: "Running", podIP: ip, podIPs: [{ ip }] },
  };
}

const ofDeployment = (name: string) => ({ kind: "Deployment", name });

export const shopObjects: readonly JsonObject[] = [
  podObject("frontend", { ip: "10.99.0.2", owner: ofDeployment("frontend") }),
  podObject("backend", { ip: "10.99.0.3", owner: ofDeployment("backend") }),
  podObject("outside", { ip: "10.99.0.4", owner: ofDeployment("outside"), meshed: false }),
];

export const shopPods = shopObjects.map(trafficPod);

/** Of one of the pods; the name of a file is that of a page. */
export function reading(name: string, page: string, before?: string): Reading {
  const pod = shopPods.find((each) => each.name === name);
  if (pod === undefined) throw new Error(`no pod ${name}`);
  return {
    pod,
    page: readPage(recorded(page)),
    ...(before === undefined ? {} : { before: readPage(recorded(before)) }),
  };
}
