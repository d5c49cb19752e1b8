/** What `weft install` would print in its usual form, for checks of what installing takes. */
import { resolveOptions } from "../../core/install/choices.ts";
import { installObjects } from "../../core/install/objects.ts";
import { defaultValues } from "../../core/inject/settings/defaults.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { usageFailure } from "../io.ts";
import { sha256 } from "../../files/sha256.ts";

export interface InstallQuestion {
  readonly question: {
    readonly namespace: string;
    readonly controlPlaneNamespace: string;
    readonly version: string;
  };
  readonly adopts: boolean;
}

export function objectsToInstall({ question, adopts }: InstallQuestion): readonly JsonObject[] {
  const { namespace, version, controlPlaneNamespace } = question;
  const read = resolveOptions({
    namespace,
    version,
    base: defaultValues,
    given: { weft: adopts ? { controlPlaneNamespace, adoptLinkerd: true } : { controlPlane: "own" } },
    // Only kinds and names are looked at.
    issuer: adopts ? undefined : { certificate: "", key: "" },
    trustAnchors: "-----BEGIN CERTIFICATE-----\n-\n-----END CERTIFICATE-----\n",
    files: undefined,
    sha256,
  });
  if ("issues" in read) throw usageFailure(...read.issues.map(issueText));
  return installObjects(read.value.options);
}
