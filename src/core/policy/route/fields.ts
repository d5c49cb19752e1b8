/** Fields that matches, filters and references of routes have in common. */
import { isObject } from "../../base/json/json.ts";
import type { Json } from "../../base/json/json.ts";
import { isPort } from "../../base/scalars/ports.ts";
import { isText } from "../reading.ts";

/** Its fields without those that are null, which counts as absent. */
export const given = (value: Json | undefined): Readonly<Partial<Record<string, Json>>> =>
  isObject(value) ? Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null)) : {};

export const isTextOrNone = (value: Json | undefined): value is string | undefined =>
  value === undefined || isText(value);

export const isPortOrNone = (value: Json | undefined): value is number | undefined =>
  value === undefined || (typeof value === "number" && isPort(value));

/** RFC 9110, tokens; in lower case, as HTTP/2 has them. */
export const headerName = (text: string): string | undefined =>
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,1024}$/.test(text) ? text.toLowerCase() : undefined;

export const headerBytes = (text: string): Uint8Array | undefined =>
  // eslint-disable-next-line no-control-regex -- what a header's value may not hold
  /[\0-\u0008\u000a-\u001f\u007f]/.test(text) ? undefined : new TextEncoder().encode(text);
