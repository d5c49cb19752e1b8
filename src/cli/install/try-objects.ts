/** `weft install --dry-run`: what the API server says to each object, a line each. Nothing is kept. */
import { same } from "../../core/documents/value.ts";
import { comparable } from "../../core/install/comparable.ts";
import { nameOf, shownName } from "../../core/install/print.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { oneLine } from "../../core/base/text/quote.ts";
import type { AskApi } from "../../kube/api.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { live, tried } from "../live-objects.ts";

export async function triedOut(objects: readonly JsonObject[], ask: AskApi, io: Io): Promise<void> {
  const missing = await missingNamespaces(objects, ask);
  const refusals: string[] = [];
  for (const object of objects) {
    const name = shownName(nameOf(object));
    const trial = await tried(elsewhere(object, missing), ask);
    if (trial.kind === "refused") {
      refusals.push(`${name}: ${oneLine(trial.why)}`);
      continue;
    }
    const { before, after } = trial;
    const pair = before === undefined ? undefined : comparable({ before, after });
    const says = pair === undefined ? "would be created" : same(pair.before, pair.after) ? "unchanged" : "would change";
    io.print(`${name}: ${says}\n`);
  }
  if (refusals.length > 0) throw new CommandFailure(refusals);
}

/** Namespaces that would be made, but are not there as long as nothing is kept. */
async function missingNamespaces(objects: readonly JsonObject[], ask: AskApi): Promise<ReadonlySet<string>> {
  const namespaces = objects.filter(({ kind }) => kind === "Namespace");
  const found = await Promise.all(namespaces.map((object) => live(object, ask)));
  return new Set(namespaces.flatMap((object, index) => (found[index] === undefined ? [nameOf(object).name] : [])));
}

/** Objects of a namespace that is not there yet are tried in one that always is. */
function elsewhere(object: JsonObject, missing: ReadonlySet<string>): JsonObject {
  if (!missing.has(nameOf(object).namespace)) return object;
  return { ...object, metadata: { ...(object["metadata"] as JsonObject), namespace: "default" } };
}
