/** The pods of manifests as the webhook would be asked about them: what `explain` and `diff` work on. */
import { Option } from "commander";
import type { Command } from "commander";
import { readCluster, clusterOf, eitherCluster } from "../../core/cluster/objects.ts";
import type { Installation } from "../../core/inject/settings/installation.ts";
import type { Subject, Warning } from "../../core/inject/outcome/injection.ts";
import type { InjectRequest, RequestNamespace } from "../../core/inject/request.ts";
import { admitted, withTokenMounts } from "../../core/inject/pod/template-pod.ts";
import { withTexts } from "../../core/manifests/texts.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { Annotations, JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { issuesOf } from "../../core/base/text/result.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { controlPlaneNamespace, textsOf } from "../options.ts";
import { loadInstallation } from "../loaded-installation.ts";
import { manifestWarnings } from "../../core/admission/manifest.ts";
import { sorted } from "../../core/inject/messages/warnings.ts";
import { eachObject, readAll } from "./inputs.ts";
import { withAnchors, installationLines } from "../../serve/installation.ts";

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
  /** What the author of the manifest is told when it is applied. */
  readonly advised: readonly Warning[];
}

/** What injection says of the pod, and what is to be said of the manifest beside it. */
export const withAdvice = (warnings: readonly Warning[], { advised }: PodQuestion): readonly Warning[] =>
  sorted([...warnings, ...advised.filter(({ text }) => warnings.every((each) => each.text !== text))]);

/** Everything in the manifests that would come to the webhook; or a failure with all that is wrong with them. */
export async function podQuestions(
  names: readonly string[],
  command: Command,
  io: Io,
): Promise<readonly PodQuestion[]> {
  const inputs = await readAll(names.length === 0 ? ["-"] : names, io);
  const files = textsOf(command, "objects");
  const given = readCluster(await readAll(files, io), withTexts);
  if ("issues" in given) throw new CommandFailure(given.issues.map(issueText));
  const objects: JsonObject[] = [];
  eachObject(inputs, io, (object) => {
    const read = admitted(object, () => undefined);
    objects.push(object);
    return issuesOf(read);
  });
  const installation = await loadForReading(command, io);
  const cluster = eitherCluster(clusterOf(objects), given.value);
  const more = namespaceAnnotations(textsOf(command, "namespaceAnnotations"));
  const namespaceNamed = (name: string): RequestNamespace => {
    const found = cluster.namespaceNamed(name);
    // Without files that could have it, a missing namespace is no news.
    const missing = found === undefined && files.length > 0;
    return { name, annotations: { ...found, ...more }, ...(missing ? { missing } : {}) };
  };
  const defaultValue = textsOf(command, "namespace").at(-1) ?? "default";
  const found = objects.flatMap((object): readonly PodQuestion[] => {
    const read = admitted(object, (kind, name) => cluster.objectNamed(kind, namespaceOf(object, defaultValue), name));
    if (read === undefined || "issues" in read) return [];
    const { manifest, namespace, object: asked, owner } = read.value;
    const request: InjectRequest = {
      object: installation.settings["identity.serviceAccountTokenProjection"] ? asked : withTokenMounts(asked),
      namespace: namespaceNamed(namespace === "" ? defaultValue : namespace),
      owner,
      installation,
      createdBy: `weft/webhook ${io.version}`,
    };
    const { labels = {} } = cluster.objectNamed("Namespace", "", request.namespace.name) ?? {};
    return [{ manifest, request, advised: manifestWarnings(object, installation, { ...request.namespace, labels }) }];
  });
  if (found.length > 0) return found;
  throw new CommandFailure([`${inputs.map(({ name }) => name).join(", ")}: no pod, no workload and no service there`]);
}

async function loadForReading(command: Command, io: Io): Promise<Installation> {
  const trustAnchors = textsOf(command, "trustAnchors").at(-1);
  const loaded = await loadInstallation({
    settings: textsOf(command, "settings").at(-1),
    trustAnchors,
    controlPlaneNamespace: controlPlaneNamespace(command, io),
  });
  // Nobody asks for anchors that stand in the settings: what is read here needs none.
  const told = trustAnchors === undefined ? { ...loaded, anchorWarnings: [] } : loaded;
  for (const line of installationLines(told)) io.stderr(`weft: ${line}\n`);
  return withAnchors(loaded.installation);
}

const namespaceOf = ({ metadata }: JsonObject, defaultValue: string): string => {
  const name = isObject(metadata) ? metadata["namespace"] : undefined;
  return typeof name === "string" && name !== "" ? name : defaultValue;
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
