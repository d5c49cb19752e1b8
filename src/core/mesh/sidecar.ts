/** The sidecar as it stands in a pod: how its containers are called, and which of a pod's it is. */
import type { JsonObject } from "../base/json/json.ts";
import { objectsAt, textAt } from "../base/json/read.ts";

export const containerNames = {
  proxy: "linkerd-proxy",
  init: "linkerd-init",
  validator: "linkerd-network-validator",
  debug: "linkerd-debug",
} as const;

/** The proxy's variable with the PEM text of whom it trusts. */
export const anchorsVariable = "LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS";

/** A native sidecar is an init container. Undefined: the pod has no proxy. */
export const sidecarOf = (pod: JsonObject): JsonObject | undefined =>
  ["initContainers", "containers"]
    .flatMap((list) => objectsAt(pod, "spec", list))
    .find((container) => textAt(container, "name") === containerNames.proxy);
