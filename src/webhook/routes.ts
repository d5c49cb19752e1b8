/** Which path leads where. */
import type { IncomingMessage, ServerResponse } from "node:http";

export interface Routes {
  readonly handlers: ReadonlyMap<string, Handle>;
  /** No such path. */
  readonly lost: Handle;
  readonly broken: (request: IncomingMessage, response: ServerResponse, error: unknown) => void;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** These paths, and only these as they are written, lead to their handlers. */
export const routed =
  ({ handlers, lost, broken }: Routes): Handle =>
  (request, response) => {
    const handle = handlers.get(pathOf(request.url ?? "")) ?? lost;
    try {
      handle(request, response);
    } catch (error) {
      broken(request, response, error);
    }
  };

/** Of a target in origin form; an API server sends no other, and a proxy on the way may send the absolute one (RFC 9112, section 3.2). */
function pathOf(target: string): string {
  if (!target.startsWith("/")) return URL.parse(target)?.pathname ?? "";
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}
