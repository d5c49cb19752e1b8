/** kubectl's reader, run as a program: where Go is. */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";

/** What kubectl makes of a stream of documents: the values of those that it reads, and whether it stops with an error. */
export interface Reading {
  readonly values: readonly unknown[];
  readonly error?: string;
}

/** Reads streams with the program in this folder, which is built for it. */
export async function readWithKubectl(streams: readonly string[]): Promise<readonly Reading[]> {
  const folder = await mkdtemp(join(tmpdir(), "weft-kubectl-"));
  try {
    const program = join(folder, "kubectl-reader");
    await promisify(execFile)("go", ["build", "-o", program, "."], { cwd: import.meta.dirname });
    const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
    const answers = text(child.stdout);
    for (const stream of streams) {
      child.stdin.write(`${JSON.stringify({ stream: Buffer.from(stream).toString("base64") })}\n`);
    }
    child.stdin.end();
    return (await answers)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line, wellFormed) as Reading);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Half a surrogate pair, which JSON may hold as an escape, becomes U+FFFD in Go. */
const wellFormed = (_: string, value: unknown): unknown => (typeof value === "string" ? value.toWellFormed() : value);
