/** Bytes of a request → an admission request, or what is wrong with them. No I/O: text in, value out. */
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { textAt } from "../base/json/read.ts";
import { quoted } from "../base/text/quote.ts";
import { reviewBounds } from "./bounds.ts";
import type { AdmissionRequest, ReviewVersion } from "./request.ts";
import { reviewVersions } from "./request.ts";

export type Decoded =
  | { readonly kind: "request"; readonly request: AdmissionRequest }
  | { readonly kind: "malformed"; readonly code: MalformedCode; readonly message: string; readonly uid: string };

/** Bounded: these become metric labels. */
export const malformedCodes = ["not_json", "wrong_kind", "wrong_version", "no_request", "no_uid", "no_object"] as const;
export type MalformedCode = (typeof malformedCodes)[number];

/** One AdmissionReview as JSON text. */
export function decodeReview(text: string): Decoded {
  const review = parse(text);
  if ("reason" in review) return malformed("not_json", `the body is not JSON: ${review.reason}`);
  const { value } = review;
  if (!isObject(value)) return malformed("wrong_kind", `expected an AdmissionReview, got ${typeName(value)}`);
  if (value["kind"] !== "AdmissionReview") {
    return malformed("wrong_kind", `expected kind AdmissionReview, got ${shown(value["kind"])}`);
  }
  const apiVersion = reviewVersions.find((version) => version === value["apiVersion"]);
  if (apiVersion === undefined) {
    const expected = reviewVersions.join(" or ");
    return malformed("wrong_version", `expected apiVersion ${expected}, got ${shown(value["apiVersion"])}`);
  }
  const request = value["request"];
  if (!isObject(request)) return malformed("no_request", "the AdmissionReview has no request");
  const uid = request["uid"];
  if (typeof uid !== "string" || uid === "") return malformed("no_uid", "the request has no uid");
  if (uid.length > reviewBounds.uid) {
    return malformed("no_uid", `the request's uid is longer than ${reviewBounds.uid} characters`);
  }
  const object = request["object"] ?? undefined;
  if (object !== undefined && !isObject(object)) {
    return malformed("no_object", `request.object is ${typeName(object)}, expected an object`, uid);
  }
  return { kind: "request", request: requestOf(apiVersion, uid, request, object) };
}

function requestOf(
  apiVersion: ReviewVersion,
  uid: string,
  request: JsonObject,
  object: JsonObject | undefined,
): AdmissionRequest {
  return {
    apiVersion,
    uid,
    kind: { group: textAt(request, "kind", "group"), kind: textAt(request, "kind", "kind") },
    resource: textAt(request, "resource", "resource"),
    namespace: textAt(request, "namespace"),
    operation: textAt(request, "operation"),
    subResource: textAt(request, "subResource"),
    dryRun: request["dryRun"] === true,
    complete: isComplete(request),
    object,
    oldObject: isObject(request["oldObject"]) ? request["oldObject"] : undefined,
  };
}

/**
 * What no API server leaves away (admission.k8s.io/v1, AdmissionRequest). weft answers without most of it, as Linkerd
 * does; who leaves it away is somebody else.
 */
const isComplete = (request: JsonObject): boolean => {
  const { kind, resource, userInfo, operation } = request;
  const said = (of: Json | undefined, ...fields: readonly string[]): boolean =>
    fields.every((field) => textAt(of, field) !== "");
  return (
    said(kind, "kind", "version") &&
    said(resource, "resource", "version") &&
    said(userInfo, "username") &&
    (isObject(request["object"]) ? withObject.has(textAt(operation)) : operation === "DELETE")
  );
};

/** Of DELETE there is what was stored alone. */
const withObject: ReadonlySet<string> = new Set(["CREATE", "UPDATE", "CONNECT"]);

const malformed = (code: MalformedCode, message: string, uid = ""): Decoded => ({
  kind: "malformed",
  code,
  message,
  uid,
});

function parse(source: string): { readonly value: Json } | { readonly reason: string } {
  if (source.trim() === "") return { reason: "it is empty" };
  try {
    return { value: JSON.parse(source) as Json };
  } catch (error) {
    // The engine's message quotes the body; only its position is passed on.
    const said = String(error);
    if (/end of JSON|Unterminated/.test(said)) return { reason: "it ends too early" };
    const position = /position (\d+)/.exec(said)?.[1];
    return { reason: position === undefined ? "unexpected text" : `unexpected text at position ${position}` };
  }
}

const shown = (value: Json | undefined): string =>
  typeof value === "string" ? quoted(value) : value === undefined ? "none" : typeName(value);

const typeName = (value: Json): string =>
  value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
