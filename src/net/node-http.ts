/**
 * `node:http`, without what nobody here uses of it. An `import` asks a module for all that it exports, and this one then
 * loads Node's `fetch` and WebSockets (`lazyUndici` in Node's lib/http.js): 30 to 50 ms and 8 MiB in every process.
 */
import { createRequire } from "node:module";
import type http from "node:http";

export const { Agent, STATUS_CODES, createServer, request } = createRequire(import.meta.url)(
  "node:http",
) as typeof http;
