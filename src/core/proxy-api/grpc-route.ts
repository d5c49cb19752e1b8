/** What routes match of gRPC: messages of package io.linkerd.proxy.grpc_route (proto/grpc_route.proto), as JSON. */
import type { HeaderMatch } from "./http-route.ts";

export interface GrpcRouteMatch {
  readonly rpc?: GrpcRpcMatch;
  readonly headers?: readonly HeaderMatch[];
}

interface GrpcRpcMatch {
  readonly service?: string;
  readonly method?: string;
}
