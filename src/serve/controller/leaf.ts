/**
 * The certificate that the control plane shows to proxies: made in memory, signed by the mesh's issuer, renewed at 70 %
 * of its life and whenever the issuer or the anchors are others.
 */
import type { MeshIssuer } from "../../certificates/mesh/issuer.ts";
import { outside } from "../../core/identity/request.ts";
import { leafValidity, renewalAfter } from "../../core/identity/validity.ts";
import type { LeafLife } from "../../core/identity/validity.ts";
import type { ListenerIdentity } from "../../grpc/listener.ts";
import type { Clock } from "../../async/clock.ts";
import type { Log } from "../../observe/log.ts";
import type { Check } from "../../net/admin-server.ts";

export interface OwnLeafNeeds {
  readonly issuer: () => MeshIssuer;
  readonly names: readonly string[];
  readonly life: LeafLife;
  readonly onExpiry: (at: Date) => void;
  readonly log: Log;
  readonly now: () => Date;
  readonly clock: Pick<Clock, "wait">;
  readonly signal: AbortSignal;
}

export interface OwnLeaf {
  readonly current: () => ListenerIdentity;
  readonly onNext: (use: (identity: ListenerIdentity) => void) => void;
  /** Makes another one now; the one before stays when that fails. */
  readonly renew: () => void;
  readonly check: Check;
}

interface Leaf {
  readonly identity: ListenerIdentity;
  readonly notAfter: number;
  /** When the next one is made. */
  readonly due: number;
}

const minute = 60_000;
const hour = 60 * minute;

/** Rejects when the first one cannot be made. */
export async function ownLeaf(needs: OwnLeafNeeds): Promise<OwnLeaf> {
  const { issuer, now, clock, signal, log, onExpiry } = needs;
  const users: ((identity: ListenerIdentity) => void)[] = [];
  let { leaf } = await made(needs);
  let retryAt = 0;
  onExpiry(new Date(leaf.notAfter));

  const replace = async (): Promise<void> => {
    try {
      const problem = outside(issuer().validity, now().getTime());
      // A certificate of an issuer that has expired helps nobody.
      if (problem !== undefined) throw new Error(`the issuer is ${problem}`);
      const next = await made(needs);
      // Another issuer came meanwhile, and with it another call of this.
      if (next.by !== issuer()) return;
      ({ leaf } = next);
      onExpiry(new Date(leaf.notAfter));
      log.info("the control plane's certificate was renewed", { expires: new Date(leaf.notAfter).toISOString() });
      for (const use of users) use(leaf.identity);
    } catch (error) {
      retryAt = now().getTime() + minute;
      log.error("the control plane's certificate cannot be renewed, trying again in a minute", {}, error);
    }
  };
  const renewWhenDue = async (): Promise<void> => {
    while (!signal.aborted) {
      const due = Math.max(leaf.due, retryAt);
      // Not all of it at once: a timer holds 24 days at most, and does not see that the calendar was set.
      await clock.wait(Math.min(hour, Math.max(0, due - now().getTime())), signal);
      if (!signal.aborted && now().getTime() >= due) await replace();
    }
  };
  void renewWhenDue();
  return {
    current: () => leaf.identity,
    onNext: (use) => void users.push(use),
    renew: () => void replace(),
    check: {
      name: "control plane certificate",
      look: () => ({
        fails: now().getTime() > leaf.notAfter,
        says: `expires ${new Date(leaf.notAfter).toISOString()}`,
      }),
    },
  };
}

async function made({
  issuer,
  names,
  life,
  now,
}: OwnLeafNeeds): Promise<{ readonly leaf: Leaf; readonly by: MeshIssuer }> {
  const by = issuer();
  const at = now().getTime();
  const validity = leafValidity(at, life, by.validity);
  const pair = await by.servingPair(names, validity);
  const { notAfter } = validity;
  return { leaf: { identity: { ...pair, anchors: by.anchors }, notAfter, due: at + renewalAfter(notAfter, at) }, by };
}
