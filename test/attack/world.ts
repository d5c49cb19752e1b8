/** What an attack is made in: the cluster that the API server in memory has, and the ports of the programs. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { Listener } from "../support/controller-process.ts";

/** The cluster that weft finds, and where its log goes. */
export interface World {
  /** Beside those that are always there. */
  readonly objects?: readonly JsonObject[];
  /** Group version → kinds that discovery finds. */
  readonly custom?: Readonly<Record<string, readonly string[]>>;
  /** Answers a request in the API server's place; false: it is the API server's. */
  readonly answers?: (request: IncomingMessage, response: ServerResponse) => boolean;
  readonly https?: boolean;
  /** Where the log goes: to somebody who reads it, to a disk that is soon full or always was, into a pipe nobody reads. */
  readonly log?: "read" | "small disk" | "no disk" | "unread";
  /** What the good callers' streams ask for; `web` when absent. */
  readonly streamPath?: string;
}

export type Port = Listener | "webhook" | "admin";
