/**
 * The definition of TrafficSplit (split.smi-spec.io), for clusters that have none. SMI is archived, and its versions differ
 * in what a weight is: each is stored as it comes, and either form is read in all of them.
 */
import { splitGroup } from "../mesh/groups.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { splitBounds } from "../mesh/split-bounds.ts";
import { meta } from "./meta.ts";
import { components, names } from "./names.ts";

export const trafficSplitDefinition = (): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: meta(names.trafficSplits, undefined, components.controller),
  spec: {
    group: splitGroup,
    scope: "Namespaced",
    names: {
      kind: "TrafficSplit",
      listKind: "TrafficSplitList",
      plural: "trafficsplits",
      singular: "trafficsplit",
      shortNames: ["ts"],
      categories: ["weft"],
    },
    versions: [
      version("v1alpha1", { "x-kubernetes-int-or-string": true }, true),
      version("v1alpha2", numberOfParts),
      version("v1alpha4", numberOfParts),
    ],
  },
});

const numberOfParts = { type: "number", minimum: 0 };

const version = (name: string, weight: JsonObject, storage = false): JsonObject => ({
  name,
  served: true,
  storage,
  additionalPrinterColumns: [
    { name: "Service", type: "string", jsonPath: ".spec.service", description: "The Service that is split" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  schema: { openAPIV3Schema: schemaOf(weight) },
});

/** What is mistyped is kept, so that weft sees it, and says so. */
const kept = (properties: { readonly [key: string]: Json }, required: readonly string[]): JsonObject => ({
  type: "object",
  required,
  properties,
  "x-kubernetes-preserve-unknown-fields": true,
});

const schemaOf = (weight: JsonObject): JsonObject => ({
  type: "object",
  description: "A Service whose connections and requests go to others, by weight",
  required: ["spec"],
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    spec: kept(
      {
        service: { type: "string", minLength: 1, description: "The Service that clients dial" },
        backends: {
          type: "array",
          description: "Services of the same namespace that its connections and requests go to",
          maxItems: splitBounds.backends,
          items: kept(
            {
              service: { type: "string", minLength: 1, description: "One of them" },
              weight: { ...weight, description: "Its part of all weights" },
            },
            ["service", "weight"],
          ),
        },
      },
      ["service", "backends"],
    ),
  },
});
