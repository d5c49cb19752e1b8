/** The services' definitions, read from the `.proto` files beside `src` (and `dist`). */
import { fileURLToPath } from "node:url";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

export const serviceNames = {
  identity: "io.linkerd.proxy.identity.Identity",
  destination: "io.linkerd.proxy.destination.Destination",
  inbound: "io.linkerd.proxy.inbound.InboundServerPolicies",
  outbound: "io.linkerd.proxy.outbound.OutboundPolicies",
  tap: "io.linkerd.proxy.tap.Tap",
} as const;

export type ServiceName = keyof typeof serviceNames;

const root = fileURLToPath(new URL("../../proto/", import.meta.url));

// Field names as the proxy's API has them; 64-bit numbers as text, which loses no digit.
const options = { keepCase: true, longs: String, enums: String, oneofs: false, includeDirs: [root] };

const definitions = new Map<ServiceName, ServiceDefinition>();

/** Takes 0.1 s the first time: for who serves or calls. */
export function serviceDefinition(service: ServiceName): ServiceDefinition {
  const definition = definitions.get(service) ?? readDefinition(service);
  definitions.set(service, definition);
  return definition;
}

function readDefinition(service: ServiceName): ServiceDefinition {
  const name = serviceNames[service];
  const file = `${service}.proto`;
  const definition = loadSync(file, options)[name];
  if (definition === undefined || "format" in definition) throw new Error(`proto/${file} has no service ${name}`);
  return definition;
}
