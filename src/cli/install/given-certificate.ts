/** `--certificates files`: the given certificate, checked before it is registered. */
import type { Command } from "commander";
import { trustedBy } from "../../certificates/x509/trusted-by.ts";
import { servingPair } from "../../certificates/webhook/serving-pair.ts";
import { names as objectNames } from "../../core/install/names.ts";
import { readFiles } from "../../files/read.ts";
import { base64 } from "../issuer-files.ts";
import { textsOf } from "../options.ts";
import type { Certificates } from "../../core/install/chosen.ts";
import type { Result } from "../../core/base/text/result.ts";

type Files = Omit<Extract<Certificates, { kind: "files" }>, "kind">;

const flags = ["tlsCert", "tlsKey", "caBundle"] as const;
const flagNames = ["--tls-cert", "--tls-key", "--ca-bundle"] as const;

/** All three files, or none; and every reason why an API server would not believe the certificate. */
export async function givenFiles(command: Command, namespace: string, now: Date): Promise<Result<Files | undefined>> {
  const paths = flags.map((flag) => textsOf(command, flag).at(-1));
  if (paths.every((path) => path === undefined)) return { value: undefined };
  const missing = flagNames.filter((_, index) => paths[index] === undefined);
  if (missing.length > 0) return { issues: missing.map((at) => ({ at, message: "is needed beside the others" })) };
  const found = await readFiles(paths.map((path) => path ?? ""));
  const issues = found.flatMap((file) => ("issue" in file ? [file.issue] : []));
  if (issues.length > 0) return { issues };
  const [certificate = "", key = "", caBundle = ""] = found.map((file) => ("text" in file ? file.text : ""));
  const names = { certificate: paths[0] ?? "", key: paths[1] ?? "" };
  const pair = servingPair({ certificate, key, names }, now);
  if ("issues" in pair) return pair;
  const host = `${objectNames.injector}.${namespace}.svc`;
  const warnings = trustedBy({ certificate, caBundle, host, names: { ...names, caBundle: paths[2] ?? "" } });
  if (warnings.length > 0) return { issues: warnings };
  return { value: { certificate: base64(certificate), key: base64(key), caBundle: base64(caBundle) } };
}
