/** Advice on a Namespace: what its annotations would do to a pod that has none of its own. */
import { inject } from "../inject/inject.ts";
import type { Warning } from "../inject/outcome/injection.ts";
import { portList, usableList } from "../inject/pod/opaque-ports.ts";
import { readMetadata, readPod } from "../inject/pod/pod-view.ts";
import { unknownKeyWarnings } from "../inject/messages/unknown-keys.ts";
import { injectValueWarnings, opaqueAnnotationWarnings, unusablePortsWarning } from "../inject/messages/warnings.ts";
import { keys, podsOnlyKeys } from "../mesh/annotations.ts";
import type { Annotations, JsonObject } from "../base/json/json.ts";
import { podSecurityWarnings } from "./pod-security.ts";
import { isPortName } from "../base/scalars/ports.ts";
import type { AdviceRequest } from "./request.ts";

export function namespaceAdvice({ object, installation }: AdviceRequest): readonly Warning[] {
  const metadata = readMetadata(object);
  if ("issues" in metadata) return [];
  const { name, annotations, labels } = metadata.value;
  const injectedWith = (inherited: Annotations) =>
    inject({
      object: somePod,
      namespace: { name, annotations: inherited },
      owner: { kind: "", name: "" },
      installation,
      createdBy: "weft/advice",
    });
  const asked = injectedWith(annotations);
  // A namespace may leave it to its pods to ask; what they inherit then is the same.
  const inherited = asked.kind === "injected" ? asked : injectedWith({ ...annotations, [keys.inject]: "enabled" });
  return [
    ...injectValueWarnings({}, annotations),
    ...(asked.kind === "injected" ? podSecurityWarnings(somePod, asked.object, labels) : []),
    ...(inherited.kind === "injected" ? inherited.warnings.filter(({ about }) => about !== keys.opaquePorts) : []),
    ...opaqueAnnotationWarnings(annotations, {}).filter(({ about }) => about === keys.opaquePorts),
    ...opaqueWarnings(usableList(annotations) ?? ""),
    ...notInheritedWarnings(annotations),
    ...unknownKeyWarnings({}, labels),
  ];
}

// As well-behaved as Pod Security can ask for: what is refused then is refused for the proxy's sake.
const securityContext: JsonObject = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};

const somePod: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "some" },
  spec: { containers: [{ name: "some", image: "some", securityContext }] },
};

/** Entries that are of use to no pod. A name may be that of a port of some pod. */
function opaqueWarnings(list: string): readonly Warning[] {
  const pod = readPod(somePod);
  const { unusable } = "issues" in pod ? { unusable: [] } : portList(list, pod.value);
  const useless = unusable.filter((entry) => !isPortName(entry));
  return useless.length === 0 ? [] : [unusablePortsWarning(useless, "")];
}

/** Annotations that only pods can have (S-06). */
function notInheritedWarnings(annotations: Annotations): readonly Warning[] {
  return Object.keys(annotations)
    .filter((key) => podsOnlyKeys.has(key))
    .map((about) => ({ about, rank: 1, text: `${about} has no effect on a namespace: pods do not inherit it` }));
}
