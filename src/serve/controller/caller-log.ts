/**
 * What is told of callers that are not whom they speak for. A proxy that is refused comes again and again, and a tenant
 * may speak for ever new pods: each is told once in a while, of one namespace's callers so many, and how many were not.
 */
import { FairMemory } from "../../async/fair-memory.ts";
import type { Caller } from "../../grpc/callers.ts";
import type { Log } from "../../observe/log.ts";
import { toldLines } from "../told-lines.ts";

const toldAgainAfter = 60_000;
const mostRemembered = 1000;
/** Lines about callers of one namespace, and of all together. */
export const lines = { each: { atOnce: 10, perSecond: 0.1 }, inAll: { atOnce: 60, perSecond: 1 } };

export function callerLog(log: Pick<Log, "info" | "warn">, now: () => number): (caller: Caller) => void {
  const told = new FairMemory(mostRemembered);
  const mayTell = toldLines(lines, now);
  const isNews = (identity: string, about: readonly string[]): boolean => {
    const [key, at] = [JSON.stringify(about), now()];
    if (told.ago(identity, key, at) < toldAgainAfter) return false;
    told.note(identity, key, at);
    return true;
  };
  return ({ method, workload: { namespace, pod }, identity = "", verdict }) => {
    if (verdict.kind === "same" || verdict.kind === "unknown") return;
    if (!isNews(identity, [method, namespace, pod])) return;
    const also = mayTell(namespaceOf(identity));
    if (also === undefined) return;
    const fields = { method, namespace, pod, identity, expected: verdict.expected, ...also };
    if (verdict.kind === "refused") log.warn("a caller is not the pod that it speaks for, and was refused", fields);
    else log.info("a caller speaks for a pod of another namespace that is not known", fields);
  };
}

/** Of `web.shop.serviceaccount.identity.linkerd.cluster.local`: who has a namespace can make as many accounts as it likes. */
const namespaceOf = (identity: string): string => identity.split(".", 2)[1] ?? "";
