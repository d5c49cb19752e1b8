/** What `weft controller` is made of. */
import type { IdentityDomain } from "../../core/mesh/identity.ts";
import type { GrpcService, ListenerIdentity } from "../../grpc/listener.ts";
import type { Origin } from "../../files/reloaded.ts";
import type { KubeApi } from "../../kube/api.ts";
import type { ControllerMetrics } from "../../observe/controller-metrics.ts";
import type { Log } from "../../observe/log.ts";
import type { Address } from "../../net/address.ts";
import type { Check } from "../../net/admin-server.ts";
import type { Result } from "../../core/base/text/result.ts";

export interface ControllerParts {
  readonly version: string;
  /** Of this replica: its pod's name. */
  readonly instance: string;
  /** A way to the cluster of its own, each time it is called: one that is busy does not hold up another. */
  readonly connect: () => Promise<Result<KubeApi>>;
  /** Resolves when there is an identity to serve with. */
  readonly openIdentity: (world: ControllerWorld) => Promise<Result<ServedIdentity>>;
}

export interface ControllerWorld {
  readonly mesh: IdentityDomain;
  readonly api: KubeApi;
  /** What issuer and trust anchors are mounted from, where that is watched. */
  readonly mounted: Origin | undefined;
  readonly log: Log;
  readonly metrics: ControllerMetrics;
  readonly now: () => Date;
  /** It was asked to stop: what only one replica does is given up. */
  readonly stop: AbortSignal;
  /** The last stream has ended. */
  readonly end: AbortSignal;
}

/** Who this control plane is, and the service that says who others are. */
export interface ServedIdentity {
  readonly service: GrpcService;
  readonly identity: () => ListenerIdentity;
  /** Calls back whenever it is another one. */
  readonly onIdentity: (use: (identity: ListenerIdentity) => void) => void;
  readonly checks: readonly Check[];
  /** The last that it has to do, after the end. */
  readonly close: () => Promise<void>;
}

export type ListenerName = "identity" | "destination" | "policy";
export type Addresses = Readonly<Record<ListenerName, Address>>;
