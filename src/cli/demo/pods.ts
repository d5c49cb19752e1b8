/** The pods of the demo: where each is, what it shows, and what its answer must be for the demo to be true. */
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { Json } from "../../core/base/json/json.ts";
import { isList, isObject } from "../../core/base/json/json.ts";
import type { Verdict } from "./verdict.ts";

export interface DemoPod {
  /** In `demoFolder`. */
  readonly file: string;
  readonly title: string;
  /** For whoever sees the first pod: what became of it, in a sentence. */
  readonly sentence?: string;
  readonly promise: Promise;
}

/** What an answer must say. */
interface Promise {
  readonly decision: string;
  /** Codes, joined by commas. */
  readonly reasons: string;
  /** Containers of the pod that results, init containers first. */
  readonly containers: readonly string[];
  /** One for each warning, in order: words that it must have. */
  readonly warnings: readonly string[];
}

/** Beside `src` and beside `dist`, and so in an installed package too. */
export const demoFolder = fileURLToPath(new URL("../../../manifests/demo", import.meta.url));
export const clusterFile = join(demoFolder, "cluster.yaml");

const withProxy = ["linkerd-init", "linkerd-proxy"];

export const demoPods: readonly DemoPod[] = [
  {
    file: "pods/1-plain.yaml",
    title: "A plain pod, in a namespace that is in the mesh",
    sentence:
      "Its namespace asks for the proxy, so the pod gets it: its connections to other meshed pods are mutual TLS, and the application does not change.",
    promise: { decision: "injected", reasons: "", containers: [...withProxy, "web"], warnings: [] },
  },
  {
    file: "pods/2-opaque-debug.yaml",
    title: "A database with opaque ports and the debug sidecar",
    promise: { decision: "injected", reasons: "", containers: [...withProxy, "db", "linkerd-debug"], warnings: [] },
  },
  {
    file: "pods/3-host-network.yaml",
    title: "A pod in the node's own network, which must be skipped",
    promise: {
      decision: "skipped",
      reasons: "host_network_enabled",
      containers: ["agent"],
      warnings: ["hostNetwork is enabled"],
    },
  },
  {
    file: "pods/4-typo.yaml",
    title: "A pod with a typo and a value that cannot be used",
    promise: {
      decision: "injected",
      reasons: "",
      containers: [...withProxy, "api"],
      warnings: ["64MB", "did you mean config.linkerd.io/proxy-log-level?"],
    },
  },
];

/** Everything in which the answer is not what was promised; empty: it is. */
export function broken(
  promise: Promise,
  { status, allowed, decision, reasons, pod, warnings }: Verdict,
): readonly string[] {
  const containers = containerNames(pod);
  const rows: readonly (readonly [what: string, expected: string, found: string])[] = [
    ["status", "200", String(status)],
    ["allowed", "true", String(allowed)],
    ["decision", promise.decision, decision],
    ["reasons", promise.reasons, reasons.join(",")],
    ["containers", promise.containers.join(", "), containers.join(", ")],
    ["number of warnings", String(promise.warnings.length), String(warnings.length)],
    ...promise.warnings.map((words, index) => {
      const found = warnings[index] ?? "none";
      return [`warning ${index + 1}`, words, found.includes(words) ? words : found] as const;
    }),
  ];
  return rows.flatMap(([what, expected, found]) =>
    expected === found ? [] : [`${what}: expected ${expected}, got ${found}`],
  );
}

/** Names, init containers first. */
export function containerNames(pod: Json): readonly string[] {
  const spec = isObject(pod) ? pod["spec"] : undefined;
  if (!isObject(spec)) return [];
  return [spec["initContainers"], spec["containers"]].flatMap((list) =>
    isList(list) ? list.map((item) => (isObject(item) && typeof item["name"] === "string" ? item["name"] : "")) : [],
  );
}
