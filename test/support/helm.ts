/** The real helm, by HELM or in PATH; and what it makes of weft's charts. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readDocument } from "../../src/core/documents/document.ts";
import { splitDocuments } from "../../src/core/documents/stream.ts";
import { isObject } from "../../src/core/base/json/json.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";

export const charts = fileURLToPath(new URL("../../charts/", import.meta.url));

const named = process.env["HELM"] ?? "helm";
const isThere = spawnSync(named, ["version"], { stdio: "ignore" }).status === 0;

/** Undefined: there is none. */
export const helm: string | undefined = isThere ? named : undefined;

export const describeWithHelm = (title: string, body: (this: Mocha.Suite) => void): void => {
  if (helm === undefined) describe.skip(`${title} (skipped: there is no helm, by HELM or in PATH)`, body);
  else describe(title, body);
};

interface Rendering {
  readonly chart: "weft" | "weft-crds";
  readonly namespace?: string;
  readonly values?: JsonObject;
}

/** As text; throws what helm says where it refuses. */
export function rendered(rendering: Rendering): string {
  const { status, stdout, stderr } = ended(rendering);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Likewise, and how it ends. */
export function ended({ chart, namespace = "default", values = {} }: Rendering) {
  const given = ["--namespace", namespace, "--kube-version", "1.34.0", "--values", "-"];
  return spawnSync(helm ?? "", ["template", "weft", `${charts}${chart}`, ...given], {
    input: JSON.stringify(values),
    encoding: "utf8",
  });
}

export const objectsIn = (text: string): readonly JsonObject[] =>
  splitDocuments(text)
    .map((document) => readDocument(document.text).value)
    .filter((value) => isObject(value));
