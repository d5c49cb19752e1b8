/** What a cluster says of the objects that a command is about: the objects, and what stands around them and manifests. */
import type { Command } from "commander";
import { clusterOf } from "../../core/cluster/objects.ts";
import type { Cluster } from "../../core/cluster/objects.ts";
import type { MeshInCluster } from "../../core/cluster/mesh-texts.ts";
import { valueOf } from "../../core/checks/fact.ts";
import type { Fact } from "../../core/checks/fact.ts";
import { linkerdConfiguration, linkerdsNamespace, registeredNamespace } from "../../core/checks/registered.ts";
import { podState } from "../../core/dataplane/state.ts";
import type { MeshNow, NamespaceNow, PodState } from "../../core/dataplane/state.ts";
import { askedSince, timeAt } from "../../core/dataplane/times.ts";
import type { Asked } from "../../core/explain/around.ts";
import type { Installation } from "../../core/inject/settings/installation.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { nameOf, textAt } from "../../core/base/json/read.ts";
import type { Result } from "../../core/base/text/result.ts";
import type { NamedResource } from "../../core/kubernetes/resource-words.ts";
import type { NamespaceLabels } from "../../core/registration/entry-for.ts";
import { seenBy } from "../../core/registration/seen-by.ts";
import type { SeenBy } from "../../core/registration/seen-by.ts";
import { fingerprintsIn } from "../../certificates/mesh/facts.ts";
import { reachOf, registrations } from "../check/reach.ts";
import type { Objects, Reach } from "../check/reach.ts";
import { openCluster } from "../cluster.ts";
import type { Io } from "../io.ts";
import { givenControlPlaneNamespace } from "../options.ts";
import { installedMesh, ownRegistration } from "./installed.ts";
import { liveNamespaces, liveObjects, liveOwners, livePods } from "./live.ts";

export interface ClusterAround {
  /** Those that were named. */
  readonly objects: Objects;
  /** Where objects are that do not say it. */
  readonly defaultNamespace: string;
  readonly namespaces: ReadonlyMap<string, Fact<JsonObject>>;
  /** ReplicaSets and Jobs. */
  readonly owners: Cluster;
  readonly installed: Result<MeshInCluster>;
  readonly seenBy: (namespace: NamespaceLabels, object: JsonObject) => Asked<SeenBy>;
  /** Of a pod that is in the cluster; undefined: it is not, or is no pod. */
  readonly stateOf: (
    object: JsonObject,
    namespace: Omit<NamespaceNow, "asked">,
    installation: Installation,
  ) => PodState | undefined;
  /** That may be those of the named workloads. */
  readonly pods: Fact<Objects>;
  readonly reach: Reach;
}

export interface Wanted {
  readonly named: readonly NamedResource[];
  readonly scope: {
    readonly namespace: string | undefined;
    readonly isAll: boolean;
    readonly labelSelector: string | undefined;
  };
  /** What is asked about as it would be in the cluster. */
  readonly manifests: Objects;
}

export async function aroundIn(command: Command, io: Io, { named, scope, manifests }: Wanted): Promise<ClusterAround> {
  const api = await openCluster(command, io);
  const reach = reachOf({ api, clock: () => new Date() });
  const defaultNamespace = scope.namespace ?? api.namespace ?? "default";
  const { labelSelector, isAll } = scope;
  const objects = await liveObjects(reach, named, { namespace: isAll ? undefined : defaultNamespace, labelSelector });
  const workloads = objects.filter(({ kind }) => kind !== "Pod" && kind !== "Service");
  const [mutating, pods] = await Promise.all([
    registrations(reach),
    workloads.length === 0 ? { kind: "known" as const, value: [] } : livePods(reach, workloads),
  ]);
  const all = [...objects, ...(valueOf(pods) ?? [])];
  const names = [...objects, ...manifests].map((each) => textAt(each, "metadata", "namespace") || defaultNamespace);
  const [namespaces, owners, installed] = await Promise.all([
    liveNamespaces(reach, [...new Set(names)]),
    liveOwners(
      reach,
      all.filter(({ kind }) => kind === "Pod"),
    ),
    installedMesh(reach, mutating, givenControlPlaneNamespace(command, io)),
  ]);
  const registration = registered(valueOf(mutating) ?? []);
  return {
    objects,
    defaultNamespace,
    namespaces,
    owners: clusterOf(owners),
    installed,
    seenBy: (namespace, object) =>
      mutating.kind === "known" ? { kind: "known", value: seenBy(mutating.value, namespace, object) } : mutating,
    stateOf: (object, namespace, installation) => {
      if (object["kind"] !== "Pod" || textAt(object, "metadata", "uid") === "") return undefined;
      const found = valueOf(namespaces.get(namespace.name) ?? unread);
      const asked = found === undefined ? undefined : askedSince(found);
      return podState(object, { ...namespace, asked }, { installation, registration, fingerprints: fingerprintsIn });
    },
    pods,
    reach,
  };
}

const unread = { kind: "absent", what: "", text: "" } as const;

/** Of weft, or of Linkerd where weft is not there. */
function registered(mutating: Objects): MeshNow["registration"] {
  const own = ownRegistration(mutating, registeredNamespace(mutating) ?? "");
  if (own !== undefined) return own;
  const namespace = linkerdsNamespace(mutating);
  const linkerds = mutating.find((each) => nameOf(each) === linkerdConfiguration);
  if (namespace === undefined || linkerds === undefined) return undefined;
  return { reach: { namespace }, made: timeAt(linkerds, "metadata", "creationTimestamp") };
}
