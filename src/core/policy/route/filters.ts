/** What becomes of the requests of a rule: header modifiers and redirects, which are all that the proxy knows. */
import type { Json } from "../../base/json/json.ts";
import type { RequestHeaderModifier, RequestRedirect } from "../../proxy-api/http-route.ts";
import type { Header, Headers } from "../../proxy-api/http-types.ts";
import { isText, readListWithin, readable, unreadable } from "../reading.ts";
import type { Reading } from "../reading.ts";
import { given, headerBytes, headerName, isPortOrNone } from "./fields.ts";

export type Filter =
  | { readonly kind: "requestHeaders"; readonly modifier: HeaderModifier }
  | { readonly kind: "responseHeaders"; readonly modifier: HeaderModifier }
  | { readonly kind: "redirect"; readonly redirect: RequestRedirect };

/** The proxy's API has the same message for both directions. */
type HeaderModifier = RequestHeaderModifier;

export type ReadFilter = (value: Json, at: string) => Reading<Filter | undefined>;

const oneOf =
  (rows: Readonly<Record<string, Row>>): ReadFilter =>
  (value, at) => {
    const fields = given(value);
    const type = fields["type"];
    const row = isText(type) && Object.hasOwn(rows, type) ? rows[type] : undefined;
    if (row === undefined) return unreadable(undefined, `${at}.type`, `must be one of ${Object.keys(rows).join(", ")}`);
    const content = fields[row.key];
    return content === undefined
      ? unreadable(undefined, `${at}.${row.key}`, "is missing")
      : row.read(content, `${at}.${row.key}`);
  };

interface Row {
  readonly key: string;
  readonly read: ReadFilter;
}

const modifying =
  (kind: "requestHeaders" | "responseHeaders"): Row["read"] =>
  (value, at) => {
    const { value: modifier, issues } = headerModifier(value, at);
    return { value: { kind, modifier }, issues };
  };

const modifiers: Readonly<Record<string, Row>> = {
  RequestHeaderModifier: { key: "requestHeaderModifier", read: modifying("requestHeaders") },
  ResponseHeaderModifier: { key: "responseHeaderModifier", read: modifying("responseHeaders") },
};

/** A call has no place that it could be sent on to. */
export const grpcFilter = oneOf(modifiers);

export const httpFilter = oneOf({
  ...modifiers,
  RequestRedirect: {
    key: "requestRedirect",
    read: (value, at) => {
      const { value: redirect, issues } = requestRedirect(value, at);
      return { value: { kind: "redirect", redirect }, issues };
    },
  },
});

function headerModifier(value: Json, at: string): Reading<HeaderModifier> {
  const fields = given(value);
  const [add, set] = (["add", "set"] as const).map((key) => readListWithin(fields[key], `${at}.${key}`, header));
  const remove = readListWithin(fields["remove"], `${at}.remove`, (name, where) => {
    const key = isText(name) ? headerName(name) : undefined;
    return key === undefined ? unreadable([], where, "must be the name of a header") : readable([key]);
  });
  const headersOf = (read: typeof add): Headers => ({ headers: (read?.value ?? []).flat() });
  return {
    value: { add: headersOf(add), set: headersOf(set), remove: remove.value.flat() },
    issues: [add, set, remove].flatMap((read) => read?.issues ?? []),
  };
}

function header(value: Json, at: string): Reading<readonly Header[]> {
  const { name, value: text } = given(value);
  const [key, bytes] = [isText(name) ? headerName(name) : undefined, isText(text) ? headerBytes(text) : undefined];
  if (key === undefined) return unreadable([], `${at}.name`, "must be the name of a header");
  return bytes === undefined
    ? unreadable([], `${at}.value`, "must be a header's value, without control characters")
    : readable([{ name: key, value: bytes }]);
}

/** The first problem is told: a redirect is short. */
function requestRedirect(value: Json, at: string): Reading<RequestRedirect> {
  const { scheme, hostname, port, statusCode, path } = given(value);
  const registered = scheme === undefined ? undefined : schemes.get(scheme);
  if (scheme !== undefined && registered === undefined)
    return unreadable({}, `${at}.scheme`, "must be one of http, https");
  if (hostname !== undefined && !isHost(hostname)) return unreadable({}, `${at}.hostname`, "must be a host's name");
  if (!isPortOrNone(port)) return unreadable({}, `${at}.port`, "must be a number, 1 to 65535");
  if (statusCode !== undefined && !isStatus(statusCode))
    return unreadable({}, `${at}.statusCode`, "must be a status of HTTP, such as 301");
  const replaced = path === undefined ? readable(undefined) : pathModifier(path, `${at}.path`);
  return {
    value: {
      ...(registered === undefined ? {} : { scheme: { registered } }),
      ...(hostname === undefined ? {} : { host: hostname }),
      ...(replaced.value === undefined ? {} : { path: replaced.value }),
      ...(port === undefined ? {} : { port }),
      ...(statusCode === undefined ? {} : { status: statusCode }),
    },
    issues: replaced.issues,
  };
}

const schemes: ReadonlyMap<Json, "HTTP" | "HTTPS"> = new Map([
  ["http", "HTTP"],
  ["https", "HTTPS"],
]);

const isHost = (value: Json): value is string => isText(value) && /^[-0-9A-Za-z_.]{1,253}$/.test(value);

const isStatus = (value: Json): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 100 && value <= 599;

function pathModifier(value: Json, at: string): Reading<RequestRedirect["path"]> {
  const { replaceFullPath: full, replacePrefixMatch: prefix } = given(value);
  const [key, text] = full === undefined ? ["replacePrefixMatch", prefix] : ["replaceFullPath", full];
  if (text === undefined) return unreadable(undefined, at, "must have replaceFullPath or replacePrefixMatch");
  if (!isText(text) || !text.startsWith("/")) return unreadable(undefined, `${at}.${key}`, "must begin with /");
  return readable(full === undefined ? { prefix: text } : { full: text });
}
