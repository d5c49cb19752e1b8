/**
 * Advice at apply time: an object that somebody applies → what they should know of its pods in the mesh. Pods are made
 * later, by controllers, and what is said of them then reaches nobody. Advice decides nothing.
 */
import { targetOf, nameOf } from "../inject/pod/kinds.ts";
import type { RequestKind } from "../inject/pod/kinds.ts";
import type { Subject, Warning } from "../inject/outcome/injection.ts";
import { sorted } from "../inject/messages/warnings.ts";
import type { JsonObject } from "../base/json/json.ts";
import { isChanged, isMadeByController } from "./changes.ts";
import { namespaceAdvice } from "./namespace.ts";
import { serviceAdvice } from "./service.ts";
import { workloadAdvice } from "./workload.ts";
import type { AdviceRequest } from "./request.ts";

export interface Advice {
  readonly subject: Subject;
  /** Most important first; none when there is nothing to say. */
  readonly warnings: readonly Warning[];
}

/** What the author of this object should know. Nothing about what did not change, and nothing to controllers. */
export function advice(request: AdviceRequest): Advice {
  const { oldObject } = request;
  const object = withKind(request.object, request.requestKind);
  const target = targetOf(object, request.requestKind);
  const subject = { kind: target?.kind ?? "object", name: nameOf(object) };
  const advise = adviserOf(subject.kind);
  if (target === undefined || advise === undefined || isMadeByController(object)) return { subject, warnings: [] };
  if (oldObject !== undefined && !isChanged(target, oldObject, object)) return { subject, warnings: [] };
  return { subject, warnings: sorted(advise({ ...request, object })) };
}

export type Advise = (request: AdviceRequest) => readonly Warning[];

/** For a kind in lower case. */
export const adviserOf = (kind: string): Advise | undefined => advisers.get(kind);

const advisers: ReadonlyMap<string, Advise> = new Map<string, Advise>([
  ["deployment", workloadAdvice],
  ["statefulset", workloadAdvice],
  ["daemonset", workloadAdvice],
  ["job", workloadAdvice],
  ["cronjob", workloadAdvice],
  ["namespace", namespaceAdvice],
  ["service", serviceAdvice],
]);

const withKind = (object: JsonObject, requested: RequestKind | undefined): JsonObject =>
  object["kind"] === undefined && requested !== undefined ? { ...object, kind: requested.kind } : object;
