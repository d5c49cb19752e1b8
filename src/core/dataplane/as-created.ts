/**
 * A meshed pod as it was when it was created: without what injection put into it. Annotations that came from its
 * namespace cannot be told from its own, and stay; that it asked is certain, as it has a proxy.
 */
import { uninject } from "../inject/uninject.ts";
import { withMetadata } from "../inject/parts/pod-metadata.ts";
import type { JsonObject } from "../base/json/json.ts";
import { annotationsOf } from "../base/json/read.ts";
import { keys } from "../mesh/annotations.ts";

export function asCreated(pod: JsonObject): JsonObject {
  const { object } = uninject({ ...pod, apiVersion: "v1", kind: "Pod" });
  return withMetadata(object, [], {
    annotations: { [keys.inject]: annotationsOf(pod)[keys.inject] === "ingress" ? "ingress" : "enabled" },
  });
}
