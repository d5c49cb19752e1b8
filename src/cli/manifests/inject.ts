/** `weft inject`: the proxy into manifests, or the annotations that ask the webhook for it. */
import { Option } from "commander";
import type { Command } from "commander";
import type { Installation } from "../../core/inject/settings/installation.ts";
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
import { controlPlaneNamespace, isGiven, outputFormat, textsOf, withMeshFlags, withOutput } from "../options.ts";
import { loadInstallation } from "../loaded-installation.ts";
import { manifestWarnings } from "../../core/admission/manifest.ts";
import { withAnchors, anchorsFile } from "../../serve/installation.ts";

export function register(command: Command, io: Io): void {
  command
    .argument("[inputs...]", inputsArgument)
    .option("--manual", "put the proxy itself into the output; needs the trust anchors")
    .option("--settings <file>", "Linkerd's Helm values, YAML or JSON (default: those of its chart)")
    .option("--trust-anchors <file>", "certificates that the proxies trust, PEM")
    .option("--ignore-cluster", "do not ask a cluster for its settings")
    .option("--overwrite-disabled", "mesh Namespaces that say linkerd.io/inject: disabled, too");
  withMeshFlags(withOutput(command));
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
  const trustAnchors = textsOf(command, "trustAnchors").at(-1);
  const loaded = await loadInstallation({
    settings: textsOf(command, "settings").at(-1),
    trustAnchors,
    controlPlaneNamespace: controlPlaneNamespace(command, io),
  });
  const { installation, warnings, anchorWarnings } = loaded;
  const effects = readFlags(given, installation.settings);
  if ("issues" in effects) throw usageFailure(...effects.issues.map(issueText));
  const manually = isGiven(command, "manual") ? manualInjection(installation, effects, trustAnchors, io) : undefined;
  for (const line of [
    ...notices(command, given),
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

function manualInjection(
  base: Installation,
  { settings }: FlagEffects,
  file: string | undefined,
  io: Io,
): ManualInjection {
  if (base.trustAnchors.pem === "") {
    throw new CommandFailure([
      file === undefined
        ? "--manual needs the trust anchors: give --trust-anchors FILE, or identityTrustAnchorsPEM in --settings FILE"
        : `${anchorsFile(file)}: is empty`,
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
function notices(command: Command, given: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const isAssumed = textsOf(command, "settings").length === 0 && !isGiven(command, "ignoreCluster");
  const matters = isGiven(command, "manual") || given.size > 0;
  return [
    ...flags.flatMap(({ name, deprecated }) =>
      deprecated !== undefined && given.has(name) ? [`--${name} is deprecated, use ${deprecated}`] : [],
    ),
    ...(isAssumed && matters ? ["no --settings given, so Linkerd's default values count as the installation's"] : []),
  ];
}
