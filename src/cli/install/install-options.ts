/** The flags that say what an installation is: those of `weft install`, `upgrade` and `uninstall`. */
import { Option } from "commander";
import type { Command } from "commander";
import { readDocument } from "../../core/documents/document.ts";
import { defaultValues } from "../../core/inject/settings/defaults.ts";
import { anchorsIn, resolveOptions } from "../../core/install/choices.ts";
import { domainsOf, linkerdNamespace } from "../../core/mesh/control-plane.ts";
import { controlPlaneChoice } from "../../core/install/control-plane-choice.ts";
import { failurePolicies } from "../../core/registration/webhooks.ts";
import { chartIssues } from "../../core/install/values-issues.ts";
import { certificateModes, readWeftValues } from "../../core/install/weft-values.ts";
import { isArgument, placed, placedAt } from "../../core/install/origins.ts";
import type { GivenValues } from "../../core/install/origins.ts";
import { settledImage, withImageParts } from "../../core/install/image.ts";
import { overlaid, overlayOf, stacked } from "../../core/install/overlay.ts";
import type { WeftValues } from "../../core/install/weft-values.ts";
import { dnsLabel } from "../../core/base/scalars/dns-label.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { Json, JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import type { Issue } from "../../core/base/text/issue.ts";
import { quoted } from "../../core/base/text/quote.ts";
import type { Result } from "../../core/base/text/result.ts";
import { allOf, failed, issuesOf, mapResult } from "../../core/base/text/result.ts";
import { authorityFile } from "../../certificates/x509/authority-file.ts";
import { readFiles } from "../../files/read.ts";
import type { Adopted } from "./adopt.ts";
import { givenFiles } from "./given-certificate.ts";
import { privateKeyIssues } from "../../core/mesh/private-keys.ts";
import { anchorDoubts } from "../../certificates/x509/anchor-doubts.ts";
import type { Installed } from "./installed.ts";
import { givenIssuer, issuerFiles, issuerInValues, issuerIssues } from "../issuer-files.ts";
import type { GivenIssuer } from "../issuer-files.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { repeated, textsOf, WordFlag } from "../options.ts";
import type { InstallOptions, ControlPlane, IssuerFiles, Requested } from "../../core/install/chosen.ts";
import { sha256 } from "../../files/sha256.ts";
import { inFile, valuesIn } from "../../core/cluster/values-file.ts";
import { anchorsFile } from "../../serve/installation.ts";

export const withInstallFlags = (command: Command): Command =>
  command
    .option("-n, --namespace <namespace>", 'where weft runs (default "weft"; with --adopt-linkerd beside Linkerd)')
    .option("-L, --linkerd-namespace <namespace>", "namespace of the control plane ($LINKERD_NAMESPACE)")
    .addOption(new Option("--control-plane-namespace <namespace>").hideHelp())
    .option(
      "-f, --values <file>",
      "an overlay: Linkerd's Helm values, laid over those of its chart, and weft's own under the key weft; may be given several times",
      repeated,
    )
    .option("--set <path=value>", "one value, such as weft.replicas=1; may be given several times", repeated)
    .option("--trust-anchors <file>", "certificates of the CAs of the mesh, PEM")
    .option("--issuer-cert <file>", "for weft's own control plane: the CA below them that signs identities, PEM")
    .option("--issuer-key <file>", "its key, PEM")
    .option("--image <image>", "weft's image")
    .option("--ha", "highly available: three replicas on three nodes, failure policy Fail")
    .addOption(
      new WordFlag(
        "--failure-policy <policy>",
        "what happens to pods that asked when weft does not answer: Ignore or Fail",
        failurePolicies,
      ),
    )
    .addOption(
      new WordFlag(
        "--certificates <mode>",
        "self, cert-manager or files: who makes the serving certificate",
        certificateModes,
      ),
    )
    .option("--tls-cert <file>", "for files: the serving certificate, PEM")
    .option("--tls-key <file>", "for files: its key, PEM")
    .option("--ca-bundle <file>", "for files: certificates of the CA that signed it, PEM")
    .option("--adopt-linkerd", "work beside a running Linkerd, with its settings, and before its injector")
    .option("--traffic-split", "install the definition of TrafficSplit (split.smi-spec.io), where nobody else has")
    .option("--namespaces <list>", "look at these namespaces only, as a,b")
    .option(
      "--webhook-clients <networks>",
      "where API servers call the webhook from, as 10.0.0.0/24,fd00::/64 (default: anywhere)",
    )
    .option(
      "--webhook-client-ca <file>",
      "CAs whose certificates API servers show to the webhook, PEM (default: nobody is asked)",
    );

/** What commands add that know a cluster. */
export interface FromCluster {
  /** Finds out what Linkerd is installed with. */
  readonly adopt: (controlPlaneNamespace: string) => Promise<Adopted>;
  /** What weft is installed with; absent for a new installation. */
  readonly installed?: Installed;
  /** Makes the CAs of a mesh that has none; absent where there have to be some. */
  readonly makeAuthorities?: (trustDomain: string) => Promise<Authorities>;
}

/** The anchors PEM, the issuer base64 of PEM. */
export interface Authorities {
  readonly trustAnchors: string;
  readonly issuer: IssuerFiles;
}

/** What the flags, their files and the cluster say; or a failure with all that is wrong. */
export async function installChoices(command: Command, io: Io, cluster: FromCluster): Promise<InstallOptions> {
  const { installed } = cluster;
  const givenBy = await givenValues(command, io);
  const given = mapResult(allOf(givenBy), (all) =>
    settledImage(stacked([installed?.given ?? {}, ...all.map(({ values }) => values)].map(withImageParts))),
  );
  const fail = (issues: readonly Issue[]): CommandFailure => failureOf(issues, givenBy);
  const weft = readWeftValues("value" in given ? given.value["weft"] : undefined);
  const anchorsName = textsOf(command, "trustAnchors").at(-1);
  const anchors = await publicTextIn(anchorsName, "--trust-anchors");
  const issuerFile = await givenIssuer(command);
  const found: Found = {
    trustAnchors: ("value" in anchors ? anchors.value : undefined) ?? installed?.trustAnchors,
    issuer: await issuerOf(weft.value, given, issuerFile),
  };
  const values = "value" in given ? given.value : {};
  const chosen = controlPlaneChoice(weft.value, {
    trustAnchors: (found.trustAnchors ?? anchorsIn(values)) !== "",
    issuer: found.issuer !== undefined || installed?.issuer !== undefined,
  });
  const namespace = namespaceOf(command, installed, weft.value, chosen);
  const files = await givenFiles(command, namespace, new Date());
  const bundle = bundleOf(found.trustAnchors, anchorsIn(values), anchorsName);
  const warnings = anchorDoubts(bundle.text, bundle.name, new Date());
  const unread = [
    ...[given, anchors, issuerFile, files].flatMap(issuesOf),
    ...(warnings.isAll && installed === undefined ? warnings.issues : await untrusted(found.issuer, bundle)),
  ];
  const mistyped = mistypedFlags(givenBy);
  const { adoptLinkerd, controlPlaneNamespace } = weft.value;
  const isOver = unread.length > 0 || (adoptLinkerd && mistyped.length > 0);
  if (isOver || "issues" in files) throw fail([...unread, ...weft.issues, ...mistyped]);
  const adopted = adoptLinkerd ? await cluster.adopt(controlPlaneNamespace ?? linkerdNamespace) : undefined;
  const authorities = await authoritiesOf(chosen, found, { values, weft: weft.value, cluster });
  const result = resolveOptions({
    namespace,
    version: io.version,
    base: adopted?.values ?? defaultValues,
    given: values,
    ...authorities,
    trustAnchors: adopted?.trustAnchors ?? authorities.trustAnchors,
    files: files.value ?? installed?.files,
    mesh: installed?.mesh,
    sha256,
  });
  if ("issues" in result || mistyped.length > 0) throw fail([...issuesOf(result), ...mistyped]);
  const isLed = chosen === "own" && installed === undefined && textsOf(command, "namespace").length === 0;
  if (isLed && controlPlaneNamespace !== undefined) io.stderr(beside(controlPlaneNamespace));
  for (const warning of [...placedIn(result.value.warnings, givenBy), ...warnings.issues])
    io.stderr(`weft: ${issueText(warning)}\n`);
  return result.value.options;
}

/** What is wrong, where it was given; arguments that are wrong are told by the exit code, too. */
function failureOf(issues: readonly Issue[], givenBy: readonly Result<GivenValues>[]): CommandFailure {
  const all = placedIn(issues, givenBy);
  // A flag may be wrong for two readers: it is told once.
  const places = all.map(({ at }) => at);
  const told = all.filter((issue, index) => !isArgument(issue) || places.indexOf(issue.at) === index);
  const lines = told.map(issueText);
  return told.some(isArgument) ? usageFailure(...lines) : new CommandFailure(lines);
}

/** In a file it is a warning, as the file may be for other charts, too; who types it is there to mend it. */
const mistypedFlags = (givenBy: readonly Result<GivenValues>[]): readonly Issue[] =>
  givenBy.flatMap((each) =>
    "value" in each && "flag" in each.value.origin
      ? chartIssues(each.value.values).map((issue) => placedAt(issue, each.value))
      : [],
  );

function placedIn(issues: readonly Issue[], givenBy: readonly Result<GivenValues>[]): readonly Issue[] {
  const known = givenBy.flatMap((each) => ("value" in each ? [each.value] : []));
  return issues.map((issue) => placed(issue, known));
}

/** `-L` alone may be meant for a Linkerd that is there, whose Services and settings have the same names. */
const beside = (namespace: string): string =>
  `weft: weft's own control plane goes into namespace ${namespace}; of a Linkerd that runs there it would replace Services and settings: for its control plane say --adopt-linkerd, or give its --trust-anchors\n`;

interface Found {
  readonly trustAnchors: string | undefined;
  readonly issuer: GivenIssuer | undefined;
}

interface Bundle {
  readonly text: string;
  /** What messages call it. */
  readonly name: string;
}

/** The trust anchors that are given, by a file or in the values, or installed. */
function bundleOf(trustAnchors: string | undefined, inValues: string, file: string | undefined): Bundle {
  if (file !== undefined) return { text: trustAnchors ?? "", name: anchorsFile(file) };
  return trustAnchors === undefined
    ? { text: inValues, name: "identityTrustAnchorsPEM" }
    : { text: trustAnchors, name: "the trust anchors that are installed" };
}

/** A given issuer that nobody would believe; without anchors that is told first. */
async function untrusted(issuer: GivenIssuer | undefined, bundle: Bundle): Promise<readonly Issue[]> {
  return issuer === undefined || bundle.text === "" ? [] : issuerIssues(issuer, bundle, new Date());
}

/** Linkerd's own values name an issuer, too: weft's own control plane takes it when it was asked for by name. */
async function issuerOf(
  weft: WeftValues,
  given: Result<JsonObject>,
  file: Result<GivenIssuer | undefined>,
): Promise<GivenIssuer | undefined> {
  if ("value" in file && file.value !== undefined) return file.value;
  return weft.controlPlane === "own" && "value" in given ? issuerInValues(given.value) : undefined;
}

/** Those that are given, else those that are installed, else new ones. */
async function authoritiesOf(
  chosen: ControlPlane["kind"],
  { trustAnchors, issuer }: Found,
  {
    values,
    weft,
    cluster: { installed, makeAuthorities },
  }: { readonly values: JsonObject; readonly weft: WeftValues; readonly cluster: FromCluster },
): Promise<Pick<Requested, "trustAnchors" | "issuer">> {
  const files = issuer === undefined ? (chosen === "own" ? installed?.issuer : undefined) : issuerFiles(issuer);
  const isWithout = trustAnchors === undefined && anchorsIn(values) === "" && files === undefined;
  const makes = chosen === "own" && isWithout && weft["identity.mode"] === "self";
  return makes && makeAuthorities !== undefined
    ? makeAuthorities(domainsOf(overlaid(defaultValues, [values])).trustDomain)
    : { trustAnchors, issuer: files };
}

/**
 * An adopting weft goes into the control plane's namespace: there are the ConfigMaps that it mounts. Its own control
 * plane is where weft is.
 */
function namespaceOf(
  command: Command,
  installed: Installed | undefined,
  { adoptLinkerd, controlPlaneNamespace }: WeftValues,
  chosen: ControlPlane["kind"],
): string {
  const own = chosen === "own" ? (controlPlaneNamespace ?? "weft") : "weft";
  const defaultValue = installed?.namespace ?? (adoptLinkerd ? (controlPlaneNamespace ?? linkerdNamespace) : own);
  const name = textsOf(command, "namespace").at(-1) ?? defaultValue;
  if (dnsLabel.test(name)) return name;
  throw usageFailure(`--namespace: ${quoted(name)} is not the name of a namespace`);
}

/** Values files, single values, flags: the later one wins. */
async function givenValues(command: Command, io: Io): Promise<readonly Result<GivenValues>[]> {
  const names = textsOf(command, "values");
  const found = await readFiles(names);
  const files = found.map((file, index) => overlayIn(names[index] ?? "", file));
  const all = [
    ...files,
    ...textsOf(command, "set").map(setOverlay),
    ...flagOverlays(command, io),
    await clientCaOverlay(command),
  ];
  return all.map(withoutPrivateKey);
}

/** Told of each by itself: of all together it would not be known whose it is. */
function withoutPrivateKey(given: Result<GivenValues>): Result<GivenValues> {
  const issues = "value" in given ? privateKeyIssues(given.value.values) : [];
  return issues.length === 0 || "issues" in given
    ? given
    : { issues: issues.map((each) => placedAt(each, given.value)) };
}

function overlayIn(name: string, file: { readonly text: string } | { readonly issue: Issue }): Result<GivenValues> {
  if ("issue" in file) return { issues: [file.issue] };
  const values = valuesIn({ name, text: file.text });
  if ("issues" in values) return values;
  if (isObject(values.value)) return { value: { values: values.value, origin: { file: name } } };
  return { issues: inFile(name, [{ at: "", message: "the values must be a map" }]) };
}

function setOverlay(text: string): Result<GivenValues> {
  const [, path = "", value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (path === "") return failed("--set", `${quoted(text)} is not path=value`);
  const read = readDocument(value);
  const flag = `--set ${path}`;
  if (read.issues.length > 0) return failed(flag, `${quoted(value)} is not a YAML value`);
  return { value: { values: overlayOf(path, read.value ?? null), origin: { flag } } };
}

const flagOverlays = (command: Command, { env }: Io): readonly Result<GivenValues>[] =>
  flagRows.flatMap(({ flags, variable, path, valueOf }) => {
    const flag = flags.findLast((each) => textsOf(command, each).length > 0);
    const inEnvironment = variable === undefined ? undefined : env[variable] || undefined;
    const text = flag === undefined ? inEnvironment : textsOf(command, flag).at(-1);
    if (text === undefined) return [];
    const values = overlayOf(`weft.${path}`, valueOf(text));
    const origin = flag === undefined ? { file: `$${variable}` } : { flag: dashed(flag) };
    return [{ value: { values, origin } }];
  });

/** `--failure-policy` of `failurePolicy`. */
const dashed = (flag: string): string => `--${flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

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
  { flags: ["trafficSplit"], path: "trafficSplit", valueOf: (text) => text === "true" },
  {
    flags: ["controlPlaneNamespace", "linkerdNamespace"],
    variable: "LINKERD_NAMESPACE",
    path: "controlPlaneNamespace",
    valueOf: String,
  },
  { flags: ["image"], path: "image", valueOf: String },
  { flags: ["failurePolicy"], path: "failurePolicy", valueOf: String },
  { flags: ["certificates"], path: "certificates.mode", valueOf: String },
  { flags: ["namespaces"], path: "namespaces", valueOf: listIn },
  // Blank is no network, and not all of them: a variable of a script may be unset.
  { flags: ["webhookClients"], path: "networkPolicy.webhookClients", valueOf: (text) => text.split(",") },
];

function listIn(text: string): Json {
  return text.split(",").filter((item) => item !== "");
}

/** The file's text as a value: `weft upgrade` then knows it without the file. */
async function clientCaOverlay(command: Command): Promise<Result<GivenValues>> {
  const flag = "--webhook-client-ca";
  const name = textsOf(command, "webhookClientCa").at(-1);
  const file = await publicTextIn(name, flag);
  if ("issues" in file) return file;
  if (name === undefined || file.value === undefined) return { value: { values: {}, origin: { flag } } };
  // As the webhook reads it: with what it would not take it would not start.
  return mapResult(authorityFile(name).parse([file.value]), () => ({
    values: overlayOf("weft.webhookClientCa", file.value ?? null),
    origin: { flag },
  }));
}

async function textIn(name: string | undefined): Promise<Result<string | undefined>> {
  if (name === undefined) return { value: undefined };
  const [found] = await readFiles([name]);
  if (found === undefined || "issue" in found) return { issues: found === undefined ? [] : [found.issue] };
  return { value: found.text };
}

/** Of a file that goes where everybody may read it. */
async function publicTextIn(name: string | undefined, flag: string): Promise<Result<string | undefined>> {
  const file = await textIn(name);
  const issues = "issues" in file ? [] : privateKeyIssues(file.value ?? "", `${name} (${flag})`);
  return issues.length > 0 ? { issues } : file;
}
