/**
 * A steady stream of pod creations (server-side dry run): each is sent when it is due, whether or not the earlier ones
 * have been answered, as many clients would.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/core/mesh/api.ts";
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
  /** In turn; asked for again each time, so that more can come. */
  readonly kinds: () => readonly Kind[];
}

export interface Load {
  /** Sends no more, and resolves once all are answered. */
  readonly stop: () => Promise<readonly Creation[]>;
}

/** More at once would only measure the queue. */
const mostUnderWay = 2000;

export function startLoad(cluster: Cluster, { perSecond, kinds }: LoadOptions): Load {
  const begun = performance.now();
  const now = (): number => performance.now() - begun;
  const creations: Promise<Creation>[] = [];
  const state = { underWay: 0, isStopped: false };

  const one = async (kind: Kind): Promise<Creation> => {
    const at = now();
    state.underWay += 1;
    const answer = await cluster.create(kind.pod, { dryRun: true }).catch(noAnswer);
    state.underWay -= 1;
    return { kind, at, took: now() - at, outcome: outcomeOf(kind, answer), message: refusalOf(answer) };
  };
  const isRoom = (): boolean =>
    creations.length <= Math.floor((now() / 1000) * perSecond) && state.underWay < mostUnderWay;
  const send = async (): Promise<void> => {
    while (!state.isStopped) {
      while (isRoom()) creations.push(one(inTurn(kinds(), creations.length)));
      await sleep(1);
    }
  };
  const sending = send();
  return {
    stop: async () => {
      state.isStopped = true;
      await sending;
      return Promise.all(creations);
    },
  };
}

/** Creations a second that this machine can do, by four who each wait for the answer before they go on. */
export async function reachable(cluster: Cluster, kinds: readonly Kind[], seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000;
  const count = async (): Promise<number> => {
    let done = 0;
    while (performance.now() < until) {
      await cluster.create(inTurn(kinds, done).pod, { dryRun: true });
      done += 1;
    }
    return done;
  };
  const counts = await Promise.all([count(), count(), count(), count()]);
  return counts.reduce((sum, each) => sum + each, 0) / seconds;
}

const noAnswer = (error: unknown): ApiAnswer => ({
  status: 0,
  body: { message: `no answer from the API server: ${(error as Error).message}` },
});

function inTurn(kinds: readonly Kind[], index: number): Kind {
  const kind = kinds[index % kinds.length];
  if (kind === undefined) throw new Error("there is nothing to create");
  return kind;
}

function outcomeOf({ asked }: Kind, { status, body }: ApiAnswer): Outcome {
  if (status !== 201) return "refused";
  if (isMeshed(body as JsonObject)) return asked ? "meshed" : "uninvited";
  return asked ? "unmeshed" : "plain";
}

const refusalOf = (answer: ApiAnswer): string => (answer.status === 201 ? "" : messageOf(answer));
