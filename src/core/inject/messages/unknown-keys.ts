/** Keys of Linkerd's families that nobody knows, but that resemble one that means something: "did you mean". */
import { foreignKeys, keyFamilies, keys, labels as labelKeys, traceAttributePrefix } from "../../mesh/annotations.ts";
import type { Annotations, Labels } from "../../base/json/json.ts";
import { perText } from "../../base/memory/memo.ts";
import { quoted } from "../../base/text/quote.ts";
import { closest } from "../../base/text/similar.ts";
import { rowOf } from "../settings/annotation-settings.ts";
import type { Warning } from "../outcome/injection.ts";
import { mostOfAKind } from "./warnings.ts";

/** Keys of the object itself. */
export const unknownKeyWarnings = (annotations: Annotations, labels: Labels): readonly Warning[] => [
  ...unknownAnnotations(annotations, ""),
  ...misplacedLabels(labels),
];

/** Annotations of a namespace, where its pods would inherit what was meant. */
export const unknownInNamespace = (annotations: Annotations): readonly Warning[] =>
  unknownAnnotations(annotations, " of the namespace");

function unknownAnnotations(annotations: Annotations, where: string): readonly Warning[] {
  return suspicious(annotations, (key) => !knownKeys.has(key)).flatMap((key) => {
    const meant = meantKey(key, annotations[key] ?? "");
    const text = `annotation ${quoted(key, 100)}${where} is unknown; did you mean ${meant}?`;
    return meant === undefined ? [] : [{ about: key, rank: 2 as const, text }];
  });
}

function misplacedLabels(labels: Labels): readonly Warning[] {
  return suspicious(labels, (key) => !key.startsWith(labelKeys.ownerPrefix) && key !== keys.wrap).flatMap((key) => {
    const meant = knownKeys.has(key) ? key : meantKey(key, labels[key] ?? "");
    const text = `label ${quoted(key, 100)} has no effect; did you mean the annotation ${meant}?`;
    return meant === undefined ? [] : [{ about: key, rank: 2 as const, text }];
  });
}

const suspicious = (map: Annotations | Labels, counts: (key: string) => boolean): readonly string[] =>
  Object.keys(map)
    .filter((key) => maybeMistyped(key) && !foreignKeys.has(key) && counts(key))
    // Comparing names costs, and nobody reads more hints than a few.
    .slice(0, mostOfAKind);

// Every family has it in its name; what has it not is no key of ours with a mistake.
const maybeMistyped = (key: string): boolean => key.includes("link");

/**
 * Whether an annotation of a namespace can change anything of an injection, its warnings too. Who keeps namespaces
 * keeps these.
 */
export const concernsInjection = (key: string): boolean =>
  knownKeys.has(key) || maybeMistyped(key) || key.startsWith(traceAttributePrefix);

/** The keys that weft reads or writes. */
export const knownKeys: ReadonlySet<string> = new Set(Object.values(keys));

/** The known keys by their name without family; of several families the stable one. */
const byName: ReadonlyMap<string, string> = new Map(
  [...knownKeys].toReversed().map((key) => [key.slice(key.indexOf("/") + 1), key]),
);

// Pods of one template repeat the same mistake many times.
const similarName = perText((name) => closest(name, [...byName.keys()]), { longest: 256 });

function meantKey(key: string, value: string): string | undefined {
  const slash = key.indexOf("/");
  const family = key.slice(0, slash);
  if (slash < 1 || !isFamily(family)) return undefined;
  const name = key.slice(slash + 1);
  const sameName = byName.get(name);
  if (sameName !== undefined) return sameName;
  const similar = similarName(name);
  return similar === undefined ? meantByValue(value) : byName.get(similar);
}

// A prefix that is none of the families, but nearly: "linked.io", "config.linkerd.com".
const isFamily = (family: string): boolean =>
  keyFamilies.includes(family) ||
  (family.length < 40 && family.includes("link") && closest(family, keyFamilies) !== undefined);

/** A value that only one annotation takes tells what was meant, whatever the key. */
function meantByValue(value: string): string | undefined {
  if (value === "ingress" || value === "enabled") return keys.inject;
  const isPolicy = value.includes("authenticated") && rowOf.get(keys.defaultInboundPolicy)?.expects.includes(value);
  return isPolicy === true ? keys.defaultInboundPolicy : undefined;
}
