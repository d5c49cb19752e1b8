/** `weft inject`: the proxy into manifests, or the annotations that ask the webhook for it. */
import { Option } from "commander";
import type { Command } from "commander";
import type { MeshInCluster } from "../../core/cluster/mesh-texts.ts";
import { withSettings } from "../../core/inject/settings/installation.ts";
import { injectManually } from "../../core/inject/manual.ts";
import { flags, readFlags } from "../../core/manifests/flags.ts";
import type { Flag, FlagEffects } from "../../core/manifests/flags.ts";
import { injectObject } from "../../core/manifests/inject.ts";
import type { ManualInjection } from "../../core/manifests/inject.ts";
import { injectReport } from "../../core/manifests/report.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { inputsArgument, writeChanged } from "./inputs.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { withAskedCluster } from "../cluster.ts";
import { loadMesh, namesCluster } from "../objects/mesh.ts";
import type { MeshLoaded } from "../objects/mesh.ts";
import {
  clustersValues,
  givenControlPlaneNamespace,
  isGiven,
  outputFormat,
  textsOf,
  withMeshFiles,
  withMeshFlags,
  withOutput,
} from "../options.ts";
import { manifestWarnings } from "../../core/admission/manifest.ts";
import { withAnchors, anchorsFile } from "../../serve/installation.ts";

export function register(command: Command, io: Io): void {
  command
    .argument("[inputs...]", inputsArgument)
    .option("--manual", "put the proxy itself into the output; needs the mesh: --context, or files")
    .option("--ignore-cluster", "do not ask a cluster for its settings")
    .option("--overwrite-disabled", "mesh Namespaces that say linkerd.io/inject: disabled, too");
  withMeshFiles(withAskedCluster(withMeshFlags(withOutput(command))), { settings: clustersValues });
  for (const flag of flags) command.addOption(optionFor(flag));
  command
    .addOption(new Option("--disable-identity").hideHelp())
    .action((inputs: readonly string[]) => inject(inputs, command, io));
}

async function inject(inputs: readonly string[], command: Command, io: Io): Promise<void> {
  if (isGiven(command, "disableIdentity")) {
    throw usageFailure("--disable-identity is no longer supported; identity is always required");
  }
  const format = outputFormat(command);
  const given = givenFlags(command, io);
  const loaded = await loadMesh(command, io, await meshOfCluster(command, io));
  const { installation, warnings, anchorWarnings } = loaded;
  const effects = readFlags(given, installation.settings);
  if ("issues" in effects) throw usageFailure(...effects.issues.map(issueText));
  const manually = isGiven(command, "manual") ? manualInjection(loaded, effects, io) : undefined;
  for (const line of [
    ...notices(command, given, loaded),
    ...(manually === undefined ? [] : [...warnings, ...anchorWarnings].map(issueText)),
  ]) {
    io.stderr(`weft: ${line}\n`);
  }
  const advised = withAnchors(installation);
  const how = {
    flags: effects,
    ingress: truthOf(command, "ingress"),
    manually,
    overwriteDisabled: isGiven(command, "overwriteDisabled"),
    advise: (object: JsonObject) => manifestWarnings(object, advised),
  };
  const change = (object: JsonObject): ReturnType<typeof injectObject> => injectObject(object, how);
  const objects = (await writeChanged(inputs, format, io, { change, quotes: true })).flat();
  const style = { verbose: isGiven(command, "verbose"), colours: io.colours.stderr };
  io.stderr(
    injectReport(
      objects.map(({ report }) => report),
      style,
    ),
  );
}

function optionFor({ name, short, value, help, variable, deprecated }: Flag): Option {
  const words = value === undefined ? `--${name}` : `--${name} ${value}`;
  const option = new Option(
    short === undefined ? words : `-${short}, ${words}`,
    `${help}${variable === undefined ? "" : ` ($${variable})`}`,
  );
  if (deprecated !== undefined) option.hideHelp();
  return value === undefined
    ? option
    : option.argParser((text, earlier: readonly string[] | undefined) => [...(earlier ?? []), text]);
}

/** What the command line says; a variable of the environment stands in for its flag. */
function givenFlags(command: Command, { env }: Io): ReadonlyMap<string, readonly string[]> {
  return new Map(
    flags.flatMap((flag) => {
      const texts = textsOf(command, optionFor(flag).attributeName());
      const fallback = flag.variable === undefined ? "" : (env[flag.variable] ?? "");
      if (texts.length > 0) return [[flag.name, texts] as const];
      return fallback === "" ? [] : [[flag.name, [fallback]] as const];
    }),
  );
}

/** What is installed in the cluster that the flags name; undefined: they name none. */
async function meshOfCluster(command: Command, io: Io): Promise<MeshInCluster | undefined> {
  if (!namesCluster(command)) return undefined;
  if (isGiven(command, "ignoreCluster"))
    throw usageFailure("--ignore-cluster: a cluster is named, too; give one of both");
  // Most runs ask no cluster, and start faster without what does.
  const [{ openReach }, { registrations }, { installedMesh }] = await Promise.all([
    import("../check/open.ts"),
    import("../check/reach.ts"),
    import("../objects/installed.ts"),
  ]);
  const reach = await openReach(command, io);
  const found = await installedMesh(reach, await registrations(reach), givenControlPlaneNamespace(command, io));
  if ("issues" in found) throw new CommandFailure(found.issues.map(issueText));
  return found.value;
}

function manualInjection({ installation: base, mesh }: MeshLoaded, { settings }: FlagEffects, io: Io): ManualInjection {
  if (base.trustAnchors.pem === "") {
    const { trustAnchors } = mesh;
    throw new CommandFailure([
      trustAnchors === undefined
        ? "--manual needs the trust anchors: --context NAME takes them from a cluster, --trust-anchors FILE from a file"
        : `${anchorsFile(trustAnchors.name)}: is empty`,
    ]);
  }
  const installation = withSettings(base, settings);
  if (installation.errors.length > 0) throw new CommandFailure(installation.errors.map(issueText));
  const createdBy = `weft/cli ${io.version}`;
  return (object, added) => injectManually({ object, installation, added, createdBy });
}

const truthOf = (command: Command, name: string): boolean | undefined => {
  const value: unknown = command.getOptionValue(name);
  return typeof value === "boolean" ? value : undefined;
};

/** What the user should know before anything comes out. */
function notices(
  command: Command,
  given: ReadonlyMap<string, readonly string[]>,
  { mesh }: MeshLoaded,
): readonly string[] {
  const isManual = isGiven(command, "manual");
  const isAssumed = mesh.settings === undefined && !isGiven(command, "ignoreCluster");
  return [
    ...flags.flatMap(({ name, deprecated }) =>
      deprecated !== undefined && given.has(name) ? [`--${name} is deprecated, use ${deprecated}`] : [],
    ),
    ...(isAssumed && (isManual || given.size > 0)
      ? ["no --settings given, so Linkerd's default values count as the installation's"]
      : []),
    ...(isManual && mesh.isAssumed && mesh.settings !== undefined
      ? [
          `nothing says where the control plane is, so ${mesh.controlPlaneNamespace} is taken for its namespace; -L or --context says another`,
        ]
      : []),
  ];
}
