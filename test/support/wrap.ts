/** Manifests of two workloads, one of which is called, and weft wrap's choices where nobody says anything. */
import { readFileSync } from "node:fs";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { Choices } from "../../src/core/wrap/choices.ts";

export const golden = (name: string): string =>
  readFileSync(new URL(`../golden/wrap/${name}`, import.meta.url), "utf8");

export const choices = (given: Partial<Choices> = {}): Choices => ({
  validation: "service",
  commonName: given.validation === "site" ? "linkerd" : "{service}",
  namespace: "",
  nativeSidecar: false,
  clientAuth: given.validation !== "none",
  protocol: "http",
  discovery: "k8s",
  image: "buoyantio/linkerd:1.7.4",
  kubectlImage: "buoyantio/kubectl:v1.14.3",
  ports: { outgoing: 4141, incoming: 4140, admin: 9990, api: 8001 },
  adminIp: "127.0.0.1",
  httpProxy: false,
  clusterDomain: "cluster.local",
  ...given,
});

interface GivenService {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: JsonObject;
  readonly ports?: readonly JsonObject[];
  readonly spec?: JsonObject;
}

export const service = ({
  name = "web",
  namespace = "prod",
  selector = { app: "web" },
  ports = [{ port: 80, targetPort: "http" }],
  spec = {},
}: GivenService = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { selector, ports, ...spec },
});

interface GivenWorkload {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: JsonObject;
  readonly annotations?: JsonObject;
  readonly containers?: readonly JsonObject[];
  readonly spec?: JsonObject;
}

export const webContainer: JsonObject = {
  name: "app",
  image: "web:1",
  ports: [{ name: "http", containerPort: 8080 }],
};

export const workload = ({
  kind = "Deployment",
  name = "web",
  namespace = "prod",
  labels = { app: "web" },
  annotations = {},
  containers = [webContainer],
  spec = {},
}: GivenWorkload = {}): JsonObject => ({
  apiVersion: kind === "Job" ? "batch/v1" : "apps/v1",
  kind,
  metadata: { name, ...(namespace === "" ? {} : { namespace }) },
  spec: { template: { metadata: { labels, annotations }, spec: { containers, ...spec } } },
});
