/** Routes that close the Server that they are attached to, as which requests they are for cannot be told: said in the log when they appear. */
import { closingRoutes } from "../../core/policy/routes.ts";
import type { Live } from "../../core/view/live.ts";
import type { Log } from "../../observe/log.ts";

/** Until the function that is returned is called. Each is said once, and again when it comes back. */
export function tellClosingRoutes(live: Pick<Live, "follow">, log: Log): () => void {
  let told: ReadonlySet<string> = new Set();
  const tell = (routes: readonly string[]): void => {
    const fresh = routes.filter((route) => !told.has(route));
    told = new Set(routes);
    for (const route of fresh.slice(0, mostLines)) log.warn("a route closes a Server", { route });
    if (fresh.length > mostLines) log.warn("more routes close Servers", { routes: fresh.length - mostLines });
  };
  return live.follow("routes that close Servers", closingRoutes, tell, { later: true });
}

/** Of one change. */
const mostLines = 20;
