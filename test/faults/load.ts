/**
 * A steady stream of pod creations (server-side dry run): each is sent when it is due, whether or not the earlier ones
 * have been answered, as many clients would.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/core/mesh/api.ts";
import type { ApiAnswer } from "../../src/kube/api.ts";
import { messageOf } from "../api/harness/cluster.ts";
import type { Cluster } from "../api/harness/cluster.ts";

/** What somebody creates. */
export interface Kind {
  readonly name: string;
  readonly pod: JsonObject;
  /** By itself or by its namespace. */
  readonly asked: boolean;
}

export interface Creation {
  readonly kind: Kind;
  /** Milliseconds: since the load began, and until the answer. */
  readonly at: number;
  readonly took: number;
  readonly outcome: Outcome;
  /** What the API server said when it refused. */
  readonly message: string;
}

/**
 * - `meshed`: asked, and has the proxy
 * - `plain`: did not ask, and has it not
 * - `unmeshed`: asked, and was admitted without: what failurePolicy Fail is to prevent
 * - `uninvited`: did not ask, and was given it
 * - `refused`: not created
 */
export type Outcome = "meshed" | "plain" | "unmeshed" | "uninvited" | "refused";

export interface LoadOptions {
  readonly perSecond: number;
  readonly seconds: number;
  /** In turn. */
  readonly kinds: readonly Kind[];
}

export interface Load {
  /** Resolves once all are answered. */
  readonly done: Promise<readonly Creation[]>;
  /** Milliseconds since it began. */
  readonly now: () => number;
}

export function startLoad(cluster: Cluster, { perSecond, seconds, kinds }: LoadOptions): Load {
  const begun = performance.now();
  const now = (): number => performance.now() - begun;
  const one = async (kind: Kind): Promise<Creation> => {
    const at = now();
    const answer = await cluster.create(kind.pod, { dryRun: true });
    return { kind, at, took: now() - at, outcome: outcomeOf(kind, answer), message: refusalOf(answer) };
  };
  const all = async (): Promise<readonly Creation[]> => {
    const creations: Promise<Creation>[] = [];
    const total = perSecond * seconds;
    while (creations.length < total) {
      const due = Math.min(total, Math.floor((now() / 1000) * perSecond) + 1);
      while (creations.length < due) creations.push(one(kinds[creations.length % kinds.length] as Kind));
      await sleep(1);
    }
    return Promise.all(creations);
  };
  return { done: all(), now };
}

function outcomeOf({ asked }: Kind, { status, body }: ApiAnswer): Outcome {
  if (status !== 201) return "refused";
  if (isMeshed(body as Pod)) return asked ? "meshed" : "uninvited";
  return asked ? "unmeshed" : "plain";
}

interface Pod {
  readonly spec?: { readonly initContainers?: readonly Named[]; readonly containers?: readonly Named[] };
}
interface Named {
  readonly name?: string;
}

const isMeshed = ({ spec }: Pod): boolean =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].some(({ name }) => name === "linkerd-proxy");

const refusalOf = (answer: ApiAnswer): string => (answer.status === 201 ? "" : messageOf(answer));
