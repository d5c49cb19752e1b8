/** What one replica at a time does: it holds a Lease, and says so. */
import type { KubeApi } from "../kube/api.ts";
import { realClock } from "../async/clock.ts";
import type { Clock } from "../async/clock.ts";
import { holdLease } from "../kube/lease.ts";
import type { LeaseEvent } from "../kube/lease.ts";
import type { Log } from "../observe/log.ts";

export interface LeadOptions {
  readonly api: Pick<KubeApi, "ask">;
  readonly namespace: string;
  /** Of the Lease. */
  readonly name: string;
  /** Of this replica: its pod's name. */
  readonly instance: string;
  readonly log: Log;
  readonly now: () => Date;
  readonly clock?: Clock | undefined;
  readonly onChange: (leads: boolean) => void;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** Works whenever the Lease can be had, until the signal aborts; the work's own signal aborts when it is lost. */
export function lead(
  { api, instance, log, onChange, clock = realClock, ...lease }: LeadOptions,
  work: (holding: AbortSignal) => Promise<void>,
): Promise<void> {
  const identity = `${instance}_${crypto.randomUUID()}`;
  const onEvent = (event: LeaseEvent): void => {
    if (event.kind === "failed") log.warn("the Lease cannot be had, trying again", { reason: event.reason });
    else log.info(`Lease ${event.kind}`, { identity });
  };
  const options = { ...lease, ask: api.ask, identity, clock, random: Math.random, onEvent };
  return holdLease(options, async (holding) => {
    onChange(true);
    await work(holding);
    onChange(false);
  });
}
