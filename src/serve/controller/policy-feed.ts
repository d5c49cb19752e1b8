/**
 * Policies, routes and splits, read where their CRDs are: one that is installed later is taken up, what a
 * removed one had is forgotten. An API server that has just started may not know its CRDs yet, so what is missed has to
 * be missed at two looks.
 */
import { policyKinds } from "../../core/view/objects.ts";
import type { PolicyKind } from "../../core/view/objects.ts";
import type { AskApi } from "../../kube/api.ts";
import { backOff } from "../../async/back-off.ts";
import type { Clock } from "../../async/clock.ts";
import { policyResources } from "./policy-resources.ts";
import type { PolicyResources } from "./policy-resources.ts";

export interface PolicyFeedOptions {
  readonly ask: AskApi;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /**
   * Starts to read a collection; the signal ends it. `keys` are those of the objects that are there from before: what
   * the first list does not have of them is gone.
   */
  readonly begin: (kind: PolicyKind, path: string, keys: readonly string[], signal: AbortSignal) => PolicyReader;
  /** Nothing is read of this kind any more, and these objects are to be forgotten. */
  readonly forget: (kind: PolicyKind, keys: readonly string[]) => void;
  /** After each look that came through: what is read, and where. */
  readonly onLook: (resources: PolicyResources) => void;
  readonly onFailure: (error: Error) => void;
}

interface PolicyReader {
  readonly keys: () => Iterable<string>;
  readonly ended: Promise<void>;
}

/** From look to look; milliseconds, up to a third more. */
const lookEvery = 30_000;
const pauses = { first: 500, most: 30_000 };

/** Resolves when the signal has ended it. */
export async function feedPolicies(options: PolicyFeedOptions): Promise<void> {
  const { ask, clock, random, signal } = options;
  const readers = new Map<PolicyKind, Reading>();
  let missed: ReadonlySet<PolicyKind> = new Set();

  async function take(found: PolicyResources): Promise<void> {
    const missing = new Set([...readers.keys()].filter((kind) => !found.has(kind)));
    for (const kind of policyKinds) {
      const [reader, path] = [readers.get(kind), found.get(kind)];
      if (path !== undefined && reader?.path !== path) {
        // In another version they are the same objects: they stay until they are read there.
        await reader?.end();
        readers.set(kind, begun(kind, path, [...(reader?.keys() ?? [])]));
      } else if (path === undefined && reader !== undefined && missed.has(kind)) {
        await reader.end();
        readers.delete(kind);
        options.forget(kind, [...reader.keys()]);
      }
    }
    missed = missing;
    options.onLook(new Map([...readers].map(([kind, { path }]) => [kind, path])));
  }

  function begun(kind: PolicyKind, path: string, keys: readonly string[]): Reading {
    const ending = new AbortController();
    const end = (): void => ending.abort(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    const reader = options.begin(kind, path, keys, ending.signal);
    return {
      path,
      keys: reader.keys,
      end: async () => {
        signal.removeEventListener("abort", end);
        end();
        await reader.ended;
      },
    };
  }

  let failures = 0;
  while (!signal.aborted) {
    try {
      await take(await policyResources(ask, signal));
      failures = 0;
    } catch (error) {
      if (signal.aborted) break;
      failures += 1;
      options.onFailure(error instanceof Error ? error : new Error(String(error)));
    }
    await clock.wait(failures === 0 ? lookEvery * (1 + random() / 3) : backOff(failures, random, pauses), signal);
  }
  await Promise.all([...readers.values()].map((reader) => reader.end()));
}

interface Reading {
  readonly path: string;
  readonly keys: () => Iterable<string>;
  readonly end: () => Promise<void>;
}
