/** The demo's Deployment: sent as an API server does when somebody applies it, and what its author is told. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { deploymentReview } from "./review-body.ts";
import { readDocument } from "../../core/documents/document.ts";
import { isObject } from "../../core/base/json/json.ts";
import { entries } from "../../core/registration/entries.ts";
import { readFiles } from "../../files/read.ts";
import { webhookCaller } from "./api-server.ts";
import type { WebhookCall } from "./api-server.ts";
import { demoFolder } from "./pods.ts";
import { verdictOf } from "./verdict.ts";

export interface Advised {
  readonly path: string;
  readonly lines: readonly string[];
  /** In what the answer is not what the demo promises. */
  readonly wrong: readonly string[];
}

/** Words that the lines must have, in order. */
const promised = ['"redis" is left out', "did you mean config.linkerd.io/proxy-cpu-limit?"];

export async function adviceOf(webhook: Omit<WebhookCall, "path">, signal: AbortSignal): Promise<Advised> {
  const path = join(demoFolder, "deployment.yaml");
  const [found] = await readFiles([path]);
  const { value } = readDocument(found !== undefined && "text" in found ? found.text : "");
  const deployment = isObject(value) ? value : {};
  const caller = webhookCaller({ ...webhook, path: entries.advise.path }, 2);
  try {
    const review = deploymentReview(deployment, { uid: randomUUID(), namespace: "shop", username: "you" });
    const { allowed, warnings } = verdictOf(await caller.send(JSON.stringify(review), signal), deployment);
    const isAsPromised = allowed && warnings.length === promised.length;
    const isEach = promised.every((words, index) => warnings[index]?.includes(words) === true);
    const wrong =
      isAsPromised && isEach ? [] : [`${path}: expected ${promised.join(", ")}; got ${warnings.join(", ")}`];
    return { path, lines: warnings, wrong };
  } finally {
    caller.close();
  }
}
