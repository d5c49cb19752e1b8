/** A Secret of the cluster as texts. Rights: get and watch on the one that is named; update for whoever writes it. */
import { namedPath, resources } from "../core/kubernetes/kinds.ts";
import type { KeptSecret, StoredSecret } from "../certificates/webhook/rotation-needs.ts";
import { isOwnKey } from "../certificates/webhook/shared-secret.ts";
import type { SecretTexts } from "../certificates/webhook/shared-secret.ts";
import { isObject } from "../core/base/json/json.ts";
import type { Json, JsonObject } from "../core/base/json/json.ts";
import type { KubeApi } from "../kube/api.ts";
import { metadataOf, textOf } from "../kube/metadata.ts";
import { Refused, putObject, readObject } from "../kube/objects.ts";

export const secretPath = (namespace: string, name: string): string => namedPath(resources.secrets, name, namespace);

/** `undefined`: it is not there. */
export async function secretTexts({ ask }: Pick<KubeApi, "ask">, path: string): Promise<SecretTexts | undefined> {
  const object = await readObject(ask, path);
  return object === undefined ? undefined : textsOf(object);
}

export function keptSecret(
  { ask }: Pick<KubeApi, "ask">,
  namespace: string,
  name: string,
): KeptSecret & { path: string } {
  const path = secretPath(namespace, name);
  let last: JsonObject = {};
  return {
    name: `Secret ${name}`,
    path,
    read: async (): Promise<StoredSecret | undefined> => {
      const object = await readObject(ask, path);
      if (object === undefined) return undefined;
      last = object;
      return { texts: textsOf(object), version: textOf(metadataOf(object), "resourceVersion") };
    },
    // The whole object goes back as it came, with its resourceVersion: what others keep in it stays, also what is no text.
    write: (texts: SecretTexts): Promise<boolean> => {
      const old = dataOf(last);
      const stays = Object.entries(old).filter(([key]) => !isOwnKey(key) || Object.hasOwn(texts, key));
      const changed = Object.entries(texts).filter(([key, text]) => decoded(old[key]) !== text);
      const data = Object.fromEntries([...stays, ...changed.map(([key, text]) => [key, encoded(text)] as const)]);
      return unlessConflict(putObject(ask, path, { ...last, data }));
    },
  };
}

/** False where somebody else wrote meanwhile: 409, or 422 for a `test` that failed; what a policy denies is 422, too. */
export async function unlessConflict(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 409 || (error.status === 422 && !/denied (the )?request/.test(error.message))) return false;
    throw error;
  }
}

const textsOf = (object: JsonObject): SecretTexts =>
  Object.fromEntries(Object.entries(dataOf(object)).map(([key, value]) => [key, decoded(value)]));
const dataOf = ({ data }: JsonObject): JsonObject => (isObject(data) ? data : {});
const decoded = (value: Json | undefined): string =>
  typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : "";
const encoded = (text: string): string => Buffer.from(text, "utf8").toString("base64");
