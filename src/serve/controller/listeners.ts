/** The three listeners of the control plane. Who has no certificate of the mesh gets as far as identity. */
import { listenGrpc } from "../../grpc/listener.ts";
import type { GrpcService, Listener, ListenerIdentity } from "../../grpc/listener.ts";
import type { ControllerMetrics } from "../../observe/controller-metrics.ts";
import type { Log } from "../../observe/log.ts";
import { turnedAwayCounts } from "../../net/turned-away.ts";
import type { TurnedAwayCounts } from "../../net/turned-away.ts";
import { addressText } from "../../net/address.ts";
import type { Check } from "../../net/admin-server.ts";
import type { ControllerOptions } from "./flags.ts";
import type { Addresses, ListenerName } from "./parts.ts";
import { started } from "../started.ts";

export interface Listeners {
  readonly addresses: Addresses;
  readonly connections: () => Readonly<Record<ListenerName, number>>;
  readonly useIdentity: (identity: ListenerIdentity) => void;
  /** Takes nobody any more; who has not gone after so many milliseconds is cut off. */
  readonly close: (grace: number) => Promise<void>;
}

/** Who was turned away, by listener; and streams, by a bound that both listeners of the mesh share. */
export interface TurnedAway {
  readonly of: Readonly<Record<ListenerName | "streams", TurnedAwayCounts>>;
  readonly checks: readonly Check[];
  /** 1 while it goes on. */
  readonly gauge: () => Readonly<Record<string, number>>;
}

export function turnedAway(now: () => Date): TurnedAway {
  const counts = (): TurnedAwayCounts => turnedAwayCounts(() => now().getTime());
  const of = { identity: counts(), destination: counts(), policy: counts(), streams: counts() };
  return {
    of,
    checks: Object.entries(of).map(([name, { look }]) => ({ name: `bounds of ${name}`, look })),
    gauge: () => Object.fromEntries(Object.entries(of).map(([name, { isNow }]) => [name, isNow() ? 1 : 0])),
  };
}

export interface ListenersOptions {
  readonly addresses: Pick<ControllerOptions, "identityAddress" | "destinationAddress" | "policyAddress">;
  readonly identity: ListenerIdentity;
  readonly services: Readonly<Record<ListenerName, readonly GrpcService[]>>;
  readonly log: Log;
  readonly metrics: Pick<ControllerMetrics, "connected" | "refused" | "turnedAway">;
  readonly turnedAway: TurnedAway;
}

/** All of them, or none: rejects with a `StartFailure` when an address cannot be had. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { identityAddress, destinationAddress, policyAddress } = options.addresses;
  const opened: Listener[] = [];
  const open = async (name: ListenerName, address: ControllerOptions["identityAddress"]): Promise<Listener> => {
    const listener = await started(address, (at) => listenGrpc({ ...optionsOf(name, options), address: at }));
    opened.push(listener);
    return listener;
  };
  try {
    const listeners = {
      identity: await open("identity", identityAddress),
      destination: await open("destination", destinationAddress),
      policy: await open("policy", policyAddress),
    };
    const { identity, destination, policy } = listeners;
    return {
      addresses: { identity: identity.address, destination: destination.address, policy: policy.address },
      connections: () => ({
        identity: identity.connections(),
        destination: destination.connections(),
        policy: policy.connections(),
      }),
      useIdentity: (next) => opened.forEach(({ useIdentity }) => useIdentity(next)),
      close: async (grace) => void (await Promise.all(opened.map(({ close }) => close(grace)))),
    };
  } catch (error) {
    await Promise.all(opened.map(({ close }) => close()));
    throw error;
  }
}

function optionsOf(name: ListenerName, { identity, services, log, metrics, turnedAway }: ListenersOptions) {
  return {
    identity,
    // The first certificate is asked for without one: the token is the credential.
    clientCertificates: name === "identity" ? "optional" : "required",
    services: services[name],
    onRefused: (code: string) => {
      metrics.refused(name, code);
      // Each proxy that starts tries both others before it is certified: no news.
      log.debug("a client was refused in the handshake", { listener: name, code });
    },
    onTurnedAway: (reason: Parameters<ControllerMetrics["turnedAway"]>[1], client?: string) => {
      turnedAway.of[name].count(reason);
      metrics.turnedAway(name, reason);
      // Each pod at most every 10 s, as it has to stay away for so long; when it does not, that is no news.
      if (client !== undefined && reason !== "TOO_SOON")
        log.warn("a connection was ended", { listener: name, client, reason });
    },
    onConnected: (client: string | undefined) => {
      metrics.connected(name, client === undefined ? "anonymous" : "certified");
      log.debug("a client is connected", { listener: name, client: client ?? "" });
    },
  } as const;
}

export const addressesText = (addresses: Addresses): Readonly<Record<ListenerName, string>> => ({
  identity: addressText(addresses.identity),
  destination: addressText(addresses.destination),
  policy: addressText(addresses.policy),
});
