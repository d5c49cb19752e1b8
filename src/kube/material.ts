/** Certificates, keys and tokens that a kubeconfig names, as files or as data, and what is wrong with them. */
import { X509Certificate } from "node:crypto";
import { resolve } from "node:path";
import type { Issue } from "../core/mesh/issue.ts";
import { rememberedFile } from "./access.ts";
import type { Credentials, Remembered } from "./access.ts";
import { textOf } from "./kubeconfig.ts";
import type { Chosen, Named } from "./kubeconfig.ts";

export interface Material {
  readonly ca: Remembered | undefined;
  readonly cert: Remembered | undefined;
  readonly key: Remembered | undefined;
  readonly token: Remembered | undefined;
}

export const materialOf = ({ cluster, user }: Chosen, now: () => number): Material => ({
  ca: pem(cluster, "certificate-authority", now),
  cert: pem(user, "client-certificate", now),
  key: pem(user, "client-key", now),
  // As kubectl: a token wins over a file of it.
  token: textOf(user.fields, "token") === "" ? fileOf(user, "tokenFile", now) : constant(textOf(user.fields, "token")),
});

// As kubectl: data win over a file.
function pem(named: Named, key: string, now: () => number): Remembered | undefined {
  const data = textOf(named.fields, `${key}-data`);
  return data === "" ? fileOf(named, key, now) : constant(Buffer.from(data, "base64").toString("utf8").trim());
}

const constant = (text: string): Remembered => ({ text: () => Promise.resolve(text), forget: () => undefined });

function fileOf({ fields, folder }: Named, key: string, now: () => number): Remembered | undefined {
  const path = textOf(fields, key);
  return path === "" ? undefined : rememberedFile(resolve(folder, path), now);
}

/** Everything that is unreadable or out of its time, each with its place. */
export async function materialIssues(
  { cluster, user }: Chosen,
  { ca, cert, key, token }: Material,
  now: () => number,
): Promise<readonly Issue[]> {
  const found = await Promise.all([
    issuesOf(`${cluster.at}: certificate-authority`, ca, (text) => certificateFault(text, now())),
    issuesOf(`${user.at}: client-certificate`, cert, (text) => certificateFault(text, now())),
    issuesOf(`${user.at}: client-key`, key, () => undefined),
    issuesOf(`${user.at}: tokenFile`, token, () => undefined),
  ]);
  return found.flat();
}

async function issuesOf(
  at: string,
  source: Remembered | undefined,
  fault: (text: string) => string | undefined,
): Promise<readonly Issue[]> {
  try {
    const text = await source?.text();
    const message = text === undefined ? undefined : fault(text);
    return message === undefined ? [] : [{ at, message }];
  } catch (error) {
    return [{ at, message: error instanceof Error ? error.message : String(error) }];
  }
}

function certificateFault(text: string, now: number): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(text);
  } catch {
    return "holds no certificate (PEM)";
  }
  const { validFromDate: from, validToDate: to } = certificate;
  if (to.getTime() < now) return `expired on ${to.toISOString()}`;
  return from.getTime() > now ? `is not valid before ${from.toISOString()}` : undefined;
}

/** Headers that say who asks, by token or by name and password, and in whose place. */
export function userHeaders({ fields }: Named, token: string | undefined): Credentials["headers"] {
  const [name, inPlaceOf] = [textOf(fields, "username"), textOf(fields, "as")];
  const basic = Buffer.from(`${name}:${textOf(fields, "password")}`).toString("base64");
  return {
    ...(name === "" ? {} : { authorization: `Basic ${basic}` }),
    ...(token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` }),
    ...(inPlaceOf === "" ? {} : { "impersonate-user": inPlaceOf }),
  };
}
