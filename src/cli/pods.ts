/** The pods of manifests as the webhook would be asked about them: what `explain` and `diff` work on. */
import { Option } from "commander";
import type { Command } from "commander";
import { readCluster } from "../core/cluster/objects.ts";
import { readDocument } from "../core/documents/document.ts";
import { splitDocuments } from "../core/documents/stream.ts";
import type { Installation } from "../core/inject/installation.ts";
import type { Subject } from "../core/inject/injection.ts";
import type { InjectRequest, RequestNamespace } from "../core/inject/request.ts";
import { admitted, withTokenMounts } from "../core/inject/template-pod.ts";
import { withTexts } from "../core/manifests/texts.ts";
import { isList, isObject } from "../core/mesh/api.ts";
import type { Annotations, Json, JsonObject } from "../core/mesh/api.ts";
import { issueText } from "../core/mesh/issue.ts";
import type { Issue } from "../core/mesh/issue.ts";
import { quoted } from "../core/mesh/quote.ts";
import { readInputs } from "../files/inputs.ts";
import type { Input } from "../files/inputs.ts";
import { loadInstallation, withAnchors } from "./installation.ts";
import { CommandFailure, usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { controlPlaneNamespace, textsOf } from "./options.ts";

export const podsArgument = "manifests: files, folders, https URLs, or - for standard input (default -)";

/** The flags that say what the manifests do not: the namespace, the cluster, the settings. */
export const withPodFlags = (command: Command): Command =>
  command
    .option("-n, --namespace <name>", 'namespace of objects that do not say theirs (default "default")')
    .option(
      "--namespace-annotations <list>",
      "annotations of the objects' namespaces, as key=value,…; may be given several times",
      several,
    )
    .option("--objects <file>", "namespaces and owners, YAML or JSON; may be given several times", several)
    .option("--settings <file>", "Linkerd's Helm values, YAML or JSON (default: those of its chart)")
    .option("--trust-anchors <file>", "certificates that the proxies trust, PEM (default: words in their place)")
    .option(
      "-L, --linkerd-namespace <namespace>",
      'namespace of the control plane (default "linkerd"; $LINKERD_NAMESPACE)',
    )
    .addOption(new Option("--control-plane-namespace <namespace>").hideHelp());

const several = (text: string, earlier: readonly string[] = []): readonly string[] => [...earlier, text];

/** One object of a manifest, ready to be asked about. */
export interface PodQuestion {
  /** What it was made from; for pods the pod itself. */
  readonly manifest: Subject;
  readonly request: InjectRequest;
}

/** Everything in the manifests that would come to the webhook; or a failure with all that is wrong with them. */
export async function podQuestions(
  names: readonly string[],
  command: Command,
  io: Io,
): Promise<readonly PodQuestion[]> {
  const inputs = await readAll(names.length === 0 ? ["-"] : names, io);
  const files = textsOf(command, "objects");
  const objects = files.length === 0 ? [] : await readAll(files, io);
  const read = readCluster([...inputs, ...objects], withTexts);
  if ("issues" in read) throw new CommandFailure(read.issues.map(issueText));
  const installation = await loadForReading(command, io);
  const more = namespaceAnnotations(textsOf(command, "namespaceAnnotations"));
  const namespaceNamed = (name: string): RequestNamespace => {
    const found = read.cluster.namespaceNamed(name);
    // Without files that could have it, a missing namespace is no news.
    const missing = found === undefined && files.length > 0;
    return { name, annotations: { ...found, ...more }, ...(missing ? { missing } : {}) };
  };
  const usual = textsOf(command, "namespace").at(-1) ?? "default";
  const questions = inputs.flatMap(objectsIn).map(({ object, place }) => {
    const found = admitted(object, (kind, name) => read.cluster.objectNamed(kind, namespaceOf(object, usual), name));
    if (found === undefined) return [];
    if ("issues" in found) return found.issues.map((issue) => ({ ...issue, at: `${place}: ${issue.at}` }));
    const { manifest, namespace, object: asked, owner } = found.value;
    const request: InjectRequest = {
      object: installation.settings["identity.serviceAccountTokenProjection"] ? asked : withTokenMounts(asked),
      namespace: namespaceNamed(namespace === "" ? usual : namespace),
      owner,
      installation,
      createdBy: `weft/webhook ${io.version}`,
    };
    return [{ manifest, request }];
  });
  const issues = questions.flat().filter((each): each is Issue => "message" in each);
  if (issues.length > 0) throw new CommandFailure(issues.map(issueText));
  const found = questions.flat().filter((each): each is PodQuestion => "request" in each);
  if (found.length > 0) return found;
  throw new CommandFailure([`${inputs.map(({ name }) => name).join(", ")}: no pod, no workload and no service there`]);
}

async function readAll(names: readonly string[], { stdin }: Io): Promise<readonly Input[]> {
  const read = await readInputs(names, { stdin, fetch: (url) => fetch(url, { signal: AbortSignal.timeout(60_000) }) });
  if ("issues" in read) throw new CommandFailure(read.issues.map(issueText));
  return read.inputs;
}

async function loadForReading(command: Command, io: Io): Promise<Installation> {
  const { installation, warnings } = await loadInstallation({
    settings: textsOf(command, "settings").at(-1),
    trustAnchors: textsOf(command, "trustAnchors").at(-1),
    controlPlaneNamespace: controlPlaneNamespace(command, io),
  });
  for (const issue of warnings) io.stderr(`weft: settings: ${issueText(issue)}\n`);
  return withAnchors(installation);
}

interface Placed {
  readonly object: JsonObject;
  readonly place: string;
}

/** Documents were read before, for the cluster: they have no issues. Values are typed as `weft inject` types them. */
const objectsIn = ({ name, text }: Input): readonly Placed[] =>
  splitDocuments(text).flatMap((document) =>
    itemsOf(readDocument(document.text, document.line).value).map((object) => ({
      object: withTexts(object),
      place: `${name}: line ${document.line}`,
    })),
  );

function itemsOf(value: Json | undefined): readonly JsonObject[] {
  if (isList(value)) return value.flatMap(itemsOf);
  if (!isObject(value)) return [];
  return value["kind"] === "List" && isList(value["items"]) ? value["items"].flatMap(itemsOf) : [value];
}

const namespaceOf = ({ metadata }: JsonObject, usual: string): string => {
  const name = isObject(metadata) ? metadata["namespace"] : undefined;
  return typeof name === "string" && name !== "" ? name : usual;
};

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
