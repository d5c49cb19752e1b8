/** The steps of a rotation: each writes one object, of the version that was looked at, or nothing. */
import { namedPath, resources } from "../../core/kubernetes/kinds.ts";
import { anchorOfKey, fingerprintsIn } from "../../certificates/mesh/facts.ts";
import { makeAnchor, makeIssuer } from "../../certificates/mesh/authority.ts";
import { begun, obstacles, remaining, shortened } from "../../core/identity/rotation.ts";
import type { Step } from "../../core/identity/rotation.ts";
import { rotationNote, rotationText } from "../../core/identity/rotation-objects.ts";
import { obstacleLines } from "../../core/identity/rotation-text.ts";
import { issuerIn } from "../../core/install/control-plane.ts";
import { issuerLayouts, issuerSchemes } from "../../core/mesh/issuer-secret.ts";
import { names } from "../../core/install/names.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { readFiles } from "../../files/read.ts";
import { writeSecretFile } from "../../files/write.ts";
import type { AskApi } from "../../kube/api.ts";
import type { Gathered } from "./gather.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { whyRefused } from "../live-objects.ts";
import { anchorLife, base64, issuerLife, validityFrom } from "../issuer-files.ts";

export interface StepWorld {
  readonly ask: AskApi;
  readonly io: Io;
  readonly namespace: string;
  readonly now: Date;
  /** Says what would be done, and does nothing. */
  readonly dryRun: boolean;
  /** Obstacles that yield are told, and passed over. */
  readonly force: boolean;
  /** Resolves once every replica uses what was written; absent: nobody waits for that. */
  readonly spread?: (() => Promise<void>) | undefined;
}

/** A new anchor beside those that are there; its key goes to a new file, before the anchor is anywhere. */
export async function addAnchor(gathered: Gathered, keyFile: string, world: StepWorld): Promise<void> {
  const { facts, bundleText, configMap, trustDomain } = gathered;
  allowed({ kind: "add" }, gathered, world);
  world.io.print(
    `a new trust anchor joins the bundle, beside ${facts.bundle.anchors.length}; its key goes to ${keyFile}\n`,
  );
  if (world.dryRun) return;
  const anchor = await makeAnchor({ trustDomain, validity: validityFrom(world.now, anchorLife) });
  const issue = await writeSecretFile(keyFile, anchor.key);
  if (issue !== undefined)
    throw new CommandFailure([`${issueText(issue)}: it would hold the key of the new trust anchor`]);
  const [to = ""] = fingerprintsIn(anchor.certificate);
  await written(world, "configMaps", configMap, {
    metadata: { annotations: { [rotationNote]: rotationText(begun(facts, to)) } },
    data: { [names.trustAnchorsKey]: `${bundleText.trimEnd()}\n${anchor.certificate}` },
  });
  const restart =
    "restart what has a proxy, namespace by namespace: kubectl --namespace NAMESPACE rollout restart deployment,statefulset,daemonset";
  world.io.print(
    world.spread === undefined
      ? `trust anchor ${shortened(to)} is in the bundle. When every replica uses it (weft check --for settings --wait 2m), ${restart}\n`
      : `trust anchor ${shortened(to)} is in the bundle, and every replica uses it. Now ${restart}\n`,
  );
}

/** A new issuer below the anchor whose key is in the file, in the place of the one that is there. */
export async function changeIssuer(gathered: Gathered, keyFile: string | undefined, world: StepWorld): Promise<void> {
  const { anchors, secret, trustDomain } = gathered;
  if (keyFile === undefined)
    throw usageFailure("--anchor-key-file: needed: the key of the trust anchor that signs the new issuer");
  const [found] = await readFiles([keyFile]);
  if (found === undefined || "issue" in found)
    throw new CommandFailure(found === undefined ? [] : [issueText(found.issue)]);
  const anchor = anchorOfKey(found.text, anchors, keyFile);
  if ("issues" in anchor) throw new CommandFailure(anchor.issues.map(issueText));
  const under = anchor.value?.fingerprint ?? "";
  allowed({ kind: "issue", under }, gathered, world);
  if (anchor.value === undefined) throw new Error("an anchor that is not there was allowed");
  world.io.print(`a new issuer below trust anchor ${shortened(under)} takes the place of the one that is there\n`);
  if (world.dryRun) return;
  const pair = { certificate: anchor.value.pem, key: found.text };
  const made = await makeIssuer({ anchor: pair, trustDomain, validity: validityFrom(world.now, issuerLife) });
  const layout = issuerLayouts[(secret === undefined ? undefined : issuerIn(secret))?.scheme ?? issuerSchemes.linkerd];
  await written(world, "secrets", secret ?? {}, {
    data: { [layout.certificate]: base64(made.certificate), [layout.key]: base64(made.key) },
  });
  world.io.print("the issuer is changed: certificates of the one before are renewed within their life\n");
}

/** The old anchors leave the bundle. */
export async function dropAnchors(gathered: Gathered, world: StepWorld): Promise<void> {
  const { facts, anchors, configMap } = gathered;
  allowed({ kind: "drop" }, gathered, world);
  const kept = new Set(remaining(facts).map(({ fingerprint }) => fingerprint));
  const dropped = anchors.filter(({ fingerprint }) => !kept.has(fingerprint));
  world.io.print(`dropped from the bundle: ${dropped.map(({ fingerprint }) => shortened(fingerprint)).join(", ")}\n`);
  if (world.dryRun) return;
  await written(world, "configMaps", configMap, {
    metadata: { annotations: { [rotationNote]: null } },
    data: {
      [names.trustAnchorsKey]: anchors
        .filter(({ fingerprint }) => kept.has(fingerprint))
        .map(({ pem }) => pem)
        .join(""),
    },
  });
  world.io.print("the trust anchor is changed; pods forget the old one when they are next restarted\n");
}

/** Fails with everything that speaks against the step. */
function allowed(step: Step, { facts }: Gathered, { force, io }: Pick<StepWorld, "force" | "io">): void {
  const against = obstacles(step, facts);
  const isForced = force && against.every(({ yields }) => yields);
  if (against.length === 0) return;
  const lines = obstacleLines(against);
  if (isForced) {
    io.stderr(lines.map((line) => `weft: passed over: ${line}\n`).join(""));
    return;
  }
  const hint = against.every(({ yields }) => yields) ? ["--force takes the step all the same"] : [];
  throw new CommandFailure([...lines, ...hint]);
}

/** What somebody else has changed since it was looked at stays as it is. */
async function written(
  { ask, namespace, spread }: StepWorld,
  kind: "configMaps" | "secrets",
  seen: JsonObject,
  change: { readonly metadata?: JsonObject; readonly data: JsonObject },
): Promise<void> {
  const { plural } = resources[kind];
  const name = kind === "configMaps" ? names.trustAnchors : names.issuer;
  const resourceVersion = isObject(seen["metadata"]) ? seen["metadata"]["resourceVersion"] : undefined;
  const answer = await ask({
    method: "PATCH",
    path: namedPath(resources[kind], name, namespace),
    query: { fieldManager: "weft-identity" },
    contentType: "application/merge-patch+json",
    body: {
      ...change,
      metadata: { ...change.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    },
  });
  if (answer.status === 409)
    throw new CommandFailure([`${plural}/${name} was changed meanwhile: look at --status, and try again`]);
  if (answer.status >= 300) throw new CommandFailure([`${plural}/${name}: ${whyRefused(answer)}`]);
  await spread?.();
}
