/** Puts the proxy into an object's pod: parts, annotations and labels. */
import { keys } from "../../mesh/annotations.ts";
import type { Annotations, JsonObject, Labels } from "../../base/json/json.ts";
import { proxyVersion } from "./containers.ts";
import { debugContainer } from "./debug-container.ts";
import { initContainer } from "./init-container.ts";
import type { Warning } from "../outcome/injection.ts";
import type { Installation } from "../settings/installation.ts";
import type { Target } from "../pod/kinds.ts";
import { inboundPorts } from "../pod/opaque-ports.ts";
import { withMetadata, withParts, withValueAt } from "./pod-metadata.ts";
import { fitting } from "./pod-resources.ts";
import type { PodView } from "../pod/pod-view.ts";
import { proxyContainer } from "./proxy-container.ts";
import { volumes } from "./volumes.ts";
import type { PodSettings } from "../settings/settings.ts";

export interface MeshInput {
  readonly object: JsonObject;
  readonly target: Target;
  readonly pod: PodView;
  readonly installation: Installation;
  readonly settings: PodSettings;
  /** Text of `LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION`. */
  readonly opaquePorts: string;
  readonly annotations: Annotations;
  readonly labels: Labels;
}

/** The object with the proxy in its pod: parts, annotations and labels. */
export function mesh(input: MeshInput): { readonly object: JsonObject; readonly warnings: readonly Warning[] } {
  const { object, target, pod, installation, settings } = input;
  const parts = {
    init: fitting(initContainer(settings, pod), pod),
    proxy: fitting(proxyContainer({ ...input, inboundPorts: inboundPorts(pod) }), pod),
    debug: settings.debugSidecar ? debugContainer(settings) : undefined,
  };
  const wanted = volumes(settings);
  // Asked for a handful of names: that is less than a set of all of them.
  const isNew = ({ name }: { readonly name: string }): boolean =>
    !pod.containers.some((each) => each.name === name) && !pod.initContainers.some((each) => each.name === name);
  const isPresent = ({ name }: { readonly name: string }): boolean => pod.volumes.includes(name);
  const meshed = withParts(
    target.pod ?? {},
    {
      init: isNew(parts.init) ? parts.init : undefined,
      present: isNew(parts.init) ? undefined : parts.init.name,
      proxy: parts.proxy,
      debug: parts.debug !== undefined && isNew(parts.debug) ? parts.debug : undefined,
      volumes: wanted.filter((volume) => !isPresent(volume)),
    },
    settings,
  );
  const doubled = [
    ...[parts.init, ...(parts.debug === undefined ? [] : [parts.debug])].filter((part) => !isNew(part)),
    ...wanted.filter(isPresent),
  ];
  return {
    object: withMetadata(withValueAt(object, target.path, meshed), target.path, {
      annotations: {
        ...input.annotations,
        [keys.proxyVersionWritten]: proxyVersion(settings),
        [keys.trustRootHash]: installation.trustAnchors.sha256,
      },
      labels: input.labels,
    }),
    warnings: doubled.map(({ name }) => ({
      about: "spec",
      rank: 3,
      text: `${name} is in the pod already and stays as it is`,
    })),
  };
}
