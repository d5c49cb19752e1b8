#!/usr/bin/env node
/**
 * scripts/audit.ts: what the lock file, and as far as it answers the registry, say about the packages.
 *
 * - Every package of package-lock.json is fixed by a SHA-512, and by its name alone: a URL would bind it to one host.
 * - No package runs a script when it is installed, unless package.json allows it (`allowScripts`, which npm asks, too).
 * - Signatures are right (`npm audit signatures`), and what is shipped has no advisory of level high or critical.
 *
 * A registry that cannot be asked is skipped, with a line that says so; a bad signature is a failure: exit code 1.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

interface LockedPackage {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  /** It came in the archive of the package around it, whose SHA-512 is its own. */
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}
type Locked = Readonly<Record<string, LockedPackage>>;

/** What is wrong with the lock file, a line each. */
export const lockProblems = (packages: Locked, allowed: Readonly<Record<string, boolean>>): readonly string[] =>
  Object.entries(packages).flatMap(([path, { integrity, resolved, link, inBundle, hasInstallScript }]) => {
    if (path === "") return [];
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    return [
      ...(inBundle === true || /^sha512-[\w+/]{86}==$/.test(integrity ?? "") ? [] : [`${path}: has no SHA-512`]),
      ...(resolved === undefined && link !== true ? [] : [`${path}: is bound to ${resolved ?? "a folder"}`]),
      ...(hasInstallScript === true && !Object.hasOwn(allowed, name)
        ? [`${path}: has a script for its installation, and package.json does not say whether it may run`]
        : []),
    ];
  });

export type Verdict = "passed" | "failed" | "skipped";

/** What the end of an `npm audit` means. */
export function verdictOf(status: number | null, output: string): Verdict {
  if (status === 0) return "passed";
  if (/invalid (?:registry )?(?:signature|attestation)|missing (?:registry )?(?:signature|attestation)/i.test(output))
    return "failed";
  return status === null || unasked.test(output) ? "skipped" : "failed";
}

/** Codes of npm where it got no answer, or none that it could use. */
const unasked =
  /npm error code (?:E(?:NOTFOUND|CONN\w+|HOSTUNREACH|NETUNREACH|TIMEDOUT|AI_AGAIN|PROTO|SOCKETTIMEOUT|40[0-9]|5\d\d)|ERR_SOCKET_TIMEOUT|CERT_\w+|SELF_SIGNED_\w+)|audit endpoint returned an error|does not support audit signatures|No signing keys/i;

/** What npm is started with: no second try, and words on a failure, which `npm run --silent` would take away. */
export const auditEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...environment,
  npm_config_fetch_retries: "0",
  npm_config_fetch_timeout: "20000",
  npm_config_loglevel: "warn",
});

/** Name, arguments of npm, and what is looked for. */
const audits: readonly [name: string, args: readonly string[]][] = [
  ["signatures", ["audit", "signatures"]],
  ["advisories", ["audit", "--omit=dev", "--audit-level=high"]],
];

function main(): number {
  const read = (file: string): unknown => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"));
  const { packages } = read("package-lock.json") as { readonly packages: Locked };
  const { allowScripts } = read("package.json") as { readonly allowScripts: Readonly<Record<string, boolean>> };
  const problems = lockProblems(packages, allowScripts);
  for (const problem of problems) console.error(`package-lock.json: ${problem}`);
  console.log(`lock file: ${Object.keys(packages).length - 1} packages, ${problems.length} problems`);
  let failed = problems.length > 0;
  for (const [name, args] of audits) {
    const env = auditEnvironment(process.env);
    const { status, stdout, stderr } = spawnSync("npm", args, { encoding: "utf8", env, timeout: 120_000 });
    const output = `${stdout}${stderr}`;
    const verdict = verdictOf(status, output);
    const why = /npm (?:error|warn)(?: code)? (?!A complete log)(.+)/.exec(output)?.[1] ?? "no answer";
    console.log(`${name}: ${verdict}${verdict === "skipped" ? `, the registry could not be asked (${why})` : ""}`);
    if (verdict === "failed") console.error(output);
    failed ||= verdict === "failed";
  }
  return failed ? 1 : 0;
}

if (import.meta.main) process.exitCode = main();
