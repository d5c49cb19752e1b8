/** The caBundle of a webhook configuration: compared with what it should be, and the patch that makes it so. */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { pointer } from "../base/json/pointer.ts";

/** JSON Patch (RFC 6902). */
export type PatchOperation = {
  readonly op: "test" | "add";
  readonly path: string;
  readonly value: string;
};

export interface BundlePatch {
  readonly operations: readonly PatchOperation[];
  /** The entries that differ, such as `inject-pod.weft.linkerd.io: has no caBundle`. */
  readonly differences: readonly string[];
}

/** What to patch so that each entry has this bundle (base64, as it is on the wire); `undefined`: nothing. */
export const bundlePatch = (configuration: JsonObject, bundle: string): BundlePatch | undefined => {
  const { resourceVersion } = isObject(configuration["metadata"]) ? configuration["metadata"] : {};
  const different = entriesOf(configuration).filter(({ caBundle }) => caBundle !== bundle);
  if (different.length === 0 || typeof resourceVersion !== "string") return undefined;
  return {
    operations: [
      // Entries are known by their position: another write in between may have moved them.
      { op: "test", path: pointer("metadata", "resourceVersion"), value: resourceVersion },
      ...different.map(({ index }): PatchOperation => ({
        op: "add",
        path: pointer("webhooks", index, "clientConfig", "caBundle"),
        value: bundle,
      })),
    ],
    differences: different.map(({ name, caBundle }) => `${name}: ${wordsFor(caBundle)}`),
  };
};

export interface ConfigurationEntry {
  readonly index: number;
  readonly name: string;
  /** Base64 of what should be PEM. */
  readonly caBundle: string | undefined;
}

/** The entries of a Mutating- or ValidatingWebhookConfiguration. */
export const entriesOf = ({ webhooks }: JsonObject): readonly ConfigurationEntry[] =>
  (isList(webhooks) ? webhooks : []).map((webhook, index) => {
    const { name, clientConfig }: JsonObject = isObject(webhook) ? webhook : {};
    const caBundle = isObject(clientConfig) ? clientConfig["caBundle"] : undefined;
    return { index, name: textOr(name, `entry ${index}`), caBundle: textOr(caBundle, undefined) };
  });

const textOr = <Other>(value: Json | undefined, other: Other): string | Other =>
  typeof value === "string" && value !== "" ? value : other;

const wordsFor = (caBundle: string | undefined): string => {
  if (caBundle === undefined) return "has no caBundle";
  return holdsPem(caBundle) ? "trusts other CAs" : "has a caBundle that holds no certificate";
};

const holdsPem = (base64: string): boolean => {
  try {
    return atob(base64).includes("-----BEGIN CERTIFICATE-----");
  } catch {
    return false;
  }
};
