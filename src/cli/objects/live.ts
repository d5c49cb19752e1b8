/** Objects of the cluster as somebody named them, and what stands around them: namespaces, owners, the pods of workloads. */
import type { Fact } from "../../core/checks/fact.ts";
import { known, valueOf } from "../../core/checks/fact.ts";
import { selectorText } from "../../core/install/names.ts";
import { ownerStep } from "../../core/inject/pod/owner.ts";
import { readMetadata } from "../../core/inject/pod/pod-view.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { nameOf, textAt, textMapAt } from "../../core/base/json/read.ts";
import { dnsLabel, isDnsSubdomain } from "../../core/base/scalars/dns-label.ts";
import { oneLine, quoted } from "../../core/base/text/quote.ts";
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import type { NamedResource } from "../../core/kubernetes/resource-words.ts";
import { metadataOnly, readNamed } from "../check/reach.ts";
import type { Objects, Reach } from "../check/reach.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import { whyUnknown } from "./installed.ts";

export interface Scope {
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
}

/** In the order of the names; or a failure with all that cannot be had. */
export async function liveObjects(
  reach: Reach,
  named: readonly NamedResource[],
  scope: Scope,
): Promise<readonly JsonObject[]> {
  const found = await Promise.all(named.map((each) => liveOf(reach, each, scope)));
  const faults = found.flatMap((fact) => (fact.kind === "known" ? [] : [`${fact.what}: ${whyUnknown(fact)}`]));
  if (faults.length > 0) throw new CommandFailure(faults.map(oneLine));
  return found.flatMap((fact) => valueOf(fact) ?? []);
}

async function liveOf(
  reach: Reach,
  { kind, name }: NamedResource,
  { namespace, labelSelector }: Scope,
): Promise<Fact<Objects>> {
  if (namespace !== undefined && !dnsLabel.test(namespace))
    throw usageFailure(`--namespace: ${quoted(namespace)} is not the name of a namespace`);
  if (name === undefined) {
    const what = `${kind.kind}s${namespace === undefined ? "" : ` in namespace ${namespace}`}`;
    return listedOf(reach, what, kind, { namespace, labelSelector });
  }
  if (!isDnsSubdomain(name)) throw usageFailure(`${kind.plural}/${name}: ${quoted(name)} is not the name of an object`);
  const found = await readNamed(reach, kind, name, namespace);
  return found.kind === "known" ? known([withKind(kind, found.value)]) : found;
}

/** Items of a list do not say their kind. */
const withKind = ({ apiVersion, kind }: Kind, object: JsonObject): JsonObject => ({ ...object, apiVersion, kind });

async function listedOf(
  reach: Reach,
  what: string,
  kind: Kind,
  { namespace, labelSelector, isBrief = false }: Scope & { readonly isBrief?: boolean },
): Promise<Fact<Objects>> {
  const found = await reach.list(what, collectionPath(kind, namespace), {
    ...(labelSelector === undefined ? {} : { query: { labelSelector } }),
    ...(isBrief ? { accept: metadataOnly } : {}),
  });
  return found.kind === "known" ? known(found.value.map((object) => withKind(kind, object))) : found;
}

/** So many are asked for one by one; of more, all there are. */
const fewObjects = 8;

/** The namespaces by their names: each a fact of its own. */
export async function liveNamespaces(
  reach: Reach,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, Fact<JsonObject>>> {
  if (wanted.length <= fewObjects) {
    return new Map(
      await Promise.all(
        wanted.map(async (name) => [name, await readNamed(reach, resources.namespaces, name)] as const),
      ),
    );
  }
  const all = await listedOf(reach, "Namespaces", resources.namespaces, { ...everywhere, isBrief: true });
  if (all.kind !== "known") return new Map(wanted.map((name) => [name, all]));
  const byName = new Map(all.value.map((object) => [nameOf(object), object]));
  return new Map(wanted.map((name) => [name, foundIn(byName, name)]));
}

const everywhere: Scope = { namespace: undefined, labelSelector: undefined };

function foundIn(byName: ReadonlyMap<string, JsonObject>, name: string): Fact<JsonObject> {
  const object = byName.get(name);
  return object === undefined ? { kind: "absent", what: `Namespace ${name}`, text: "not found" } : known(object);
}

const ownerKinds = { ReplicaSet: resources.replicaSets, Job: resources.jobs } as const;

/** The ReplicaSets and Jobs that made these pods; those that cannot be read are left out. */
export async function liveOwners(reach: Reach, pods: readonly JsonObject[]): Promise<Objects> {
  const wanted = new Map(
    pods.flatMap((pod) => {
      const read = readMetadata(pod);
      const step = "value" in read ? ownerStep(read.value) : undefined;
      if (step?.kind !== "look up") return [];
      const namespace = textAt(pod, "metadata", "namespace");
      return [[[step.of, namespace, step.name].join("/"), { of: step.of, namespace, name: step.name }] as const];
    }),
  );
  if (wanted.size <= fewObjects) {
    const found = await Promise.all(
      [...wanted.values()].map(async ({ of, namespace, name }) => {
        const owner = valueOf(await readNamed(reach, ownerKinds[of], name, namespace));
        return owner === undefined ? [] : [withKind(ownerKinds[of], owner)];
      }),
    );
    return found.flat();
  }
  const kinds = [...new Set([...wanted.values()].map(({ of }) => ownerKinds[of]))];
  const all = await Promise.all(
    kinds.map((kind) => listedOf(reach, kind.plural, kind, { ...everywhere, isBrief: true })),
  );
  return all.flatMap((fact) => valueOf(fact) ?? []);
}

/** Pods that may be those of these workloads, and perhaps others: by the selector of one, or all of where they are. */
export async function livePods(reach: Reach, workloads: readonly JsonObject[]): Promise<Fact<Objects>> {
  const namespaces = new Set(workloads.map((each) => textAt(each, "metadata", "namespace")));
  const [namespace] = namespaces.size === 1 ? [...namespaces] : [undefined];
  const [only] = workloads.length === 1 ? workloads : [undefined];
  const labelSelector = only === undefined ? "" : selectorOf(only);
  const scope = { namespace, labelSelector: labelSelector === "" ? undefined : labelSelector };
  return listedOf(reach, `Pods${namespace === undefined ? "" : ` in namespace ${namespace}`}`, resources.pods, scope);
}

/** What pods have to have at least; blank: it cannot be said. */
const selectorOf = (workload: JsonObject): string => {
  const isPlain = workload["kind"] === "ReplicationController";
  return selectorText(textMapAt(workload, "spec", "selector", ...(isPlain ? [] : ["matchLabels"])));
};
