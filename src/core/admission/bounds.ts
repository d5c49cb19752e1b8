/** What a review may hold. An API server sends less: it takes requests of 3 MiB, and stores objects of 1.5 MiB. */
import { asObject } from "../base/json/edit.ts";
import { targetOf } from "../inject/pod/kinds.ts";
import type { Warning } from "../inject/outcome/injection.ts";
import type { JsonObject } from "../base/json/json.ts";
import type { RequestKind } from "../inject/pod/kinds.ts";
import type { LeftAloneReason } from "../inject/outcome/reasons.ts";
import type { JsonSize } from "./json-size.ts";
import type { AdmissionRequest } from "./request.ts";

export const reviewBounds = {
  /** Values in a review. The most costly that pass, 100,000 containers or keys, take 50 to 100 ms of a processor in all. */
  values: 100_000,
  /** Lists and objects inside of each other: those of the kinds that are reviewed come to 25. */
  depth: 100,
  /** Characters of the uid that the answer repeats; an API server's has 36. */
  uid: 128,
} as const;

/**
 * Keys and values of an object's annotations, in bytes of UTF-8: what an API server stores (apimachinery,
 * TotalAnnotationSizeLimitB), and refuses beyond it by itself, after the webhooks. Labels, which have no such bound
 * there, are read as far.
 */
export const stored = 256 * 1024;

/** Why a body of this size is not read; undefined: it is. */
export function overBounds({ values, depth }: JsonSize): string | undefined {
  if (values > reviewBounds.values) return `the review has more than ${reviewBounds.values} values`;
  if (depth > reviewBounds.depth) return `the review has more than ${reviewBounds.depth} lists and objects in another`;
  return undefined;
}

/** Why weft leaves an object alone, whatever it asks for. */
export interface LeftAlone {
  readonly reason: LeftAloneReason;
  readonly warning: Warning;
}

/** What no API server will store is not looked at: it costs time, and its author hears of it from the API server. */
export function leftAlone(
  { object, oldObject }: Partial<Pick<AdmissionRequest, "object" | "oldObject">>,
  kind: RequestKind | undefined,
): LeftAlone | undefined {
  for (const each of [object, oldObject]) {
    const found = each === undefined ? undefined : tooLarge(each, kind, "has");
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same for an object as weft would make it: the API server would refuse it on account of weft. */
export const outgrown = (object: JsonObject, kind: RequestKind | undefined): LeftAlone | undefined =>
  tooLarge(object, kind, "would have");

function tooLarge(object: JsonObject, kind: RequestKind | undefined, has: string): LeftAlone | undefined {
  const pod = targetOf(object, kind)?.pod ?? object;
  for (const [field, limit] of fields) {
    const bytes = Math.max(bytesOf(object, field), pod === object ? 0 : bytesOf(pod, field));
    if (bytes <= stored) continue;
    const text = `weft leaves it alone: it ${has} ${bytes} bytes of ${field}, ${limit} ${stored}`;
    return { reason: `${field}_too_large`, warning: { about: `metadata.${field}`, rank: 0, text } };
  }
  return undefined;
}

const fields = [
  ["annotations", "an API server stores"],
  ["labels", "weft reads"],
] as const;

/** As an API server counts them (ValidateAnnotationsSize). */
function bytesOf(object: JsonObject, field: "annotations" | "labels"): number {
  const entries = Object.entries(asObject(asObject(object["metadata"])?.[field]) ?? {});
  let units = 0;
  for (const [key, value] of entries) units += key.length + (typeof value === "string" ? value.length : 0);
  // A unit of UTF-16 is three bytes of UTF-8 at most: few objects need the exact number.
  if (3 * units <= stored) return units;
  let bytes = 0;
  for (const [key, value] of entries) bytes += utf8Bytes(key) + (typeof value === "string" ? utf8Bytes(value) : 0);
  return bytes;
}

/** A lone surrogate counts as the three bytes of U+FFFD, which is what an API server makes of it. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) bytes += unit > 0x7ff ? 2 : 1;
    // The second half of a pair: four bytes for both.
    if (isHigh(unit) && isLow(text.charCodeAt(at + 1))) at += 1;
  }
  return bytes;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
