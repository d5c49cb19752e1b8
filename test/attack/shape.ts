/** What an attack is, and what is seen of it. */
import type { Certificate } from "../support/certificates.ts";
import type { AttackApi, Asked } from "./api.ts";
import type { GoodName } from "./callers.ts";
import type { Victim } from "./installed.ts";
import type { World, Port } from "./world.ts";

export type Attack = ServerAttack | StaticAttack;

/** Against a process of weft's, under the memory limit of its container. */
export interface ServerAttack {
  readonly name: string;
  /** What must hold, in a sentence. */
  readonly claim: string;
  readonly victim: Victim;
  /** Who must be served meanwhile, beside the kubelet's probes. */
  readonly good: readonly GoodName[];
  readonly seconds: number;
  readonly world?: World;
  /** Runs in a process of its own, and ends by itself when its time is over. */
  readonly attack?: (target: Target, over: AbortSignal) => Promise<Did>;
  /** What becomes of the cluster meanwhile. */
  readonly inCluster?: (api: AttackApi, over: AbortSignal) => Promise<Did>;
  /** Beside what must hold in every attack: what else is wrong, in words. */
  readonly wrong?: (seen: Seen) => readonly string[];
}

/** What is looked at once: texts, or objects that weft makes. */
export interface StaticAttack {
  readonly name: string;
  readonly claim: string;
  readonly victim: "command" | "manifests";
  /** What is wrong, in words. */
  readonly look: () => Promise<LookedAt>;
}

export interface LookedAt {
  readonly says: string;
  readonly wrong: readonly string[];
}

/** What an attacker knows. It is sent to its process, so it is JSON. */
export interface Target {
  readonly ports: Readonly<Record<Port, number>>;
  /** Of pods that the attacker has, and the keys that go with them. */
  readonly certificates: { readonly mallory: Certificate; readonly cart: Certificate } | undefined;
}

/** What an attacker did. */
export interface Did {
  /** For the report. */
  readonly says: string;
  /** It came about: an attack that could not be made shows nothing. */
  readonly happened: boolean;
  /** What the attacker saw and must not be, in words. */
  readonly wrong?: readonly string[];
}

/** What the runner saw while it lasted. */
export interface Seen {
  readonly seconds: number;
  /** What the API server was asked. */
  readonly asked: readonly Asked[];
  /** Processor time of weft's process, in milliseconds. */
  readonly processor: number;
  /** The most that were open, as the kernel has it: connections that weft has not taken on yet do not count. */
  readonly descriptors: number;
  /** The longest that a probe waited, in milliseconds of a machine that has nothing else to do. */
  readonly standstill: number;
}
