/**
 * The container from which a running pod is looked at: an ephemeral one of the debug image, or the injected debug
 * sidecar. One that is there is used again; an ephemeral one can never be taken away, and ends by itself.
 */
import type { Json, JsonObject } from "../base/json/json.ts";
import { numberAt, objectsAt, textAt, textsAt } from "../base/json/read.ts";
import { defaultProxyPorts, sidecarPorts } from "../mesh/proxy-ports.ts";
import { containerNames, sidecarOf } from "../mesh/sidecar.ts";
import type { WirePod } from "./wire.ts";

/** Seconds. Whatever was left running in it ends with it. */
const lifetime = 3600;
/** Seconds. One that ends sooner is not begun with. */
const timeLeft = 600;

const prefix = "weft-debug-";

/** Such as `weft-debug-x7k2p`. The name is one that no container of the pod has; `suffix` is asked until it is. */
export function newName(pod: JsonObject, suffix: () => string): string {
  const taken = new Set(namesIn(pod));
  for (;;) {
    const name = `${prefix}${suffix()}`;
    if (!taken.has(name)) return name;
  }
}

export interface DebugImage {
  readonly image: string;
  /** Blank: as the API server has it. */
  readonly pullPolicy: string;
}

export interface EphemeralOptions extends DebugImage {
  readonly name: string;
  /** Asks for NET_RAW by name: Pod Security `baseline` refuses that, and most runtimes give it without being asked. */
  readonly netRaw: boolean;
}

/** Strategic merge patch of `pods/ephemeralcontainers`. Ports, probes and resources are not allowed in one. */
export const ephemeralPatch = ({ name, image, pullPolicy, netRaw }: EphemeralOptions): Json => ({
  spec: {
    ephemeralContainers: [
      {
        name,
        image,
        ...(pullPolicy === "" ? {} : { imagePullPolicy: pullPolicy }),
        command: ["sleep", String(lifetime)],
        // Root, since capturing needs NET_RAW and Kubernetes gives it to nobody else; a pod may say runAsNonRoot for all.
        securityContext: {
          runAsUser: 0,
          runAsNonRoot: false,
          ...(netRaw ? { capabilities: { add: ["NET_RAW"] } } : {}),
        },
        terminationMessagePolicy: "FallbackToLogsOnError",
      },
    ],
  },
});

export type ContainerState =
  | { readonly kind: "running"; readonly startedAt: string }
  /** It may start yet. */
  | { readonly kind: "starting"; readonly text: string }
  | { readonly kind: "failed"; readonly text: string };

/** What the kubelet says of a container of the pod. */
export function containerState(pod: JsonObject, name: string): ContainerState {
  const status = ["ephemeralContainerStatuses", "containerStatuses", "initContainerStatuses"]
    .flatMap((list) => objectsAt(pod, "status", list))
    .find((each) => textAt(each, "name") === name);
  const state = (kind: string, key: string): string => textAt(status, "state", kind, key);
  const startedAt = state("running", "startedAt");
  if (startedAt !== "") return { kind: "running", startedAt };
  for (const kind of ["terminated", "waiting"]) {
    const text = [state(kind, "reason"), state(kind, "message")].filter((each) => each !== "").join(": ");
    if (text === "") continue;
    const isFinal = kind === "terminated" || final.has(state(kind, "reason"));
    return isFinal ? { kind: "failed", text } : { kind: "starting", text };
  }
  return { kind: "starting", text: "the kubelet has not begun with it" };
}

/** Reasons of waiting that do not go away by waiting (kubelet's `images` and `kuberuntime`). */
const final = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);

export interface ContainerWanted {
  /** Undefined: any image will do. */
  readonly image: string | undefined;
  readonly netRaw: boolean;
}

/** One that runs, else one that starts; undefined: a new one is needed. `now`: milliseconds, by the cluster's clock. */
export function usableContainer(pod: JsonObject, wanted: ContainerWanted, now: number): string | undefined {
  const names = objectsAt(pod, "spec", "ephemeralContainers")
    .filter((each) => textAt(each, "name").startsWith(prefix) && isAsWanted(each, wanted))
    .map((each) => textAt(each, "name"));
  const running = names.find((name) => {
    const state = containerState(pod, name);
    return state.kind === "running" && now < Date.parse(state.startedAt) + (lifetime - timeLeft) * 1000;
  });
  const sidecar = objectsAt(pod, "spec", "containers").find((each) => textAt(each, "name") === containerNames.debug);
  const isSidecarUsable =
    sidecar !== undefined &&
    isAsWanted(sidecar, wanted) &&
    containerState(pod, containerNames.debug).kind === "running";
  return (
    running ??
    (isSidecarUsable ? containerNames.debug : undefined) ??
    names.find((name) => containerState(pod, name).kind === "starting")
  );
}

const isAsWanted = (container: JsonObject, { image, netRaw }: ContainerWanted): boolean =>
  (image === undefined || textAt(container, "image") === image) &&
  (!netRaw || textsAt(container, "securityContext", "capabilities", "add").includes("NET_RAW"));

const namesIn = (pod: JsonObject): readonly string[] =>
  ["containers", "initContainers", "ephemeralContainers"]
    .flatMap((list) => objectsAt(pod, "spec", list))
    .map((each) => textAt(each, "name"));

/** Why nothing can be looked at in a pod; undefined: something can. */
export function whyNot(pod: JsonObject): string | undefined {
  if (textAt(pod, "metadata", "deletionTimestamp") !== "") return "it is being deleted";
  const phase = textAt(pod, "status", "phase");
  if (phase === "Running") return undefined;
  return phase === "" ? "it is not running" : `it is ${phase}, not Running`;
}

/** What is to be known of a pod to read its packets. */
export function wirePodOf(pod: JsonObject): WirePod {
  const status = (list: string): readonly string[] => objectsAt(pod, "status", list).map((each) => textAt(each, "ip"));
  const sidecar = sidecarOf(pod);
  const ports = ["containers", "initContainers"]
    .flatMap((list) => objectsAt(pod, "spec", list))
    .flatMap((container) => objectsAt(container, "ports"))
    .flatMap((port) => numberAt(port, "containerPort") ?? []);
  return {
    addresses: status("podIPs").length > 0 ? status("podIPs") : [textAt(pod, "status", "podIP")],
    inboundPort: (sidecar === undefined ? undefined : sidecarPorts(sidecar).inbound) ?? defaultProxyPorts.inbound,
    ports,
  };
}
