/** A cluster as its users see it: through kubectl. KUBECONFIG says which. */
import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../../src/core/base/json/json.ts";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Where the images are: the same variables as those of scripts/steps. */
export const image = (name: string): string =>
  `${process.env["WEFT_IMAGES"] ?? ""}${name}:${process.env["WEFT_TAG"] ?? "e2e"}`;

export interface Output {
  readonly out: string;
  /** Warnings, too. */
  readonly complaints: string;
}

/** Rejects when the program fails: with how it ended, and all that it said. */
export const run = (command: string, args: readonly string[], input = ""): Promise<Output> =>
  new Promise((resolve, reject) => {
    const child = execFile(command, args, { cwd: root, maxBuffer: 1e8 }, (error, out, complaints) => {
      if (error === null) resolve({ out, complaints });
      else {
        const how = error.signal === null || error.signal === undefined ? `exit code ${error.code}` : error.signal;
        reject(new Error([`${command} ${args.join(" ")}: ${how}`, complaints, out].filter(Boolean).join("\n")));
      }
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });

export const kubectl = (args: readonly string[], input?: string): Promise<Output> => run("kubectl", args, input);

export const weft = (args: readonly string[], input?: string): Promise<Output> =>
  run(process.execPath, ["src/main.ts", ...args], input);

export const apply = (objects: readonly JsonObject[]): Promise<Output> =>
  kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));

export const read = async <Answer = JsonObject>(...args: readonly string[]): Promise<Answer> =>
  JSON.parse((await kubectl(["get", "-o", "json", ...args])).out) as Answer;

/** For kubectl, what waits for something: a machine that is busy is no fault, so this is for what never comes. */
export const patience = "--timeout=300s";

/** Until it is so; rejects with the last reason why it was not. */
export async function eventually<Value>(probe: () => Promise<Value>, seconds = 120): Promise<Value> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(500);
    }
  }
}

export const deleteNamespaces = async (...names: readonly string[]): Promise<void> =>
  void (await kubectl(["delete", "namespace", "--ignore-not-found", ...names]));
