/** What can come out of an injection: one union, each case with what its readers need. */
import type { Issue } from "../../base/text/issue.ts";
import type { JsonObject } from "../../base/json/json.ts";
import type { SkipReason } from "./reasons.ts";

/** One operation of a JSON Patch (RFC 6902). */
export type Operation =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };
export type Patch = readonly Operation[];

/** Something its author should know; never changes what comes out. Most important first. */
export interface Warning {
  /** The annotation, label or field it is about. */
  readonly about: string;
  /** One line without newline, without the object's name: see `warningLine`. */
  readonly text: string;
  /** 0 first: 0 asked and not meshed, 1 a value that is not used, 2 a key that looks mistyped, 3 a value used, but doubtful. */
  readonly rank: 0 | 1 | 2 | 3;
  /** What it is about is used, and the pod will not run with it. */
  readonly isFatal?: boolean;
}

/** What the object is, in words: lower-case kind, and its name or generateName. */
export interface Subject {
  readonly kind: string;
  readonly name: string;
}

/** Who made a pod: kind in lower case. `pod` with the pod's own name when nobody did. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
  /** As others refer to it, for events; absent where nothing said it. */
  readonly reference?: OwnerReference;
}

interface OwnerReference {
  readonly apiVersion: string;
  /** As its API group spells it. */
  readonly kind: string;
  readonly uid: string;
}

interface Outcome {
  readonly subject: Subject;
  readonly owner: Owner;
  /** Which annotation asked: Linkerd's metric label `annotation_at`. */
  readonly annotationAt: "namespace" | "workload" | "";
  readonly warnings: readonly Warning[];
}

/** The proxy was added. */
export interface Injected extends Outcome {
  readonly kind: "injected";
  readonly object: JsonObject;
  readonly patch: Patch;
}
/** A pod that weft's webhook injected before came again (reinvocation); only its own containers and annotations follow. */
export interface Updated extends Outcome {
  readonly kind: "updated";
  readonly object: JsonObject;
  /** Empty when nothing had to follow. */
  readonly patch: Patch;
}
/** Not injected, but the opaque-ports annotation was added. */
export interface Annotated extends Outcome {
  readonly kind: "annotated";
  readonly reasons: readonly SkipReason[];
  readonly object: JsonObject;
  readonly patch: Patch;
}
/** Nothing to do. */
export interface Skipped extends Outcome {
  readonly kind: "skipped";
  readonly reasons: readonly SkipReason[];
}
/** The object cannot be what it says it is (a field of the wrong type): the only denial. */
export interface Refused {
  readonly kind: "refused";
  readonly issues: readonly Issue[];
}
/** The settings cannot inject: a fault of the installation, never the pod's. */
export interface Faulted {
  readonly kind: "faulted";
  readonly issues: readonly Issue[];
}
export type Injection = Injected | Updated | Annotated | Skipped | Refused | Faulted;
