/** `weft wrap`: TLS around calls with linkerd 1.x, offline: a root, certificates, sidecars, and the way out to Linkerd 2. */
import type { Command, Option } from "commander";
import { defaultClusterDomain } from "../../core/mesh/control-plane.ts";
import { discoveries, protocols, validations } from "../../core/wrap/choices.ts";
import { withAskedCluster } from "../cluster.ts";
import { usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { inputsArgument } from "../manifests/inputs.ts";
import { WordFlag, repeated, withOutput } from "../options.ts";

type Action = (inputs: readonly string[], command: Command, io: Io) => Promise<void>;

export function register(command: Command, io: Io): void {
  command.helpCommand(false).action(() => {
    throw usageFailure(`say what to do: ${command.commands.map((each) => each.name()).join(", ")}`);
  });
  const action = (name: string, summary: string, load: () => Promise<Action>): Command => {
    const made = command.command(name).description(summary).allowExcessArguments(false);
    return made.argument("[inputs...]", inputsArgument).action(async (inputs: readonly string[]) => {
      await (
        await load()
      )(inputs, made, io);
    });
  };
  registerRoot(command, io);
  withCertificateFlags(
    action(
      "certs",
      "print Secrets with certificates: those that are missing, wrong or due",
      async () => (await import("./certs.ts")).certs,
    ),
  );
  withInjectFlags(action("inject", "add linkerd 1.x to manifests", async () => (await import("./inject.ts")).inject));
  withOutput(
    action("uninject", "take out what weft wrap inject put in", async () => (await import("./inject.ts")).uninject),
  ).option("--to-linkerd2", "ask for Linkerd 2's proxy instead: linkerd.io/inject: enabled");
  withAskedCluster(
    withNamespace(
      action(
        "check",
        "say what is wrong with configurations, Secrets and workloads",
        async () => (await import("./check.ts")).check,
      ),
      "; of a cluster, the only one that is looked at",
    ),
  ).option(
    "--renew-before <duration>",
    "Secrets that end within this time are findings (default: a third of their life)",
  );
  action(
    "convert",
    "turn a configuration of linkerd 0.1 to 0.9 into one of 1.x",
    async () => (await import("./convert.ts")).convert,
  );
}

function registerRoot(command: Command, io: Io): void {
  const made = command
    .command("ca")
    .description("make a root: a certificate, and the key that signs all others")
    .allowExcessArguments(false)
    .requiredOption("--cert-file <file>", "where the certificate goes; it may be there for everybody to read")
    .requiredOption("--key-file <file>", "where the key goes; keep it out of the cluster")
    .option("--name <name>", "the root's common name", "weft wrap root")
    .option("--life <duration>", "how long it is valid", "87600h");
  made.action(async () => (await import("./ca.ts")).ca(made, io));
}

const withNamespace = (command: Command, more = ""): Command =>
  command.option("-n, --namespace <name>", `namespace of objects that do not say theirs${more}`);

const choice = (flag: string, words: readonly string[], help: string): Option =>
  new WordFlag(`${flag} <${flag.replace(/^--/, "")}>`, `${help}: ${words.join(", ")}`, words).default(words[0]);

/** Who is whom. */
const withNaming = (command: Command): Command =>
  withNamespace(command)
    .addOption(
      choice("--validation", validations, "a certificate for each Service, one name for all, or no validation"),
    )
    .option(
      "--common-name <pattern>",
      'names in certificates, of {service} and {namespace} (default: "{service}"; in mode site "linkerd")',
    )
    .option("--native-sidecar", "linkerd as a native sidecar, that is an init container that stays; Jobs, too");

const withCertificateFlags = (command: Command): Command =>
  withAskedCluster(withNaming(command))
    .requiredOption("--ca-cert <file>", "the root")
    .option("--ca-key <file>", "its key; not needed when nothing is to be made")
    .option("--also-trust <file>", "further roots that are trusted; may be given several times", repeated)
    .option("--life <duration>", "of a certificate; it ends with the root at the latest", "2160h")
    .option("--renew-before <duration>", "what ends within this time is made again (default: a third of its life)")
    .option("--all", "make every Secret anew")
    .option("--check", "print a table of what is there; exit with 1 if something is to be made");

const withInjectFlags = (command: Command): Command =>
  withOutput(withNaming(command))
    .option("--no-client-auth", "neither ask for certificates of clients nor show them")
    .addOption(choice("--protocol", protocols, "of both routers"))
    .addOption(choice("--discovery", discoveries, "how Services are found: by kubectl proxy, or by names in DNS"))
    .option("--image <image>", "of linkerd 1.x", "buoyantio/linkerd:1.7.4")
    .option("--kubectl-image <image>", "of kubectl proxy", "buoyantio/kubectl:v1.14.3")
    .option("--outgoing-port <port>", "that the application calls", "4141")
    .option("--incoming-port <port>", "that other pods call", "4140")
    .option("--admin-port <port>", "of linkerd's metrics", "9990")
    .option("--api-port <port>", "of kubectl proxy", "8001")
    .option("--admin-ip <ip>", "where the admin port listens; 0.0.0.0 lets everybody in", "127.0.0.1")
    .option("--http-proxy", "set http_proxy and no_proxy for containers that have neither")
    .option("--cluster-domain <domain>", "of the cluster's DNS", defaultClusterDomain);
