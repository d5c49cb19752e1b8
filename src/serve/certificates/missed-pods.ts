/**
 * How many pods asked and run without a proxy, where no controller of weft's watches pods: with Linkerd's control plane.
 * They are listed now and then by the replica that leads, by their metadata alone and without those of the mesh, and
 * nothing of a page is kept: this process holds a CA's key, and has little memory.
 *
 * Rights: `pods` and `namespaces` list.
 */
import { piecesOfProcess } from "../../async/pieces-of-work.ts";
import { isMissedInView } from "../../core/dataplane/missed-in-view.ts";
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import { keys, keyFamilies, labels, ownDomain } from "../../core/mesh/annotations.ts";
import { namespaceView, podView } from "../../core/view/from-objects.ts";
import type { NamespaceView } from "../../core/view/objects.ts";
import type { Clock } from "../../async/clock.ts";
import type { AskApi } from "../../kube/api.ts";
import { listObjects } from "../../kube/list.ts";
import { acceptMetadataList } from "../../kube/metadata.ts";
import type { Log } from "../../observe/log.ts";

export interface MissedPods {
  /** As last counted; 0 in a replica that does not count, undefined when it could not be done. */
  readonly count: () => number | undefined;
  /** Counts again and again until the signal aborts. Never rejects. */
  readonly follow: (signal: AbortSignal) => Promise<void>;
}

export interface MissedPodsNeeds {
  readonly ask: AskApi;
  readonly log: Log;
  readonly clock: Clock;
  /** weft's own, in which no pod is missed. */
  readonly namespace: string;
  /** Milliseconds from count to count. */
  readonly every: number;
}

export function missedPods({ ask, log, clock, namespace, every }: MissedPodsNeeds): MissedPods {
  let known: number | undefined = 0;
  let said = "";
  const countOnce = async (signal: AbortSignal): Promise<void> => {
    try {
      known = await missedNow(ask, namespace, signal);
      if (said !== "") log.info("missed pods are counted again");
      said = "";
    } catch (error) {
      if (signal.aborted) return;
      known = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== said) log.warn("missed pods cannot be counted, trying again", { reason });
      said = reason;
    }
  };
  return {
    count: () => known,
    follow: async (signal) => {
      known = undefined;
      while (!signal.aborted) {
        await countOnce(signal);
        await clock.wait(every, signal);
      }
      known = 0;
    },
  };
}

async function missedNow(ask: AskApi, namespace: string, signal: AbortSignal): Promise<number> {
  const accept = acceptMetadataList;
  const namespaces = new Map<string, NamespaceView>();
  const keep = (view: NamespaceView): boolean => {
    const isNew = !namespaces.has(view.name);
    namespaces.set(view.name, asked(view));
    return isNew;
  };
  const listed = (path: string) => ({ path, accept, pieces: piecesOfProcess });
  await listObjects(ask, listed(collectionPath(resources.namespaces)), (object) => keep(namespaceView(object)), signal);
  let count = 0;
  const pods = { ...listed(collectionPath(resources.pods)), selector: withoutProxy };
  const look = (pod: ReturnType<typeof podView>): true => {
    if (isMissedInView(pod, namespaces.get(pod.namespace), { namespace })) count += 1;
    return true;
  };
  await listObjects(ask, pods, (object) => look(podView(object)), signal);
  return count;
}

/** Injection puts the label on; the others run on the node's own network, or have ended. */
const withoutProxy = {
  labelSelector: `!${labels.controlPlaneNamespace}`,
  fieldSelector: "status.phase!=Succeeded,status.phase!=Failed,spec.hostNetwork=false",
};

/** What says whether a namespace asks, and is seen. */
const asked = ({ name, labels: all, annotations }: NamespaceView): NamespaceView => ({
  name,
  labels: Object.fromEntries(Object.entries(all).filter(([key]) => families.has(key.slice(0, key.indexOf("/"))))),
  annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => key === keys.inject)),
});

const families: ReadonlySet<string> = new Set([...keyFamilies, ownDomain]);
