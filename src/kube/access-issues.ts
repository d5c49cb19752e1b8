/** What of a cluster's and a user's fields cannot be used, before anything is asked: files, certificates, the URL. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Issue } from "../core/base/text/issue.ts";
import type { Cluster, User } from "@kubernetes/client-node";
import { fileFault } from "./file-fault.ts";

/** What is known of a cluster and of who asks, and where it was said. */
export interface Reached {
  readonly cluster: Readonly<Pick<Cluster, "server" | "caFile" | "caData">>;
  readonly user: Readonly<Pick<User, "certFile" | "certData" | "keyFile" | "keyData" | "authProvider">>;
  readonly clusterAt: string;
  readonly userAt: string;
}

/** The time is that of `Date.now()`. */
export function accessIssues({ cluster, user, clusterAt, userAt }: Reached, now: number): readonly Issue[] {
  const certificate = (text: string): string | undefined => certificateFault(text, now);
  return [
    ...(/^https?:\/\/[^/]/.test(cluster.server) && URL.canParse(cluster.server)
      ? []
      : [{ at: `${clusterAt}: server`, message: `${JSON.stringify(cluster.server)} is not an https URL` }]),
    ...materialIssues(`${clusterAt}: certificate-authority`, cluster.caFile, cluster.caData, certificate),
    ...materialIssues(`${userAt}: client-certificate`, user.certFile, user.certData, certificate),
    ...materialIssues(`${userAt}: client-key`, user.keyFile, user.keyData),
    ...materialIssues(`${userAt}: token file`, tokenFileOf(user), undefined),
  ];
}

function tokenFileOf({ authProvider }: Reached["user"]): string | undefined {
  const path: unknown = authProvider?.config?.tokenFile;
  return typeof path === "string" ? path : undefined;
}

function materialIssues(
  at: string,
  file: string | undefined,
  data: string | undefined | null,
  fault: (text: string) => string | undefined = () => undefined,
): readonly Issue[] {
  if (!file && !data) return [];
  let text: string;
  try {
    text = file ? readFileSync(file, "utf8") : Buffer.from(data ?? "", "base64").toString("utf8");
  } catch (error) {
    return [{ at, message: `${file}: ${fileFault(error)}` }];
  }
  const message = fault(text);
  return message === undefined ? [] : [{ at, message }];
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
