/** Webhook configurations of the cluster whose caBundle is looked after. Rights: get, watch and patch on each by its name. */
import { namedPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import type { TrustingConfiguration } from "../../certificates/webhook/rotation-needs.ts";
import type { KubeApi } from "../../kube/api.ts";
import type { EventToSend } from "../../kube/event-sink.ts";
import { metadataOf, textOf } from "../../kube/metadata.ts";
import { patchObject, readObject } from "../../kube/objects.ts";
import type { CertificatesOptions } from "./flags.ts";
import { unlessConflict } from "../stored-secret.ts";

export interface Configuration extends TrustingConfiguration {
  readonly path: string;
  /** The object as Events refer to it, once it was read. */
  readonly reference: () => EventToSend["involvedObject"] | undefined;
}

export const configurationsOf = (
  api: Pick<KubeApi, "ask">,
  {
    mutatingConfiguration,
    validatingConfiguration,
  }: Pick<CertificatesOptions, "mutatingConfiguration" | "validatingConfiguration">,
): readonly Configuration[] => [
  ...mutatingConfiguration.map((name) => configuration(api, resources.mutatingWebhooks, name)),
  ...validatingConfiguration.map((name) => configuration(api, resources.validatingWebhooks, name)),
];

function configuration({ ask }: Pick<KubeApi, "ask">, resource: Kind, name: string): Configuration {
  const { apiVersion, kind } = resource;
  const path = namedPath(resource, name);
  let uid = "";
  return {
    name: `${kind} ${name}`,
    path,
    reference: () => (uid === "" ? undefined : { apiVersion, kind, namespace: "", name, uid }),
    read: async () => {
      const object = await readObject(ask, path);
      uid = object === undefined ? "" : textOf(metadataOf(object), "uid");
      return object;
    },
    patch: async (operations) =>
      unlessConflict(
        patchObject(ask, path, {
          type: "json",
          body: operations.map(({ op, path: place, value }) => ({ op, path: place, value })),
        }),
      ),
  };
}
