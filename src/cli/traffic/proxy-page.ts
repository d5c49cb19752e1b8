/** The page of metrics that a pod's proxy serves. */
import { isOfProxy, readPage } from "../../core/traffic/page.ts";
import type { Family, Page } from "../../core/traffic/page.ts";
import type { TrafficPod } from "../../core/traffic/pods.ts";

export const metricsPath = "/metrics";

/** Throws where something else is at that port. */
export function proxyPage(text: string, { adminPort }: TrafficPod, families: readonly Family[]): Page {
  const page = readPage(text, families);
  if (isOfProxy(page)) return page;
  throw new Error(`port ${adminPort} serves no metrics of a proxy`);
}
