/**
 * Which ports of a pod are its proxy's own. Settings and annotations of namespaces change while pods run, so a pod is
 * asked before them: a pod that was injected with inbound port 4143 keeps it when the settings say 5143.
 */
import type { Annotations, JsonObject } from "../base/json/json.ts";
import { perObject } from "../base/memory/memo.ts";
import { objectsAt, textAt } from "../base/json/read.ts";
import { isPort, parsePort } from "../base/scalars/ports.ts";
import { keys } from "./annotations.ts";

/** Where others reach the proxy; inbound is the "direct" port. */
export interface ProxyPorts {
  readonly inbound: number;
  readonly admin: number;
  readonly control: number;
}

/** As Linkerd's chart has them. */
export const defaultProxyPorts: ProxyPorts & { readonly outbound: number } = {
  admin: 4191,
  control: 4190,
  inbound: 4143,
  outbound: 4140,
};

/** What the sidecar calls two of its container ports. */
export const proxyPortNames = { inbound: "linkerd-proxy", admin: "linkerd-admin" } as const;

export type ProxyListener = keyof typeof defaultProxyPorts;

/** The variable with the address that the proxy listens on, such as `[::]:4143`. */
export const listenVariables: Readonly<Record<ProxyListener, string>> = {
  inbound: "LINKERD2_PROXY_INBOUND_LISTEN_ADDR",
  outbound: "LINKERD2_PROXY_OUTBOUND_LISTEN_ADDR",
  control: "LINKERD2_PROXY_CONTROL_LISTEN_ADDR",
  admin: "LINKERD2_PROXY_ADMIN_LISTEN_ADDR",
};

/** As far as a container says them. */
export type SidecarPorts = { readonly [Listener in ProxyListener]?: number | undefined };

/** What the proxy's container says of its ports: by their names, else by where it is told to listen. */
export function sidecarPorts(container: JsonObject): SidecarPorts {
  const [ports, variables] = [objectsAt(container, "ports"), objectsAt(container, "env")];
  const named = (name: string): number | undefined => {
    const port = ports.find((each) => each["name"] === name)?.["containerPort"];
    return typeof port === "number" && isPort(port) ? port : undefined;
  };
  const listening = (listener: ProxyListener): number | undefined => {
    const variable = variables.find(({ name }) => name === listenVariables[listener]);
    const address = variable === undefined ? "" : textAt(variable, "value");
    return parsePort(address.slice(address.lastIndexOf(":") + 1));
  };
  return {
    inbound: named(proxyPortNames.inbound) ?? listening("inbound"),
    outbound: listening("outbound"),
    control: listening("control"),
    admin: named(proxyPortNames.admin) ?? listening("admin"),
  };
}

interface RunningPod {
  /** Undefined: it has none. From another container that calls a port like one of the proxy's nothing follows. */
  readonly sidecar: SidecarPorts | undefined;
  readonly annotations: Annotations;
}

/** As the sidecar says, else the pod's annotations, else as the mesh has them now. */
export const proxyPortsOf = (ofMesh: ProxyPorts, pod: RunningPod): ProxyPorts => portsIn(ofMesh)(pod);

const portsIn = perObject((ofMesh: ProxyPorts) =>
  perObject(({ sidecar, annotations }: RunningPod): ProxyPorts => {
    const annotated = (key: string): number | undefined => parsePort(annotations[key] ?? "");
    return {
      inbound: sidecar?.inbound ?? annotated(keys.inboundPort) ?? ofMesh.inbound,
      admin: sidecar?.admin ?? annotated(keys.adminPort) ?? ofMesh.admin,
      control: sidecar?.control ?? annotated(keys.controlPort) ?? ofMesh.control,
    };
  }),
);

/** One of the ports that the pod's proxy itself answers on. */
export function isProxyPort(ofMesh: ProxyPorts, pod: RunningPod, port: number): boolean {
  const { inbound, admin, control } = proxyPortsOf(ofMesh, pod);
  return port === inbound || port === admin || port === control;
}
