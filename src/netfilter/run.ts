/** One program of the firewall, run in a network namespace. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface Place {
  /** Path of a network namespace, such as `/run/netns/pod` or `/proc/1234/ns/net`; absent: this process's own. */
  readonly netns: string | undefined;
}

export type Ran = { readonly stdout: string } | { readonly problem: string };

/** Runs a program with its arguments, never through a shell. `problem`: one line that says what went wrong and why. */
export async function ran(words: readonly string[], { netns }: Place, input = ""): Promise<Ran> {
  const [program = "", ...args] = netns === undefined ? words : ["nsenter", `--net=${netns}`, "--", ...words];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  const code = new Promise<number | NodeJS.ErrnoException>((resolve) => {
    child.on("error", resolve);
    child.on("close", (status) => resolve(status ?? -1));
  });
  // A program that fails early does not read to the end; its exit code tells.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [stdout, stderr, ended] = await Promise.all([text(child.stdout), text(child.stderr), code]);
  if (ended === 0) return { stdout };
  const name = words[0] ?? "";
  if (typeof ended !== "number") {
    return { problem: ended.code === "ENOENT" ? `${program} is not installed` : `${program}: ${ended.message}` };
  }
  const said = linesOf(stderr).join("; ");
  const missing = /failed to execute .*No such file/.test(said);
  if (missing) return { problem: `${name} is not installed` };
  const hint = /not permitted|ermission denied|must be root/.test(said)
    ? " (it needs root, or CAP_NET_ADMIN in the network namespace)"
    : "";
  return { problem: `${name}: ${said === "" ? `exit code ${ended}` : said}${hint}` };
}

const linesOf = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
