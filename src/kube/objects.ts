/** Single objects, read and changed so that nobody else's change is lost. */
import { isObject } from "../core/base/json/json.ts";
import type { Json, JsonObject } from "../core/base/json/json.ts";
import type { ApiAnswer, ApiCall, AskApi } from "./api.ts";
import { refusalText } from "./metadata.ts";

/** The API server answered, and not with what was asked for. */
export class Refused extends Error {
  readonly status: number;

  constructor({ method, path }: Pick<ApiCall, "method" | "path">, answer: ApiAnswer) {
    super(`${method} ${path}: ${refusalText(answer)}`);
    this.status = answer.status;
  }
}

interface How {
  readonly query?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** `undefined`: it is not there. */
export async function readObject(ask: AskApi, path: string, how: How = {}): Promise<JsonObject | undefined> {
  const call = { method: "GET", path, ...how } as const;
  const answer = await ask(call);
  return answer.status === 404 ? undefined : objectOf(call, answer);
}

/** Writes it back; a refusal with status 409 when somebody else wrote since it was read. */
export async function putObject(ask: AskApi, path: string, object: JsonObject, how: How = {}): Promise<JsonObject> {
  const call = { method: "PUT", path, body: object, ...how } as const;
  return objectOf(call, await ask(call));
}

/** The kinds of patches (API concepts, "Patch"). */
export const patchTypes = {
  /** RFC 6902; its `test` operations guard it. */
  json: "application/json-patch+json",
  /** RFC 7386. */
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  /** Server-side apply; wants `fieldManager` in the query. */
  apply: "application/apply-patch+yaml",
} as const;

/** The object as it is after the patch. A JSON patch whose `test` fails is a refusal with status 422. */
export async function patchObject(
  ask: AskApi,
  path: string,
  { type, body }: { readonly type: keyof typeof patchTypes; readonly body: Json },
  how: How = {},
): Promise<JsonObject> {
  const call = { method: "PATCH", path, body, contentType: patchTypes[type], ...how } as const;
  return objectOf(call, await ask(call));
}

function objectOf(call: ApiCall, answer: ApiAnswer): JsonObject {
  if (answer.status >= 200 && answer.status < 300 && isObject(answer.body)) return answer.body;
  throw new Refused(call, answer);
}
