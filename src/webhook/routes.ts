/** Which path leads where. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Router } from "express";

export interface Routes {
  readonly handlers: ReadonlyMap<string, Handle>;
  /** No such path. */
  readonly lost: Handle;
  readonly broken: (request: IncomingMessage, response: ServerResponse, error: unknown) => void;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * An express router in which these paths, and only these as they are written, lead to their handlers. The router alone,
 * without an application around it: that would change the prototypes of every request and answer, which costs a tenth
 * of a whole review, and bring ETags, HTML errors and an `X-Powered-By` that nobody wants here.
 */
export const routed = ({ handlers, lost, broken }: Routes): Handle => {
  const router = Router({ caseSensitive: true, strict: true });
  for (const [path, handle] of handlers) router.all(path, handle);
  // The router asks for nothing that Node's own objects lack; only its types speak of an application's.
  const route = router as unknown as (...request: [...Parameters<Handle>, (error?: unknown) => void]) => void;
  return (request, response) =>
    route(request, response, (error) =>
      error === undefined || error === null ? lost(request, response) : broken(request, response, error),
    );
};
