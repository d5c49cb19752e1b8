/** docs/check.md, made from the rows that are checked. */
import { proxyChecks } from "../../src/core/checks/after.ts";
import { checksBefore } from "../../src/core/checks/before.ts";

/** The page as Markdown. Each check has a heading of its own, which the hints point to. */
export function checksPage(): string {
  const seen = new Set<string>();
  const before = checksBefore.flatMap((category) => section(category, seen));
  const after = proxyChecks.flatMap((category) => section(category, seen));
  const parts = [...head, "## Before installing: `weft check --pre`", "", ...before, ...between, ...after];
  return `${parts.join("\n").trimEnd()}\n`;
}

interface Section {
  readonly name: string;
  readonly checks: readonly { readonly id: string; readonly says: string; readonly about: string }[];
}

/** Those that were not told yet. */
function section({ name, checks }: Section, seen: Set<string>): readonly string[] {
  const fresh = checks.filter(({ id }) => !seen.has(id));
  for (const { id } of fresh) seen.add(id);
  if (fresh.length === 0) return [];
  const texts = fresh.flatMap(({ id, says, about }) => [`#### ${id}`, "", `_${says}._ ${about}`, ""]);
  return [`### ${name}`, "", ...texts];
}

const head = [
  "# Is everything right? `weft check`",
  "",
  "`weft check` looks at an installed weft from outside, with your own rights, and changes nothing. `weft check --pre` looks whether weft could be installed. Both read the cluster first and decide then, in the order below; what rests on a check that failed is left out.",
  "",
  "```sh",
  "weft check --pre                   # before installing; with the flags of weft install: --ha, --certificates, --image, --adopt-linkerd",
  "weft install | kubectl apply -f -",
  "weft check --wait 2m               # after installing, or upgrading",
  "weft check --proxy                 # the pods of the mesh, too",
  "```",
  "",
  "| mark | JSON      | meaning                                                                        |",
  "| ---- | --------- | ------------------------------------------------------------------------------ |",
  "| `√`  | `success` | as it should be                                                                |",
  "| `‼`  | `warning` | works, but look at it; or you may not read what it takes to tell               |",
  "| `×`  | `error`   | does not work, for some pods at least                                          |",
  "",
  "| exit code | when                                        |",
  "| --------- | ------------------------------------------- |",
  "| 0         | nothing failed; there may be warnings       |",
  "| 1         | a check failed                              |",
  "| 2         | the arguments are wrong: nothing was checked |",
  "",
  "`--wait 2m` looks again while something fails, at most so long; the default is `0s`, one look (`linkerd check` waits five minutes, which hides a failure from whoever watches). `--for settings` looks only whether every replica uses the settings and CAs that are stored: with `--wait` it is what comes [between a change of settings and a restart](upgrade.md#when-settings-are-in-use). `-o short` prints what is not as it should be, `-o json` the form of `linkerd check -o json`. `--namespace` names weft's namespace where nothing is registered that would tell it.",
  "",
  "A pod is tried in namespace `default`, or `--probe-namespace`: the API server is asked by a dry run what would become of it, and keeps nothing.",
  "",
  "Reading the Secret of the certificate, the pods' own pages (`pods/proxy`) and the rights of the ServiceAccount (`subjectaccessreviews`) takes rights that not everybody has. Without them the certificate's end is told by the pods, readiness by their status, and rights by the roles; what then is left open is a warning.",
  "",
];

const between = ["## After installing: `weft check`", ""];
