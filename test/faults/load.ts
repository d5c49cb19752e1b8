/**
 * A steady stream of pod creations (server-side dry run): each is sent when it is due, whether or not the earlier ones
 * have been answered, as many clients would.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { ApiAnswer } from "../../src/kube/api.ts";
import { messageOf } from "../api/harness/cluster.ts";
import type { Cluster } from "../api/harness/cluster.ts";
import { isMeshed } from "../api/harness/pods.ts";

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
  /** The pod to be created next. */
  readonly next: (count: number) => Kind;
  /** The load goes on after its seconds while this holds. */
  readonly goesOn?: () => boolean;
}

/**
 * With as many under way nothing is sent, and what was due then is left out: the rate shows it. Else a machine that was
 * overtaxed for a second would work at its queue for the rest of the time, and nothing else would be seen.
 */
const mostUnderWay = 100;

/** Resolves once all are answered. */
export async function load(cluster: Cluster, options: LoadOptions): Promise<readonly Creation[]> {
  const { perSecond, seconds, next, goesOn = () => false } = options;
  const begun = performance.now();
  const now = (): number => performance.now() - begun;
  const state = { inFlight: 0 };
  const one = async (kind: Kind): Promise<Creation> => {
    const at = now();
    state.inFlight += 1;
    const came = await created(cluster, kind);
    state.inFlight -= 1;
    return { kind, at, took: now() - at, ...came };
  };
  const creations: Promise<Creation>[] = [];
  for (let due = 0; now() < seconds * 1000 || goesOn(); await sleep(1)) {
    for (; due <= Math.floor((now() / 1000) * perSecond); due += 1) {
      if (state.inFlight < mostUnderWay) creations.push(one(next(due)));
    }
  }
  return Promise.all(creations);
}

/** Creations a second that this machine can do, by four who each wait for the answer before they go on. */
export async function reachable(cluster: Cluster, kinds: readonly Kind[], seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let done = 0;
  const create = async (): Promise<void> => {
    while (performance.now() < end) {
      await created(cluster, kinds[done % kinds.length] as Kind);
      done += 1;
    }
  };
  await Promise.all([create(), create(), create(), create()]);
  return done / seconds;
}

async function created(cluster: Cluster, { pod, asked }: Kind): Promise<Pick<Creation, "outcome" | "message">> {
  try {
    const answer = await cluster.create(pod, { dryRun: true });
    return { outcome: outcomeOf(asked, answer), message: answer.status === 201 ? "" : messageOf(answer) };
  } catch (error) {
    return { outcome: "refused", message: `no answer: ${(error as Error).message}` };
  }
}

function outcomeOf(asked: boolean, { status, body }: ApiAnswer): Outcome {
  if (status !== 201) return "refused";
  if (isMeshed(body as JsonObject)) return asked ? "meshed" : "uninvited";
  return asked ? "unmeshed" : "plain";
}
