/** Connections to one server, kept open between requests and bounded in number. */
import { Agent as HttpAgent } from "node:http";
import type { Agent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Credentials, Tls } from "./access.ts";

/** What goes over them. Answers that do not end have connections of their own: others would wait behind them for ever. */
export type Purpose = "answer" | "watch";

// A review may ask for an owner; more at once than these would rather wait for each other than press the API server.
const mostConnections = 32;
// kube-apiserver closes idle connections after 90 s: ours go before, so that none is used while it closes.
const idleAtMost = 60_000;

type Agents = Readonly<Record<Purpose, Agent>>;

/** The agent for what a request shows and trusts; a new one when that has changed. Idle connections hold no process. */
export function agentsFor(server: string): (credentials: Credentials, purpose: Purpose) => Agent {
  let last: { readonly tls: Tls; readonly agents: Agents } | undefined;
  return ({ tls, agent: proxy }, purpose) => {
    if (proxy !== undefined) return proxy;
    if (last?.tls !== tls) last = { tls, agents: { answer: newAgent(server, tls), watch: newAgent(server, tls) } };
    return last.agents[purpose];
  };
}

function newAgent(server: string, tls: Tls): Agent {
  const options = { keepAlive: true, maxSockets: mostConnections, timeout: idleAtMost };
  if (server.startsWith("http:")) return new HttpAgent(options);
  const set = Object.entries(tls).filter(([, value]) => value !== undefined);
  return new HttpsAgent({ ...options, ...(Object.fromEntries(set) as Tls) });
}
