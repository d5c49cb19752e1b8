/** What `package.json` says of weft itself; found from `src` and from `dist`. */
import { readFileSync } from "node:fs";

export function ownVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
