/** The flags that say what an installation is: those of `weft install`, `upgrade` and `uninstall`. */
import { Option } from "commander";
import type { Command } from "commander";
import { readDocument } from "../core/documents/document.ts";
import { defaultValues } from "../core/inject/defaults.ts";
import { settled } from "../core/install/choices.ts";
import { readWeftValues } from "../core/install/weft-values.ts";
import type { Choices } from "../core/install/choices.ts";
import { overlayOf, stacked } from "../core/install/overlay.ts";
import type { WeftValues } from "../core/install/weft-values.ts";
import { isObject } from "../core/mesh/api.ts";
import type { Json, JsonObject } from "../core/mesh/api.ts";
import { issueText } from "../core/mesh/issue.ts";
import type { Issue } from "../core/mesh/issue.ts";
import { quoted } from "../core/mesh/quote.ts";
import { readFiles } from "../files/read.ts";
import type { Adopted } from "./adopt.ts";
import { givenFiles } from "./given-certificate.ts";
import { inFile, sha256, valuesIn } from "./installation.ts";
import type { Installed } from "./installed.ts";
import { CommandFailure, usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { repeated, textsOf } from "./options.ts";

export const withInstallFlags = (command: Command): Command =>
  command
    .option("-n, --namespace <namespace>", 'where weft runs (default "weft"; with --adopt-linkerd beside Linkerd)')
    .option("-L, --linkerd-namespace <namespace>", "namespace of the control plane ($LINKERD_NAMESPACE)")
    .addOption(new Option("--control-plane-namespace <namespace>").hideHelp())
    .option(
      "-f, --values <file>",
      "Linkerd's Helm values, laid over those of its chart, and weft's own under the key weft; may be given several times",
      repeated,
    )
    .option("--set <path=value>", "one value, such as weft.replicas=1; may be given several times", repeated)
    .option("--trust-anchors <file>", "certificates of the CAs of the mesh, PEM")
    .option("--image <image>", "weft's image")
    .option("--ha", "highly available: three replicas on three nodes, failure policy Fail")
    .option("--failure-policy <policy>", "what happens to pods that asked when weft does not answer: Ignore or Fail")
    .option("--certificates <mode>", "self, cert-manager or files: who makes the serving certificate")
    .option("--tls-cert <file>", "for files: the serving certificate, PEM")
    .option("--tls-key <file>", "for files: its key, PEM")
    .option("--ca-bundle <file>", "for files: certificates of the CA that signed it, PEM")
    .option("--adopt-linkerd", "work beside a running Linkerd, with its settings, and before its injector")
    .option("--namespaces <list>", "look at these namespaces only, as a,b");

/** What commands add that know a cluster. */
export interface FromCluster {
  /** Finds out what Linkerd is installed with. */
  readonly adopt: (controlPlaneNamespace: string) => Promise<Adopted>;
  /** What weft is installed with; absent for a new installation. */
  readonly installed?: Installed;
}

/** What the flags, their files and the cluster say; or a failure with all that is wrong. */
export async function installChoices(command: Command, io: Io, { adopt, installed }: FromCluster): Promise<Choices> {
  const given = await givenValues(command, io, installed);
  const trustAnchors = await textIn(textsOf(command, "trustAnchors").at(-1));
  const weft = readWeftValues("value" in given ? given.value["weft"] : undefined);
  const namespace = namespaceOf(command, installed, weft.value);
  const files = await givenFiles(command, namespace, new Date());
  const unread = [given, trustAnchors, files].flatMap((read) => ("issues" in read ? read.issues : []));
  if ("issues" in given || "issues" in trustAnchors || "issues" in files)
    throw new CommandFailure([...unread, ...weft.issues].map(issueText));
  const { adoptLinkerd, controlPlaneNamespace } = weft.value;
  const adopted = adoptLinkerd ? await adopt(controlPlaneNamespace) : undefined;
  const result = settled({
    namespace,
    version: io.version,
    base: adopted?.values ?? defaultValues,
    given: given.value,
    trustAnchors: adopted?.trustAnchors ?? trustAnchors.value ?? installed?.trustAnchors,
    files: files.value ?? installed?.files,
    sha256,
  });
  if ("issues" in result) throw new CommandFailure(result.issues.map(issueText));
  for (const warning of result.warnings) io.stderr(`weft: ${issueText(warning)}\n`);
  return result.choices;
}

/** An adopting weft goes into the control plane's namespace: there are the ConfigMaps that it mounts. */
function namespaceOf(command: Command, installed: Installed | undefined, weft: WeftValues): string {
  const usual = installed?.namespace ?? (weft.adoptLinkerd ? weft.controlPlaneNamespace : "weft");
  const name = textsOf(command, "namespace").at(-1) ?? usual;
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw usageFailure(`--namespace: ${quoted(name)} is no name of a namespace`);
}

type Read<Value> = { readonly value: Value } | { readonly issues: readonly Issue[] };

/** What is installed, values files, single values, flags: the later one wins. */
async function givenValues(command: Command, io: Io, installed: Installed | undefined): Promise<Read<JsonObject>> {
  const names = textsOf(command, "values");
  const found = await readFiles(names);
  const files = found.map((file, index) => overlayIn(names[index] ?? "", file));
  const all = [...files, ...textsOf(command, "set").map(setOverlay), ...flagOverlays(command, io)];
  const issues = all.flatMap((overlay) => ("issues" in overlay ? overlay.issues : []));
  if (issues.length > 0) return { issues };
  const overlays = all.flatMap((overlay) => ("value" in overlay ? [overlay.value] : []));
  return { value: stacked([installed?.given ?? {}, ...overlays]) };
}

function overlayIn(name: string, file: { readonly text: string } | { readonly issue: Issue }): Read<JsonObject> {
  if ("issue" in file) return { issues: [file.issue] };
  const values = valuesIn({ name, text: file.text });
  if ("issues" in values) return values;
  if (isObject(values.value)) return { value: values.value };
  return { issues: inFile(name, [{ at: "", message: "the values must be a map" }]) };
}

function setOverlay(text: string): Read<JsonObject> {
  const [, path = "", value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (path === "") return { issues: [{ at: "--set", message: `${quoted(text)} is not path=value` }] };
  const read = readDocument(value);
  if (read.issues.length > 0)
    return { issues: [{ at: `--set ${path}`, message: `${quoted(value)} is no YAML value` }] };
  return { value: overlayOf(path, read.value ?? null) };
}

const flagOverlays = (command: Command, { env }: Io): readonly Read<JsonObject>[] =>
  flagRows.flatMap(({ flags, variable, path, valueOf }) => {
    const inEnvironment = variable === undefined ? undefined : env[variable] || undefined;
    const text = flags.flatMap((flag) => textsOf(command, flag)).at(-1) ?? inEnvironment;
    return text === undefined ? [] : [{ value: overlayOf(`weft.${path}`, valueOf(text)) }];
  });

interface FlagRow {
  /** In camel case. */
  readonly flags: readonly string[];
  readonly variable?: string;
  /** Of the value that it sets, below `weft`. */
  readonly path: string;
  readonly valueOf: (text: string) => Json;
}

const flagRows: readonly FlagRow[] = [
  { flags: ["ha"], path: "highAvailability", valueOf: (text) => text === "true" },
  { flags: ["adoptLinkerd"], path: "adoptLinkerd", valueOf: (text) => text === "true" },
  {
    flags: ["controlPlaneNamespace", "linkerdNamespace"],
    variable: "LINKERD_NAMESPACE",
    path: "controlPlaneNamespace",
    valueOf: String,
  },
  { flags: ["image"], path: "image", valueOf: String },
  { flags: ["failurePolicy"], path: "failurePolicy", valueOf: String },
  { flags: ["certificates"], path: "certificates.mode", valueOf: String },
  { flags: ["namespaces"], path: "namespaces", valueOf: (text) => text.split(",").filter((name) => name !== "") },
];

async function textIn(name: string | undefined): Promise<Read<string | undefined>> {
  if (name === undefined) return { value: undefined };
  const [found] = await readFiles([name]);
  if (found === undefined || "issue" in found) return { issues: found === undefined ? [] : [found.issue] };
  return { value: found.text };
}
