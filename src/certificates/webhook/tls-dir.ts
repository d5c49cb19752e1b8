/** A folder with `tls.crt` and `tls.key`: a mounted Secret of type `kubernetes.io/tls`. */
import { join } from "node:path";
import { servingPair } from "./serving-pair.ts";
import type { ServingPair } from "./serving-pair.ts";
import type { Result } from "../../core/base/text/result.ts";

export interface TlsFiles {
  readonly paths: readonly [certificate: string, key: string];
  /** Texts in the order of the paths. */
  readonly parse: (texts: readonly string[]) => Result<ServingPair>;
}

/** What to read from the folder, and how; reading and watching is the caller's. */
export const tlsDir = (dir: string, now: () => Date): TlsFiles => {
  const paths = [join(dir, "tls.crt"), join(dir, "tls.key")] as const;
  const names = { certificate: paths[0], key: paths[1] };
  return { paths, parse: ([certificate = "", key = ""]) => servingPair({ certificate, key, names }, now()) };
};
