/**
 * What kubelet asks of a pod and is refused: it has no identity, and of what is encrypted, or of bytes, the proxy sees no
 * path that it could let in (docs/policy.md).
 */
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { keys } from "../mesh/annotations.ts";
import { hasPort } from "../mesh/port-list.ts";
import type { Server } from "../proxy-api/inbound.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView } from "../view/objects.ts";
import { numberIn, objectIn, objectsIn, textIn } from "../view/read.ts";
import { inboundPolicy } from "./inbound.ts";
import { outsideTheMesh } from "./in-mesh.ts";
import { portListIn } from "./port-list.ts";

/** `livenessProbe of container web asks port 8443 by HTTPS`. `object`: the pod that is kept as `pod`. */
export function refusedCalls(view: ClusterView, mesh: MeshView, pod: PodView, object: JsonObject): readonly string[] {
  if (outsideTheMesh(mesh, pod) !== undefined) return [];
  const skipped = portListIn(pod.annotations, keys.skipInboundPorts);
  return callsOf(object)
    .filter(({ port }) => skipped === undefined || skipped === "overlong" || !hasPort(skipped, port))
    .filter(({ port, by }) => {
      const answer = inboundPolicy(view, mesh, { namespace: pod.namespace, pod: pod.name }, port);
      return answer.kind === "server" && !letsIn(answer.server, by);
    })
    .map(({ what, port, by }) => `${what} asks port ${port} by ${by}`);
}

function letsIn({ authorizations = [], protocol }: Server, by: Call["by"]): boolean {
  // Where calls are told apart whatever is no call is not found.
  if (protocol?.grpc !== undefined && by !== "gRPC") return false;
  if (authorizations.some(({ authentication }) => authentication?.unauthenticated !== undefined)) return true;
  const isRead = protocol?.opaque === undefined && protocol?.tls === undefined;
  return by !== "HTTPS" && isRead;
}

interface Call {
  readonly what: string;
  readonly port: number;
  readonly by: "HTTP" | "HTTPS" | "gRPC";
}

function callsOf(pod: JsonObject): readonly Call[] {
  const spec = objectIn(pod, "spec");
  return [...objectsIn(spec, "initContainers"), ...objectsIn(spec, "containers")].flatMap((container) => {
    const hooks = objectIn(container, "lifecycle");
    const rows = [
      ...["livenessProbe", "readinessProbe", "startupProbe"].map((key) => [key, objectIn(container, key)] as const),
      ...["postStart", "preStop"].map((key) => [key, objectIn(hooks, key)] as const),
    ];
    return rows.flatMap(([key, asked]) => callIn(container, `${key} of container ${textIn(container, "name")}`, asked));
  });
}

function callIn(container: JsonObject, what: string, { httpGet, grpc }: JsonObject): readonly Call[] {
  if (isObject(grpc)) return callTo(numberIn(grpc, "port"), what, "gRPC");
  // Another host is somebody else.
  if (!isObject(httpGet) || textIn(httpGet, "host") !== "") return [];
  const by = textIn(httpGet, "scheme") === "HTTPS" ? "HTTPS" : "HTTP";
  return callTo(numberIn(httpGet, "port") ?? namedPort(container, httpGet["port"]), what, by);
}

const callTo = (port: number | undefined, what: string, by: Call["by"]): readonly Call[] =>
  port === undefined ? [] : [{ what, port, by }];

/** Named ports are those of the container itself (core/v1, HTTPGetAction). */
function namedPort(container: JsonObject, name: Json | undefined): number | undefined {
  const port = objectsIn(container, "ports").find((each) => each["name"] === name);
  return port === undefined ? undefined : numberIn(port, "containerPort");
}
