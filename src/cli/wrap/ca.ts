/** `weft wrap ca`: a root for a mesh of linkerd 1.x, as two files. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { makeRoot } from "../../certificates/x509/root.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { fileIsThere, writeNewFile } from "../../files/write.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { textsOf } from "../options.ts";
import { durationOf } from "./flags.ts";

export async function ca(command: Command, io: Io): Promise<void> {
  const [certificateFile = "", keyFile = "", commonName = ""] = ["certFile", "keyFile", "name"].map(
    (name) => textsOf(command, name).at(-1) ?? "",
  );
  if (commonName === "" || commonName.length > 64)
    throw usageFailure(`--name: ${quoted(commonName)} has ${commonName.length} characters, expected 1 to 64`);
  if (resolve(certificateFile) === resolve(keyFile))
    throw usageFailure("--cert-file and --key-file are one file, expected two");
  const life = durationOf(command, "--life", "life") ?? 0;
  const there = [keyFile, certificateFile].filter(fileIsThere);
  if (there.length > 0)
    throw new CommandFailure(there.map((file) => `${file} is there already: a root is never overwritten`));
  const now = Date.now();
  const validity = { notBefore: new Date(now - backdate), notAfter: new Date(now + life) };
  const root = await makeRoot({ commonName, validity });
  // A certificate whose key could not be written would be of no use.
  for (const [file, text, mode] of [
    [keyFile, root.key, 0o600],
    [certificateFile, root.certificate, 0o644],
  ] as const) {
    const issue = await writeNewFile(file, text, mode);
    if (issue !== undefined) throw new CommandFailure([issueText(issue)]);
  }
  io.stderr(
    [
      `weft: ${keyFile} signs certificates: whoever has it can be any Service`,
      "weft: keep it where no pod reads it, and out of the cluster; weft puts it nowhere else",
      "",
    ].join("\n"),
  );
}

/** Clocks that are a little behind must not find it "not yet valid". */
const backdate = 5 * 60_000;
