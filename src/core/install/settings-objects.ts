/**
 * Settings and trust anchors as Linkerd keeps them: two ConfigMaps, with Linkerd's names and keys. The CA of the
 * webhook's callers, where there is one. And what somebody asked for, so that `weft upgrade` can ask for it again.
 */
import { toYaml } from "../documents/yaml-text.ts";
import type { JsonObject } from "../base/json/json.ts";
import { anchorGuard } from "./anchor-guard.ts";
import { installationGuard, markOf } from "./installation-guard.ts";
import type { Marked } from "./installation-guard.ts";
import { meta } from "./meta.ts";
import { names } from "./names.ts";
import type { InstallOptions } from "./chosen.ts";

export function settingsObjects(options: InstallOptions): readonly JsonObject[] {
  const { mesh, namespace, controlPlaneNamespace, given, weft } = options;
  const mark = markOf(mesh);
  return [
    configMap(names.given, namespace, { [names.givenKey]: toYaml(given) }, mark),
    ...(weft.webhookClientCa === undefined
      ? []
      : [configMap(names.clientCa, namespace, { [names.clientCaKey]: weft.webhookClientCa })]),
    ...(mesh.kind === "adopted"
      ? []
      : [
          ...anchorGuard(namespace),
          ...installationGuard(namespace),
          configMap(
            names.settings,
            namespace,
            // Whoever injects by hand from these values has to know which control plane they are for.
            { [names.settingsKey]: toYaml({ ...mesh.values, weft: { controlPlaneNamespace } }) },
            mark,
          ),
          configMap(names.trustAnchors, namespace, { [names.trustAnchorsKey]: mesh.trustAnchors }),
        ]),
  ];
}

const configMap = (name: string, namespace: string, data: JsonObject, mark: Marked = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { ...meta(name, namespace), ...mark },
  data,
});
