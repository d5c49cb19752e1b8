/** What `weft install` would print in its usual form, for checks of what installing takes. */
import { resolveOptions } from "../../core/install/choices.ts";
import { withImageParts } from "../../core/install/image.ts";
import { needsOf } from "../../core/install/needs.ts";
import type { Needs } from "../../core/install/needs.ts";
import { textAt } from "../../core/base/json/read.ts";
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
  /** Values below `weft` that the flags set. */
  readonly chosen?: JsonObject;
}

export interface ToInstall {
  readonly objects: readonly JsonObject[];
  readonly needs: Needs;
}

export function toInstall({ question, adopts, chosen = {} }: InstallQuestion): ToInstall {
  const { namespace, version, controlPlaneNamespace } = question;
  const read = resolveOptions({
    namespace,
    version,
    base: defaultValues,
    given: withImageParts({
      weft: { ...chosen, ...(adopts ? { controlPlaneNamespace, adoptLinkerd: true } : { controlPlane: "own" }) },
    }),
    // Only kinds and names are looked at.
    issuer: adopts ? undefined : { certificate: "", key: "" },
    trustAnchors: "-----BEGIN CERTIFICATE-----\n-\n-----END CERTIFICATE-----\n",
    files: isOfFiles(chosen) ? { certificate: "", key: "", caBundle: "" } : undefined,
    sha256,
  });
  if ("issues" in read) throw usageFailure(...read.issues.map(issueText));
  const { options } = read.value;
  return { objects: installObjects(options), needs: needsOf(options) };
}

const isOfFiles = (chosen: JsonObject): boolean => textAt(chosen, "certificates", "mode") === "files";
