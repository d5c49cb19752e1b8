/** Endpoints and profiles of targets, as streams (contract 3). */
import { status } from "@grpc/grpc-js";
import { followEndpoints, followProfile } from "../core/destination/follow.ts";
import type { Endpoints } from "../core/destination/endpoints.ts";
import type { Profile } from "../core/destination/profile.ts";
import { parseTarget } from "../core/destination/target.ts";
import { updatesBetween } from "../core/destination/updates.ts";
import type { GetDestination } from "../core/proxy-api/destination.ts";
import type { Live } from "../core/view/live.ts";
import { parseContext } from "../core/view/workload.ts";
import { refusalOf } from "./callers.ts";
import type { CallOfSomebody, CallerNeeds } from "./callers.ts";
import { encodedService, once, oncePerStep } from "./encoded.ts";
import type { LatestCall, Streams } from "./latest.ts";
import type { GrpcService } from "./listener.ts";

export interface StreamNeeds extends CallerNeeds {
  readonly live: Live;
  readonly streams: Streams;
}

interface DestinationCall extends LatestCall, CallOfSomebody {
  readonly request: GetDestination;
}

export function destinationService(needs: StreamNeeds): GrpcService {
  const { live, mesh, streams } = needs;
  const { definition, encode } = encodedService("destination");
  const updates = oncePerStep((sent: Endpoints | undefined, now: Endpoints) =>
    updatesBetween(sent, now).map((update) => encode("Get", update)),
  );
  const profiled = once((profile: Profile & { readonly kind: "profile" }) => encode("GetProfile", profile.profile));

  const Get = (call: DestinationCall): void => {
    const { path = "", context_token: token = "" } = call.request;
    const context = parseContext(token);
    streams.open<Endpoints>(call, {
      method: "Destination/Get",
      refusal: () => refusalOf(needs, "Destination/Get", call, context),
      follow: (onValue) => {
        const target = parseTarget(path, mesh().clusterDomain);
        return followEndpoints(live, mesh(), target, context, onValue);
      },
      step: (sent, now) => (now.kind === "invalid" ? invalid(now.message) : updates(sent, now)),
    });
  };

  const GetProfile = (call: DestinationCall): void => {
    const { path = "", context_token: token = "" } = call.request;
    const context = parseContext(token);
    streams.open<Profile>(call, {
      method: "Destination/GetProfile",
      refusal: () => refusalOf(needs, "Destination/GetProfile", call, context),
      follow: (onValue) => {
        const target = parseTarget(path, mesh().clusterDomain);
        return followProfile(live, mesh(), target, context, onValue);
      },
      step: (sent, now) => {
        if (now.kind === "invalid") return invalid(now.message);
        const message = profiled(now);
        return sent?.kind === "profile" && profiled(sent).equals(message) ? [] : [message];
      },
    });
  };

  return { definition, implementation: { Get, GetProfile } };
}

const invalid = (details: string) => ({ code: status.INVALID_ARGUMENT, details });
