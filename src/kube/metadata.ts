/** Objects by their metadata alone: a fraction of what a whole one costs to send, parse and keep. */
import { isObject } from "../core/base/json/json.ts";
import type { Json, JsonObject } from "../core/base/json/json.ts";
import type { ApiAnswer } from "./api.ts";

const asked = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1`;

export const acceptMetadata = asked("PartialObjectMetadata");
export const acceptMetadataList = asked("PartialObjectMetadataList");

export const metadataOf = (object: Json): JsonObject => {
  const metadata = isObject(object) ? object["metadata"] : undefined;
  return isObject(metadata) ? metadata : {};
};

export const textOf = (object: JsonObject, key: string): string => {
  const value = object[key];
  return typeof value === "string" ? value : "";
};

/** What the server said instead of what it was asked for: `403 namespaces is forbidden: …`. */
export function refusalText({ status, body }: Pick<ApiAnswer, "status" | "body">): string {
  const message = isObject(body) ? textOf(body, "message") : "";
  return message === "" ? `HTTP ${status}` : `HTTP ${status}: ${message}`;
}

/** Refused for now: the server says for how long. */
export class NotNow extends Error {
  /** HTTP status. */
  readonly status: number;
  readonly seconds: number;

  constructor(message: string, status: number, seconds: number) {
    super(message);
    this.status = status;
    this.seconds = seconds;
  }
}
