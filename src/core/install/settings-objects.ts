/**
 * Settings and trust anchors as Linkerd keeps them: two ConfigMaps, with Linkerd's names and keys. The CA of the
 * webhook's callers, where there is one. And what somebody asked for, so that `weft upgrade` can ask for it again.
 */
import { toYaml } from "../documents/yaml-text.ts";
import type { JsonObject } from "../base/json/json.ts";
import { meta } from "./meta.ts";
import { names } from "./names.ts";
import type { InstallOptions } from "./chosen.ts";

export const settingsObjects = ({
  mesh,
  namespace,
  controlPlaneNamespace,
  given,
  weft,
}: InstallOptions): readonly JsonObject[] => [
  configMap(names.given, namespace, { [names.givenKey]: toYaml(given) }),
  ...(weft.webhookClientCa === undefined
    ? []
    : [configMap(names.clientCa, namespace, { [names.clientCaKey]: weft.webhookClientCa })]),
  ...(mesh.kind === "adopted"
    ? []
    : [
        configMap(names.settings, namespace, {
          // Whoever injects by hand from these values has to know which control plane they are for.
          [names.settingsKey]: toYaml({ ...mesh.values, weft: { controlPlaneNamespace } }),
        }),
        configMap(names.trustAnchors, namespace, { [names.trustAnchorsKey]: mesh.trustAnchors }),
      ]),
];

const configMap = (name: string, namespace: string, data: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: meta(name, namespace),
  data,
});
