/** Endpoints and profiles of targets, as streams. */
import { status } from "@grpc/grpc-js";
import { perObject } from "../core/base/memory/memo.ts";
import { followEndpoints, followProfile } from "../core/destination/follow.ts";
import type { Follow } from "../core/destination/follow.ts";
import type { Endpoints } from "../core/destination/endpoints.ts";
import type { Profile } from "../core/destination/profile.ts";
import { parseTarget } from "../core/destination/target.ts";
import type { Target } from "../core/destination/target.ts";
import { updatesBetween } from "../core/destination/updates.ts";
import type { GetDestination } from "../core/proxy-api/destination.ts";
import type { Live } from "../core/view/live.ts";
import { parseContext } from "../core/view/workload.ts";
import { refusalOf } from "./callers.ts";
import type { CallerNeeds } from "./callers.ts";
import type { OldValue } from "./behind.ts";
import { encodedService, oncePerStep } from "./encoded.ts";
import type { Encodings } from "./encoded.ts";
import type { LatestCall, Messages } from "./following.ts";
import type { LatestStreams } from "./latest.ts";
import type { GrpcService } from "./listener.ts";
import type { Peer } from "./peers.ts";

export interface StreamNeeds extends CallerNeeds {
  readonly live: Live;
  readonly streams: LatestStreams;
  /** Messages that several get. */
  readonly encodings: Encodings;
}

interface DestinationCall extends LatestCall {
  readonly request: GetDestination;
}

export function destinationService(needs: StreamNeeds): GrpcService {
  const { live, mesh, streams } = needs;
  const { definition, encode } = encodedService("destination");
  const updates = oncePerStep((sent: Endpoints | undefined, now: Endpoints) =>
    updatesBetween(sent, now).map(({ bytes, make }) => needs.encodings.deferred(bytes, () => encode("Get", make()))),
  );
  const profiled = perObject((profile: Profile & { readonly kind: "profile" }) =>
    encode("GetProfile", profile.profile),
  );

  /** What both methods have in common. What is no name is told at once, and costs nothing further. */
  const open = <Value extends Endpoints | Profile>(
    call: DestinationCall,
    peer: Peer,
    { method, follow, messages, held }: Method<Value>,
  ): void => {
    const { path = "", context_token: token = "" } = call.request;
    const context = parseContext(token);
    if (context === undefined) return void call.emit("error", invalid(notAContext));
    const target = (): Target => parseTarget(path, mesh().clusterDomain);
    const { kind, message } = { message: "", ...target() };
    if (kind === "invalid") return void call.emit("error", invalid(message));
    streams.open<Value>(call, peer, {
      method,
      refusal: () => refusalOf(needs, method, peer, context),
      follow: (onValue) => follow(live, mesh(), target(), context, onValue),
      step: (sent, now) => (now.kind === "invalid" ? invalid(now.message) : messages(sent, now)),
      ...(held && { held }),
    });
  };

  const Get = (call: DestinationCall, peer: Peer): void =>
    open<Endpoints>(call, peer, {
      method: "Destination/Get",
      follow: followEndpoints,
      messages: updates,
      held: chosenIn,
    });

  const GetProfile = (call: DestinationCall, peer: Peer): void =>
    open<Profile>(call, peer, {
      method: "Destination/GetProfile",
      follow: followProfile,
      messages: (sent, now) => {
        if (now.kind === "invalid") return [];
        const message = profiled(now);
        return sent?.kind === "profile" && profiled(sent).equals(message) ? [] : [message];
      },
    });

  return { definition, implementation: { Get, GetProfile } };
}

interface Method<Value> {
  readonly method: string;
  readonly follow: Follow<Value>;
  readonly messages: (sent: Value | undefined, now: Value) => Messages;
  readonly held?: (value: Value) => OldValue | undefined;
}

/** Of an endpoint that was chosen: its places in three lists, and what is its own where it has changed. */
const bytesOfChosen = 32;

function chosenIn(endpoints: Endpoints): OldValue | undefined {
  if (endpoints.kind === "invalid") return undefined;
  const of = endpoints.chosen();
  return { of, bytes: of.endpoints.length * bytesOfChosen };
}

const notAContext = "context_token: expected the names of a namespace, a node and a pod";

const invalid = (details: string) => ({ code: status.INVALID_ARGUMENT, details });
