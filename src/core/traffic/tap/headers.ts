/** Headers as a proxy tells them: bytes of callers. */
import type { Header } from "../../proxy-api/http-types.ts";

/** The first of this name (lower case); what is no UTF-8 in it is replaced. */
export function headerText(headers: readonly Header[], name: string): string | undefined {
  const found = headers.find((header) => header.name?.toLowerCase() === name);
  return found && new TextDecoder().decode(found.value);
}

/** Whoever reads these could be the caller. */
const secretNames: ReadonlySet<string> = new Set(["authorization", "cookie", "set-cookie", "proxy-authorization"]);

/** The pseudo-header of HTTP/2, which has the query. */
const pathName = ":path";

/** Without what would let a reader be the caller: credentials, and queries, where they often are. */
export const publicHeaders = (headers: readonly Header[]): readonly Header[] =>
  headers
    .filter(({ name = "" }) => !secretNames.has(name.toLowerCase()))
    .map(({ name = "", value = new Uint8Array() }) => ({
      name,
      value: name === pathName ? withoutQuery(value) : value,
    }));

function withoutQuery(value: Uint8Array): Uint8Array {
  const query = value.indexOf("?".charCodeAt(0));
  return query < 0 ? value : value.subarray(0, query);
}
