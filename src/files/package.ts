/** What `package.json` says of weft itself; found from `src` and from `dist`. */
import { readFileSync } from "node:fs";

export interface OwnPackage {
  readonly version: string;
  /** Where weft's repository is on the web, without a slash at the end; empty: nowhere yet. */
  readonly homepage: string;
}

export function ownPackage(): OwnPackage {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version, homepage } = JSON.parse(text) as OwnPackage;
  return { version, homepage };
}
