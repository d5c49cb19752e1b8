/** Connections to one server, kept open between requests and bounded in number. */
import type { Agent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import { Agent as HttpAgent } from "../net/node-http.ts";
import type { Credentials, Tls } from "./access.ts";

/** What goes over them. Answers that do not end have connections of their own: others would wait behind them for ever. */
export type Purpose = "answer" | "watch";

// A review may ask for an owner; more at once than these would rather wait for each other than press the API server.
export const mostConnections = 32;
// kube-apiserver closes idle connections after 90 s: ours go before, so that none is used while it closes.
const idleAtMost = 60_000;
/**
 * Where nothing comes for so long, TCP asks each second whether the other end is there, and after ten that were not
 * answered the connection is over (TCP_KEEPINTVL and TCP_KEEPCNT as Node sets them): 25 s for a watch whose packets are
 * lost. client-go takes 45 s. What was sent and is not acknowledged is not asked about: answers have a limit of their own.
 */
const probedAfter = 15_000;

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
  const options = { keepAlive: true, keepAliveMsecs: probedAfter, maxSockets: mostConnections, timeout: idleAtMost };
  if (server.startsWith("http:")) return new HttpAgent(options);
  const set = Object.entries(tls).filter(([, value]) => value !== undefined);
  return new HttpsAgent({ ...options, ...(Object.fromEntries(set) as Tls) });
}

/** Also those of a proxy's agent, whatever it sets itself. Node would forget for how long before there is a connection. */
export function probe(socket: Socket): void {
  const begin = (): void => void socket.setKeepAlive(true, probedAfter);
  if (socket.connecting) socket.once("connect", begin);
  else begin();
}
