/** Connections to one server, kept open between requests and bounded in number. */
import { Agent as HttpAgent } from "node:http";
import type { Agent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Credentials, Tls } from "./access.ts";

// A review may ask for an owner; more at once than these would rather wait for each other than press the API server.
const mostConnections = 32;
// kube-apiserver closes idle connections after 90 s: ours go before, so that none is used while it closes.
const idleAtMost = 60_000;

/** The agent for what a request shows and trusts; a new one when that has changed. Idle connections hold no process. */
export function agentsFor(server: string): (credentials: Credentials) => Agent {
  let last: { readonly tls: Tls; readonly agent: Agent } | undefined;
  return ({ tls, agent: proxy }) => {
    if (proxy !== undefined) return proxy;
    if (last?.tls !== tls) last = { tls, agent: newAgent(server, tls) };
    return last.agent;
  };
}

function newAgent(server: string, tls: Tls): Agent {
  const options = { keepAlive: true, maxSockets: mostConnections, timeout: idleAtMost };
  if (server.startsWith("http:")) return new HttpAgent(options);
  const set = Object.entries(tls).filter(([, value]) => value !== undefined);
  return new HttpsAgent({ ...options, ...(Object.fromEntries(set) as Tls) });
}
