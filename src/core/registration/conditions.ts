/**
 * What the API server is to look at before it calls an entry, in CEL. The conditions on pods are data: from the same
 * value come the expression and what it says of an object (`entryFor`).
 *
 * Every look-up is guarded (`.?`): an unguarded one is accepted when it is registered and then, on an object without
 * annotations, refuses under Fail and passes the webhook by under Ignore. `namespaceObject` is null for webhooks.
 * matchConditions see the object as the webhooks before have left it.
 */
import { isMirrorPod, mirrorAnnotation } from "../inject/pod/node-bound.ts";
import { keys } from "../mesh/annotations.ts";
import type { Annotations, JsonObject } from "../base/json/json.ts";
import { mirrorLabel } from "./entries.ts";
import { asking } from "./mirror.ts";

export interface MatchCondition extends JsonObject {
  readonly name: string;
  readonly expression: string;
}

/** A condition on a pod's own annotation `linkerd.io/inject`, absent counting as empty. Services pass. */
export interface PodCondition {
  readonly name: string;
  readonly values: readonly string[];
  /** Whether the annotation has to be one of the values, or none of them. */
  readonly isOneOf: boolean;
}

/** In a namespace that asks: pods that do not decline, and those that do or that are beyond words. */
export const notOptedOut: PodCondition = { name: "not-opted-out", values: ["", ...asking], isOneOf: true };
export const optedOut: PodCondition = { name: "service-or-opted-out", values: ["", ...asking], isOneOf: false };

/** In a namespace that does not ask: pods that ask by themselves, and those that do not. */
export const optedIn: PodCondition = { name: "opted-in", values: asking, isOneOf: true };
export const notOptedIn: PodCondition = { name: "service-or-not-opted-in", values: asking, isOneOf: false };

/** A kubelet's mirror of a static pod runs whatever comes of it, and is refused with a proxy. Services pass. */
export const isNoMirror = (annotations: Annotations): boolean => !isMirrorPod(annotations);

export function noMirror(seesServices: boolean): MatchCondition {
  const holds = `!object.metadata.?annotations[?'${mirrorAnnotation}'].hasValue()`;
  return {
    name: seesServices ? "service-or-no-mirror-pod" : "no-mirror-pod",
    expression: orService(holds, seesServices),
  };
}

const orService = (holds: string, seesServices: boolean): string =>
  seesServices ? `request.resource.resource == 'services' || ${holds}` : holds;

export const holdsFor = ({ values, isOneOf }: PodCondition, annotation: string): boolean =>
  values.includes(annotation) === isOneOf;

/** The condition for entries that see pods alone, or pods and Services. */
export function podCondition({ name, values, isOneOf }: PodCondition, seesServices: boolean): MatchCondition {
  const isListed = `${annotationOf("object")} in ${celList(values)}`;
  const holds = isOneOf ? isListed : `!(${isListed})`;
  return { name, expression: orService(holds, seesServices) };
}

const annotationOf = (object: string): string => `${object}.metadata.?annotations[?'${keys.inject}'].orValue('')`;
const celList = (values: readonly string[]): string => `[${values.map((value) => `'${value}'`).join(", ")}]`;

/** The namespace's label is not what its annotation says. */
export const mirrorDiffers: MatchCondition = {
  name: "label-differs-from-annotation",
  expression:
    `(${annotationOf("object")} in ${celList(asking)} ? ${annotationOf("object")} : '')` +
    ` != object.metadata.?labels[?'${mirrorLabel}'].orValue('')`,
};

const differs = (path: string): string => `object.${path} != oldObject.${path}`;

/**
 * What a policy says has changed: its labels, finalizers and owners may be written also where it would be refused today,
 * so that nothing keeps it from being deleted.
 */
export const policyChanged: MatchCondition = {
  name: "created-or-changed",
  expression: ["request.operation == 'CREATE'", differs("metadata.?annotations"), differs("?spec")].join(" || "),
};

/**
 * Something that advice is about has changed; status, replicas and finalizers are not. `oldObject` is null on CREATE.
 * Labels count for Namespaces alone: Pod Security is enforced by them.
 */
export const advisable: MatchCondition = {
  name: "created-or-changed",
  expression: [
    "request.operation == 'CREATE'",
    differs("metadata.?annotations"),
    differs("?spec.?template"),
    differs("?spec.?jobTemplate"),
    `(request.resource.resource == 'services' && ${differs("?spec")})`,
    `(request.resource.resource == 'namespaces' && ${differs("metadata.?labels")})`,
  ].join(" || "),
};
