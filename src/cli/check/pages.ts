/** What a pod of weft's says about itself, through the API server. */
import { adminPath } from "../../core/install/names.ts";
import type { PodPages } from "../../core/checks/facts.ts";
import type { Reach } from "./reach.ts";

export async function readPages(reach: Reach, namespace: string, pod: string): Promise<PodPages> {
  const proxy = adminPath(namespace, pod);
  const [readyz, metrics] = await Promise.all([
    reach.page(`/readyz of ${pod}`, `${proxy}/readyz`, { verbose: "" }),
    reach.page(`/metrics of ${pod}`, `${proxy}/metrics`),
  ]);
  return { pod, readyz, metrics };
}
