/**
 * The definition of weft's own resource, `networkpolicies.policy.linkerd.io` (docs/policy.md). What its schema refuses,
 * `core/policy` never sees; what it lets through and cannot be used is told in the status.
 */
import { policyGroup, weftNetworkPolicies } from "../mesh/groups.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { policyBounds } from "../mesh/lists.ts";
import { meta } from "./meta.ts";
import { components, names } from "./names.ts";

type Schema = { readonly [key: string]: Json };

export const networkPolicyDefinition = (): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: meta(names.networkPolicies, undefined, components.controller),
  spec: {
    group: policyGroup,
    scope: "Namespaced",
    // `netpol` and `networkpolicy` are those of networking.k8s.io, which kubectl finds first.
    names: {
      kind: weftNetworkPolicies.kind,
      listKind: "NetworkPolicyList",
      plural: weftNetworkPolicies.plural,
      singular: "networkpolicy",
      shortNames: ["meshnetpol"],
      categories: ["weft"],
    },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: "Target", type: "string", jsonPath: ".spec.targetRef.name", description: "The Service" },
          {
            name: "Accepted",
            type: "string",
            jsonPath: '.status.conditions[?(@.type=="Accepted")].status',
            description: "Whether the spec can be read and its Service is there",
          },
          {
            name: "In effect",
            type: "string",
            jsonPath: '.status.conditions[?(@.type=="InEffect")].status',
            description: "Whether the pods' proxies keep to it",
          },
          {
            name: "Exclusive",
            type: "string",
            jsonPath: '.status.conditions[?(@.type=="IdentitiesExclusive")].status',
            description: "Whether only matched pods get in",
          },
          { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
        ],
        schema: { openAPIV3Schema: policy },
      },
    ],
  },
});

const text = (description: string, more: Schema = {}): Schema => ({ type: "string", description, ...more });
const listOf = (items: Schema, description: string, more: Schema = {}): Schema => ({
  type: "array",
  description,
  ...more,
  items,
});
const atMost = (maxItems: number): Schema => ({ maxItems });
// Of labels: a prefix of 253 characters, a slash and 63; values have 63 (meta/v1).
export const longestKey = { maxLength: 317 };
export const longestValue = { maxLength: 63 };
const object = (properties: Schema, description: string, required: readonly string[] = []): Schema => ({
  type: "object",
  description,
  ...(required.length === 0 ? {} : { required }),
  properties,
});

/**
 * What the API server would drop as unknown, and what is left would then mean: a mistyped `matchLabel` every pod, a
 * mistyped `from` every client, a mistyped `ingress` no restriction. Kept, so that weft sees it, refuses it and says so.
 */
const keeping = (schema: Schema): Schema => ({ ...schema, "x-kubernetes-preserve-unknown-fields": true });

const number: Schema = { type: "integer", minimum: 1, maximum: 65_535 };

const port: Schema = keeping(
  object(
    {
      port: { ...number, description: "A port of the pods' containers" },
      endPort: { ...number, description: "The last of several, from port on; each of them counts" },
      protocol: text("TCP, which it also is without this", { enum: ["TCP"], default: "TCP" }),
    },
    "One port, or several",
    ["port"],
  ),
);

/** meta/v1 LabelSelector. */
const labelSelector: Schema = keeping(
  object(
    {
      matchLabels: {
        type: "object",
        description: "Labels that a pod has to have",
        maxProperties: policyBounds.labels,
        additionalProperties: { type: "string", ...longestValue },
      },
      matchExpressions: listOf(
        keeping(
          object(
            {
              key: text("The label", longestKey),
              operator: text("In, NotIn, Exists or DoesNotExist", { enum: ["In", "NotIn", "Exists", "DoesNotExist"] }),
              values: listOf({ type: "string", ...longestValue }, "For In and NotIn", atMost(policyBounds.values)),
            },
            "One requirement",
            ["key", "operator"],
          ),
        ),
        "Requirements that have to hold, all of them",
        atMost(policyBounds.expressions),
      ),
    },
    "Selects pods of the policy's namespace; an empty one selects all",
  ),
);

const ingressRule: Schema = keeping(
  object(
    {
      from: listOf(
        keeping(object({ selector: labelSelector }, "Clients, by the labels of their pods", ["selector"])),
        "Who may connect, by mutual TLS; without it every client with an identity of the mesh",
        atMost(policyBounds.peers),
      ),
      ports: listOf(port, "Ports that are opaque and closed to everybody else", atMost(policyBounds.portsOfRule)),
    },
    "Ports of the target's pods, and who may reach them",
  ),
);

const egressRule: Schema = keeping(
  object(
    {
      to: listOf(
        keeping(
          object(
            {
              ip: keeping({ type: "object", description: "Any address" }),
              ports: listOf(port, "As beside `to`", atMost(policyBounds.portsOfRule)),
            },
            "One destination",
            ["ip"],
          ),
        ),
        "Where to; only any address, ip: {}, has a meaning",
        atMost(policyBounds.peers),
      ),
      ports: listOf(
        port,
        "Ports that are opaque when the target's pods connect to them",
        atMost(policyBounds.portsOfRule),
      ),
    },
    "Ports that the target's pods connect to",
  ),
);

/** meta/v1 Condition. */
const condition: Schema = object(
  {
    type: text("What is told, such as Accepted", { maxLength: 316 }),
    status: text("True, False or Unknown", { enum: ["True", "False", "Unknown"] }),
    observedGeneration: { type: "integer", format: "int64", minimum: 0, description: "Of the policy that was read" },
    lastTransitionTime: text("Since when it is so", { format: "date-time" }),
    reason: text("In one word", { minLength: 1, maxLength: 1024 }),
    message: text("For people", { maxLength: 32_768 }),
  },
  "One statement about the policy",
  ["type", "status", "lastTransitionTime", "reason", "message"],
);

const policy: Schema = object(
  {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    spec: keeping(
      object(
        {
          targetRef: keeping(
            object(
              {
                group: text("Blank or core, which it also is without this", { enum: ["", "core"] }),
                kind: text("Service", { enum: ["Service"] }),
                name: text("A Service of the policy's namespace", { minLength: 1, maxLength: 63 }),
              },
              "The Service whose pods the policy is about",
              ["kind", "name"],
            ),
          ),
          ingress: listOf(ingressRule, "What comes in", atMost(policyBounds.rules)),
          egress: listOf(egressRule, "What goes out", atMost(policyBounds.rules)),
        },
        "What is wanted",
        ["targetRef"],
      ),
    ),
    status: object(
      {
        conditions: listOf(condition, "What weft found", {
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["type"],
        }),
      },
      "What became of it; weft writes it",
    ),
  },
  "TCP ports of a Service's pods that are opaque and reachable by mutual TLS only, and by whom",
  ["spec"],
);
