import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StaticAttack } from "../shape.ts";

const main = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
const evil = String.raw`\u001b[2J\u001b]0;pwn\u0007\u009b31m\u202e\u2028\r`;
const pod = (apiVersion = "v1", kind = "Pod") =>
  `{"apiVersion":"${apiVersion}","kind":"${kind}","metadata":{"name":"x${evil}","namespace":"n${evil}",` +
  `"annotations":{"linkerd.io/inject":"enabled","config.linkerd.io/proxy-cpu-limit":"${evil}",` +
  `"config.linkerd.io/x${evil}":"y"}},"spec":{"containers":[{"name":"a${evil}","image":"b${evil}"}]}}`;

/** Everything that a terminal could take for a command, and that turns text around (Unicode, Cc and Cf). */
const control = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const fine = /[\n\t]/g;

const commands: readonly (readonly string[])[] = [["inject"], ["uninject"], ["explain"], ["diff"]];

export const terminalEscapes: StaticAttack = {
  name: "terminal-escapes",
  claim: "What stands in a manifest never becomes a command to the terminal of who looks at it.",
  victim: "command",
  look: async () => {
    const folder = mkdtempSync(join(tmpdir(), "weft-attack-"));
    const files = [pod(), pod("v1", evil), pod(evil)].map((text, index) => {
      const file = join(folder, `${index}.yaml`);
      writeFileSync(file, text);
      return file;
    });
    const runs = commands.flatMap((command) => files.map((file) => [...command, file]));
    const wrong = await Promise.all(runs.map(async (args) => strange(args, await outputOf(args))));
    rmSync(folder, { recursive: true });
    return { says: `${runs.length} runs of ${commands.length} commands`, wrong: wrong.flat() };
  },
};

const outputOf = (args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (_, stdout, stderr) => resolve(`${stdout}${stderr}`));
  });

function strange([command = "", file = ""]: readonly string[], text: string): readonly string[] {
  const found = control.exec(text.replaceAll(fine, ""));
  const code = found?.[0].codePointAt(0)?.toString(16);
  if (text === "") return [`weft ${command} said nothing`];
  return code === undefined ? [] : [`weft ${command} ${file.at(-6)}: U+${code.padStart(4, "0")}`];
}
