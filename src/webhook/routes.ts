/** Which path leads where. */
import type { IncomingMessage, ServerResponse } from "node:http";
import express from "express";

export interface Routes {
  readonly receive: (request: IncomingMessage, response: ServerResponse) => void;
  readonly lost: (request: IncomingMessage, response: ServerResponse) => void;
  readonly broken: (request: IncomingMessage, response: ServerResponse, error: unknown) => void;
}

/** An express application in which these paths, and only these as they are written, lead to `receive`. */
export const routed = (
  paths: readonly string[],
  { receive, lost, broken }: Routes,
): ((request: IncomingMessage, response: ServerResponse) => void) => {
  const app = express();
  for (const name of ["x-powered-by", "etag", "query parser"]) app.set(name, false);
  for (const name of ["case sensitive routing", "strict routing"]) app.enable(name);
  app.all([...paths], receive);
  app.use((request, response) => lost(request, response));
  app.use(((error, request, response, _next) =>
    broken(request, response, error)) satisfies express.ErrorRequestHandler);
  return app;
};
