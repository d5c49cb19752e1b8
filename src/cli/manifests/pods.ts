/**
 * Pods as the webhook would be asked about them: what `explain`, `diff` and `rules` work on. They come from manifests or
 * from the cluster, and so does what stands around them.
 */
import type { Command } from "commander";
import { clusterOf, eitherCluster, readCluster } from "../../core/cluster/objects.ts";
import type { Cluster } from "../../core/cluster/objects.ts";
import type { Around, Asked, NamespaceFound } from "../../core/explain/around.ts";
import type { Question } from "../../core/explain/answer.ts";
import type { Installation } from "../../core/inject/settings/installation.ts";
import type { Subject, Warning } from "../../core/inject/outcome/injection.ts";
import type { InjectRequest } from "../../core/inject/request.ts";
import { admitted, withTokenMounts } from "../../core/inject/pod/template-pod.ts";
import { unknownKeyWarnings } from "../../core/inject/messages/unknown-keys.ts";
import { withTexts } from "../../core/manifests/texts.ts";
import type { Annotations, JsonObject } from "../../core/base/json/json.ts";
import { annotationsOf, labelsOf, objectsAt, textAt } from "../../core/base/json/read.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { issuesOf } from "../../core/base/text/result.ts";
import { fingerprintsIn } from "../../certificates/mesh/facts.ts";
import { podState } from "../../core/dataplane/state.ts";
import type { NamespaceNow, PodState } from "../../core/dataplane/state.ts";
import { sidecarOf } from "../../core/mesh/sidecar.ts";
import { known, valueOf } from "../../core/checks/fact.ts";
import type { Fact } from "../../core/checks/fact.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { clustersValues, isGiven, textsOf, withControlPlaneFlag, withMeshFiles } from "../options.ts";
import { withAskedCluster } from "../cluster.ts";
import { manifestWarnings } from "../../core/admission/manifest.ts";
import { sorted } from "../../core/inject/messages/warnings.ts";
import { eachObject, readAll } from "./inputs.ts";
import { withAnchors, installationLines } from "../../serve/installation.ts";
import { aroundIn } from "../objects/around.ts";
import type { ClusterAround } from "../objects/around.ts";
import { loadMesh, namesCluster } from "../objects/mesh.ts";
import type { MeshLoaded } from "../objects/mesh.ts";
import { subjectsOf } from "../objects/words.ts";

export const podsArgument =
  "objects of the cluster, such as deploy/web; or manifests: files, folders, https URLs, or - for standard input (default -)";

/** The flags that say what to look at, and what the manifests do not say: the namespace, the cluster, the settings. */
export const withPodFlags = (command: Command): Command =>
  withMeshFiles(
    withControlPlaneFlag(withAskedCluster(command))
      .option(
        "-n, --namespace <name>",
        'namespace of the objects; of manifests, where they do not say theirs (default: of the context, else "default")',
      )
      .option("-A, --all-namespaces", "with a kind, such as deploy: those of all namespaces")
      .option("-l, --selector <labels>", "with a kind: those that have the labels, as a=b,c=d")
      .option(
        "--namespace-annotations <list>",
        "annotations of the objects' namespaces, as key=value,…; may be given several times",
        several,
      )
      .option("--objects <file>", "namespaces and owners, YAML or JSON; may be given several times", several),
    { settings: clustersValues, trustAnchors: "those of the cluster, else words in their place" },
  );

const several = (text: string, earlier: readonly string[] = []): readonly string[] => [...earlier, text];

/** One object of a manifest or of the cluster, ready to be asked about. */
export interface PodQuestion extends Question {
  /** What it was made from; for pods the pod itself. */
  readonly manifest: Subject;
  /** What the author of the manifest is told when it is applied. */
  readonly advised: readonly Warning[];
  /** As it was read. */
  readonly source: JsonObject;
}

export interface PodQuestions {
  readonly questions: readonly PodQuestion[];
  /** They were listed by their kind, and not named. */
  readonly isList: boolean;
  /** Undefined: no cluster was asked. */
  readonly cluster: ClusterAround | undefined;
  /** Those of a workload that is in the cluster; undefined: it is none. */
  readonly podsOf: (question: PodQuestion) => Fact<readonly PodState[]> | undefined;
}

/** What injection says of the pod, and what is to be said of the manifest beside it. */
export const withAdvice = (
  warnings: readonly Warning[],
  { advised }: Pick<PodQuestion, "advised">,
): readonly Warning[] =>
  sorted([...warnings, ...advised.filter(({ text }) => warnings.every((each) => each.text !== text))]);

/** Everything that would come to the webhook; or a failure with all that is wrong with it. */
export async function podQuestions(words: readonly string[], command: Command, io: Io): Promise<PodQuestions> {
  const { files, named, notices } = await subjectsOf(words);
  const isList = named.some(({ name }) => name === undefined);
  for (const flag of ["allNamespaces", "selector"] as const) {
    if (command.getOptionValue(flag) !== undefined && !isList)
      throw usageFailure(`--${flag === "selector" ? flag : "all-namespaces"} is for a kind, such as deploy`);
  }
  for (const notice of notices) io.stderr(`weft: ${notice}\n`);
  const more = namespaceAnnotations(textsOf(command, "namespaceAnnotations"));
  for (const { text } of unknownKeyWarnings(more, {})) io.stderr(`weft: --namespace-annotations: ${text}\n`);
  const given = await givenObjects(files, command, io);
  const scope = {
    namespace: isGiven(command, "allNamespaces") ? undefined : textsOf(command, "namespace").at(-1),
    isAll: isGiven(command, "allNamespaces"),
    labelSelector: textsOf(command, "selector").at(-1),
  };
  const cluster =
    named.length > 0 || namesCluster(command)
      ? await aroundIn(command, io, { named, scope, manifests: given.objects })
      : undefined;
  const loaded = await loadForReading(command, io, cluster);
  const installation = withAnchors(loaded.installation);
  const context: Context = {
    ...given,
    more,
    cluster,
    installation,
    from: { settings: loaded.mesh.settings?.name, trustAnchors: loaded.mesh.trustAnchors?.name },
    defaultNamespace: cluster?.defaultNamespace ?? scope.namespace ?? "default",
    version: io.version,
  };
  const questions = [...given.objects, ...(cluster?.objects ?? [])].flatMap((object) => questionOf(object, context));
  const podsOf = podsBy(cluster, context);
  if (questions.length > 0 || (isList && files.length === 0)) return { questions, isList, cluster, podsOf };
  throw new CommandFailure([`${given.names.join(", ")}: no pod, no workload and no service there`]);
}

interface Given {
  readonly names: readonly string[];
  readonly objects: readonly JsonObject[];
  /** Of `--objects`, and of the manifests themselves. */
  readonly beside: Cluster;
  /** There are files that could have a namespace. */
  readonly isWhole: boolean;
}

async function givenObjects(names: readonly string[], command: Command, io: Io): Promise<Given> {
  const inputs = await readAll(names, io);
  const files = textsOf(command, "objects");
  const given = readCluster(await readAll(files, io), withTexts);
  if ("issues" in given) throw new CommandFailure(given.issues.map(issueText));
  const objects: JsonObject[] = [];
  eachObject(inputs, io, (object) => {
    const read = admitted(object, () => undefined);
    objects.push(object);
    return issuesOf(read);
  });
  return {
    names: inputs.map(({ name }) => name),
    objects,
    beside: eitherCluster(clusterOf(objects), given.value),
    isWhole: files.length > 0,
  };
}

interface Context extends Given {
  readonly more: Annotations;
  readonly cluster: ClusterAround | undefined;
  readonly installation: Installation;
  readonly from: Pick<Around, "settings" | "trustAnchors">;
  readonly defaultNamespace: string;
  readonly version: string;
}

function questionOf(source: JsonObject, context: Context): readonly PodQuestion[] {
  const { installation, cluster, beside, defaultNamespace, version } = context;
  const ownNamespace = textAt(source, "metadata", "namespace") || defaultNamespace;
  const read = admitted(
    source,
    (kind, name) =>
      beside.objectNamed(kind, ownNamespace, name) ?? cluster?.owners.objectNamed(kind, ownNamespace, name),
  );
  if (read === undefined || "issues" in read) return [];
  const { manifest, namespace, object: asked, owner } = read.value;
  const name = namespace === "" ? defaultNamespace : namespace;
  const found = namespaceOf(name, context);
  const { annotations, labels } = found.kind === "known" ? found.value : { annotations: {}, labels: {} };
  const request: InjectRequest = {
    object: installation.settings["identity.serviceAccountTokenProjection"] ? asked : withTokenMounts(asked),
    namespace: { name, annotations, ...(found.kind === "absent" ? { missing: true } : {}) },
    owner,
    installation,
    createdBy: `weft/webhook ${version}`,
  };
  const around: Around = {
    namespace: found,
    registration: cluster === undefined ? { kind: "unasked" } : cluster.seenBy({ name, labels }, asked),
    ...context.from,
  };
  const here = { name, annotations, labels };
  const state =
    cluster === undefined ? meshedState(source, here, installation) : cluster.stateOf(source, here, installation);
  const advised = manifestWarnings(source, installation, { ...request.namespace, labels });
  return [{ manifest, request, around, advised, source, ...(state === undefined ? {} : { state }) }];
}

/** The pods in the cluster by who made them: a Deployment, and its ReplicaSet as well. */
function podsBy(cluster: ClusterAround | undefined, context: Context): PodQuestions["podsOf"] {
  if (cluster === undefined) return () => undefined;
  const owned = new Map<string, PodState[]>();
  const add = (key: string, state: PodState): void => {
    const found = owned.get(key);
    if (found === undefined) owned.set(key, [state]);
    else found.push(state);
  };
  for (const pod of valueOf(cluster.pods) ?? []) {
    const [question] = questionOf(pod, context);
    if (question?.state === undefined) continue;
    const { owner, namespace } = question.request;
    const keys = [owner, ...ownersOf(pod)].map(({ kind, name }) =>
      [namespace.name, kind.toLowerCase(), name].join("/"),
    );
    for (const key of new Set(keys)) add(key, question.state);
  }
  const named = new Set(cluster.objects);
  return ({ manifest, request, source }) => {
    if (!named.has(source) || source["kind"] === "Pod" || source["kind"] === "Service") return undefined;
    const key = [request.namespace.name, manifest.kind, manifest.name].join("/");
    return cluster.pods.kind === "known" ? known(owned.get(key) ?? []) : cluster.pods;
  };
}

const ownersOf = (pod: JsonObject): readonly { readonly kind: string; readonly name: string }[] =>
  objectsAt(pod, "metadata", "ownerReferences").map((each) => ({
    kind: textAt(each, "kind"),
    name: textAt(each, "name"),
  }));

/** A pod of some cluster that is held against what was given; why one has no proxy its cluster alone can tell. */
function meshedState(source: JsonObject, namespace: Omit<NamespaceNow, "asked">, installation: Installation) {
  if (source["kind"] !== "Pod" || textAt(source, "metadata", "uid") === "" || sidecarOf(source) === undefined)
    return undefined;
  const mesh = { installation, registration: undefined, fingerprints: fingerprintsIn };
  return podState(source, { ...namespace, asked: undefined }, mesh);
}

/** Read from top to bottom: what the manifests have, what the cluster has, what a flag says by itself. */
function namespaceOf(name: string, { beside, cluster, more, isWhole }: Context): Asked<NamespaceFound> {
  const given = beside.objectNamed("Namespace", "", name);
  if (given !== undefined) return { kind: "known", value: withMore(given, more) };
  const found = cluster?.namespaces.get(name);
  if (found?.kind === "known") {
    return {
      kind: "known",
      value: withMore({ annotations: annotationsOf(found.value), labels: labelsOf(found.value) }, more),
    };
  }
  if (Object.keys(more).length > 0) return { kind: "known", value: { annotations: more, labels: {} } };
  if (found !== undefined) return found;
  return isWhole ? { kind: "absent", what: `Namespace ${name}`, text: "not among --objects" } : { kind: "unasked" };
}

const withMore = ({ annotations, labels }: NamespaceFound, more: Annotations): NamespaceFound => ({
  annotations: { ...annotations, ...more },
  labels,
});

async function loadForReading(command: Command, io: Io, cluster: ClusterAround | undefined): Promise<MeshLoaded> {
  const installed = cluster?.installed;
  // With all of it in files nothing is missing.
  const isAllGiven = textsOf(command, "settings").length > 0;
  if (installed !== undefined && "issues" in installed && !isAllGiven) {
    const why = installed.issues.map(issueText).join("; ");
    io.stderr(`weft: the installed settings are not known, so Linkerd's default values count: ${why}\n`);
  }
  const loaded = await loadMesh(
    command,
    io,
    installed !== undefined && "value" in installed ? installed.value : undefined,
  );
  // Nobody asks for anchors that stand in the settings: what is read here needs none.
  const told = textsOf(command, "trustAnchors").length === 0 ? { ...loaded, anchorWarnings: [] } : loaded;
  for (const line of installationLines(told)) io.stderr(`weft: ${line}\n`);
  return loaded;
}

/** `key=value,key=value`; a comma that no key follows belongs to the value, as in `skip-inbound-ports=25,110`. */
export function namespaceAnnotations(texts: readonly string[]): Annotations {
  const pieces = texts.flatMap((text) => text.split(/,(?=[A-Za-z0-9][\w./-]*=)/));
  return Object.fromEntries(
    pieces.map((piece) => {
      const [, key, value] = /^([A-Za-z0-9][\w./-]*)=(.*)$/s.exec(piece) ?? [];
      if (key === undefined || value === undefined) {
        throw usageFailure(`--namespace-annotations: ${quoted(piece)} is not key=value`);
      }
      return [key, value];
    }),
  );
}
