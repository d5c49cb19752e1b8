/** `Observe`: a proxy tells the requests that match, as they pass it. */
import type { ObserveRequest, TapMessage } from "../core/proxy-api/tap.ts";
import type { Channel, GrpcStatus } from "./client.ts";

/**
 * Ends with OK when so many requests were told as the limit says and all of them have ended; a match that nothing fits
 * never ends.
 */
export const observe = (
  channel: Channel,
  request: ObserveRequest,
  onMessage: (message: TapMessage) => void,
  signal: AbortSignal,
): Promise<GrpcStatus> =>
  channel.stream({ service: "tap", method: "Observe", request }, (message) => onMessage(message as TapMessage), signal);
