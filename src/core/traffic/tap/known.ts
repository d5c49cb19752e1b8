/** What the cluster knows of the addresses of an event, beside what the proxy said of them. */
import type { Labels } from "../../base/json/json.ts";
import type { Endpoint, TapEvent } from "./event.ts";

/** Of the caller always; of the endpoint where its own proxy told, which knows no workload. What a proxy said counts. */
export function withKnown(event: TapEvent, labelsOf: (ip: string) => Labels | undefined): TapEvent {
  const known = (endpoint: Endpoint): Endpoint => ({
    ...endpoint,
    labels: { ...labelsOf(endpoint.ip), ...endpoint.labels },
  });
  return {
    ...event,
    source: known(event.source),
    destination: event.direction === "INBOUND" ? known(event.destination) : event.destination,
  };
}
