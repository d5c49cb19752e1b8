/** What a review may hold. An API server sends less: it takes requests of 3 MiB, and stores objects of 1.5 MiB. */
import { asObject } from "../inject/edit.ts";
import { targetOf } from "../inject/kinds.ts";
import type { Warning } from "../inject/injection.ts";
import type { JsonObject } from "../mesh/api.ts";
import type { AdmissionRequest } from "./decode.ts";
import type { JsonSize } from "./json-size.ts";

export const reviewBounds = {
  /** Values in a review. The most costly ones take 80 ms of a processor to parse. */
  values: 200_000,
  /** Lists and objects inside of each other: those of the kinds that are reviewed come to 25. */
  depth: 100,
  /** Characters of the uid that the answer repeats; an API server's has 36. */
  uid: 128,
} as const;

/** What an API server stores; what is beyond it is refused by the API server itself, after the webhooks. */
const stored = {
  /** Keys and values of an object's annotations, in bytes of UTF-8 (apimachinery, TotalAnnotationSizeLimitB). */
  annotations: 256 * 1024,
} as const;

/** Why a body of this size is not read; undefined: it is. */
export function overBounds({ values, depth }: JsonSize): string | undefined {
  if (values > reviewBounds.values) return `the review has more than ${reviewBounds.values} values`;
  if (depth > reviewBounds.depth) return `the review has more than ${reviewBounds.depth} lists and objects in another`;
  return undefined;
}

/** Why weft leaves an object alone, whatever it asks for. */
export const leftAloneReasons = ["annotations_too_large"] as const;
export interface LeftAlone {
  readonly reason: (typeof leftAloneReasons)[number];
  readonly warning: Warning;
}

/** What no API server will store is not looked at: it costs time, and its author hears of it from the API server. */
export function leftAlone({ object, oldObject, kind }: AdmissionRequest): LeftAlone | undefined {
  for (const each of [object, oldObject]) {
    const found = each === undefined ? undefined : tooLarge(each, kind, "has");
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same for an object as weft would make it: the API server would refuse it on account of weft. */
export const outgrown = (object: JsonObject, kind: AdmissionRequest["kind"]): LeftAlone | undefined =>
  tooLarge(object, kind, "would have");

function tooLarge(object: JsonObject, kind: AdmissionRequest["kind"], has: string): LeftAlone | undefined {
  const target = targetOf(object, kind);
  const bytes = Math.max(annotationBytes(object), target?.pod === undefined ? 0 : annotationBytes(target.pod));
  if (bytes <= stored.annotations) return undefined;
  const text = `weft leaves it alone: it ${has} ${bytes} bytes of annotations, an API server stores ${stored.annotations}`;
  return { reason: "annotations_too_large", warning: { about: "metadata.annotations", rank: 0, text } };
}

/** As an API server counts them (ValidateAnnotationsSize). */
function annotationBytes(object: JsonObject): number {
  const annotations = Object.entries(asObject(asObject(object["metadata"])?.["annotations"]) ?? {});
  let units = 0;
  for (const [key, value] of annotations) units += key.length + (typeof value === "string" ? value.length : 0);
  // A unit of UTF-16 is three bytes of UTF-8 at most: few objects need the exact number.
  if (3 * units <= stored.annotations) return units;
  let bytes = 0;
  for (const [key, value] of annotations) bytes += utf8Bytes(key) + (typeof value === "string" ? utf8Bytes(value) : 0);
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
