/** Advice on a workload: what injection says of the pod that it makes, and what only the workload shows. */
import { containerNames, sidecarOf } from "../mesh/sidecar.ts";
import { asObject, itemsOf } from "../base/json/edit.ts";
import { inject } from "../inject/inject.ts";
import type { Injection, Warning } from "../inject/outcome/injection.ts";
import { readMetadata } from "../inject/pod/pod-view.ts";
import { admitted, withTokenMounts } from "../inject/pod/template-pod.ts";
import { knownKeys, unknownKeyWarnings } from "../inject/messages/unknown-keys.ts";
import { skippedWarning } from "../inject/messages/warnings.ts";
import { keys } from "../mesh/annotations.ts";
import type { Annotations, JsonObject } from "../base/json/json.ts";
import { issueText } from "../base/text/issue.ts";
import { targetOf } from "../inject/pod/kinds.ts";
import { podSecurityWarnings } from "./pod-security.ts";
import type { AdviceRequest } from "./request.ts";

export function workloadAdvice({ object, namespace, installation }: AdviceRequest): readonly Warning[] {
  const read = admitted(object, () => undefined);
  const metadata = readMetadata(object);
  if (read === undefined || "issues" in read || "issues" in metadata) return [];
  const { manifest, owner } = read.value;
  const pod = withTokenMounts(read.value.object);
  const injection = inject({ object: pod, namespace, owner, installation, createdBy: "weft/advice" });
  const own = metadata.value;
  return [
    ...injectionAdvice(injection, pod),
    ...(injection.kind === "injected"
      ? [
          ...podSecurityWarnings(pod, injection.object, namespace.labels),
          ...(finite.has(manifest.kind) ? endlessWarnings(pod, injection.object) : []),
        ]
      : []),
    ...(isMeshed(pod) ? [] : misplacedWarnings(own.annotations, annotationsOf(pod), object)),
    ...unknownKeyWarnings(own.annotations, own.labels),
  ];
}

/** What injection says, except to those who injected by hand: they know that there is a proxy. */
function injectionAdvice(injection: Injection, pod: JsonObject): readonly Warning[] {
  if (injection.kind === "refused") return [];
  if (injection.kind === "faulted") {
    const text = `cannot be injected with weft's settings: ${injection.issues.map(issueText).join("; ")}`;
    return [{ about: keys.inject, rank: 0, text }];
  }
  if (!isMeshed(pod)) return injection.warnings;
  const expected = skippedWarning(["sidecar_already_exists"]).text;
  return injection.warnings.filter(({ text }) => text !== expected);
}

/** By `inject --manual`, Linkerd's or ours. */
const isMeshed = (pod: JsonObject): boolean =>
  Object.hasOwn(annotationsOf(pod), keys.createdBy) && sidecarOf(pod) !== undefined;

const containersIn = (pod: JsonObject, list: string): readonly JsonObject[] => itemsOf(asObject(pod["spec"])?.[list]);

/** Its fields were read and checked before. */
const annotationsOf = (pod: JsonObject): Annotations =>
  (asObject(asObject(pod["metadata"])?.["annotations"]) ?? {}) as Annotations;

/** Annotations that are meant for pods, on the workload, where nothing reads them. */
function misplacedWarnings(own: Annotations, ofPod: Annotations, object: JsonObject): readonly Warning[] {
  const misplaced = Object.keys(own).filter((key) => forPods.has(key) && !Object.hasOwn(ofPod, key));
  const [about] = misplaced;
  if (about === undefined) return [];
  const [shown, more] = [misplaced.slice(0, 2).join(", "), misplaced.length - 2];
  const list = more > 0 ? `${shown} and ${more} more` : shown;
  const where = [...(targetOf(object)?.path ?? []), "metadata", "annotations"].join(".");
  const text = `${list} ${misplaced.length === 1 ? "has" : "have"} no effect here: pods get the annotations in ${where}`;
  return [{ about, rank: 1, text }];
}

const written: ReadonlySet<string> = new Set([keys.createdBy, keys.proxyVersionWritten, keys.trustRootHash]);
const forPods: ReadonlySet<string> = new Set([...knownKeys].filter((key) => !written.has(key)));

const finite: ReadonlySet<string> = new Set(["job", "cronjob"]);

/** Containers of weft's that run on when the work is done: the pod then never completes. */
function endlessWarnings(before: JsonObject, after: JsonObject): readonly Warning[] {
  const present = new Set(containersIn(before, "containers"));
  return containersIn(after, "containers")
    .filter((container) => !present.has(container) && !canBeShutDown(container))
    .flatMap(({ name }) => {
      const row = endless.find((each) => each.name === name);
      if (row === undefined) return [];
      const text = `${row.name} runs on when the work is done, so that the Job never completes; ${row.remedy}`;
      return [{ about: row.about, rank: 0 as const, text }];
    });
}

const endless = [
  {
    name: containerNames.proxy,
    about: keys.proxyEnableNativeSidecar,
    remedy: `${keys.proxyEnableNativeSidecar}: "true" makes it end by itself`,
  },
  { name: containerNames.debug, about: keys.enableDebugSidecar, remedy: `leave ${keys.enableDebugSidecar} away` },
] as const;

/** The application is allowed to end the proxy itself, so its author thought of it. */
const canBeShutDown = (container: JsonObject): boolean =>
  itemsOf(container["env"]).some(
    ({ name, value }) => name === "LINKERD2_PROXY_SHUTDOWN_ENDPOINT_ENABLED" && value === "true",
  );
