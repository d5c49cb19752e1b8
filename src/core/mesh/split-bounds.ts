/** How much a split may hold. */

/** Of what leads connections to a Service elsewhere. */
export const splitBounds = {
  /** Of a TrafficSplit or a TCPRoute: each is a balancer in every client's proxy. */
  backends: 100,
  /** Of a route; its definition has the same bound. */
  parents: 32,
} as const;
