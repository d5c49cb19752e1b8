/** What Linkerd's injector did with 1,000 requests, as recorded, and the settings that each of them ran with. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { readInstallation } from "../../src/core/inject/settings/installation.ts";
import type { Installation } from "../../src/core/inject/settings/installation.ts";
import { isObject } from "../../src/core/base/json/json.ts";
import type { Annotations, Json, JsonObject } from "../../src/core/base/json/json.ts";

export type CaseClass = "valid" | "edge" | "invalid" | "hazard";

export interface RecordedEvent {
  /** `Kind/name` */
  readonly on: string;
  readonly reason: string;
  readonly message: string;
}

export interface Case {
  readonly id: string;
  readonly class: CaseClass;
  readonly namespace: { readonly name: string; readonly annotations?: Annotations; readonly missing?: boolean };
  /** Overlay on the settings. */
  readonly values?: JsonObject;
  readonly controlPlaneNamespace?: string;
  readonly kind: string;
  readonly object: JsonObject;
  /** Owners that exist, metadata only. */
  readonly clusterObjects?: readonly JsonObject[];
  readonly expect: {
    readonly outcome: "injected" | "annotated" | "skipped" | "denied" | "failed";
    readonly allowed?: boolean;
    readonly patched?: JsonObject;
    readonly reasons?: readonly string[];
    readonly events?: readonly RecordedEvent[];
    readonly error?: string;
  };
}

const bytesOf = (name: string): Buffer => readFileSync(new URL(name, import.meta.url));

export const cases: readonly Case[] = gunzipSync(bytesOf("cases.jsonl.gz"))
  .toString("utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

const defaults = JSON.parse(bytesOf("settings.json").toString("utf8")) as JsonObject;

/** Helm values of a case. */
export const valuesOf = ({ values }: Pick<Case, "values">): JsonObject => overlaid(defaults, values ?? {});

/** What a case is injected with. A case whose settings weft refuses to load would be a bug: all of them work in Linkerd. */
export function installationOf(recorded: Case): Installation {
  const read = readInstallation({
    values: valuesOf(recorded),
    controlPlaneNamespace: recorded.controlPlaneNamespace,
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
  });
  if ("issues" in read) throw new Error(`${recorded.id}: ${JSON.stringify(read.issues)}`);
  return read.value.installation;
}

/** Maps merge, null removes a key, anything else replaces. */
function overlaid(base: JsonObject, overlay: JsonObject): JsonObject {
  const merged = new Map<string, Json | undefined>(Object.entries(base));
  for (const [key, value] of Object.entries(overlay)) {
    const before = merged.get(key);
    if (value === null) merged.delete(key);
    else if (isObject(value)) merged.set(key, overlaid(isObject(before) ? before : {}, value));
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}
