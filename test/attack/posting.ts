/** An attacker's requests: sent over and over on connections that are kept, each answer waited for. */
import { Agent, request } from "node:https";
import { repeatedly, sameAddress } from "./sockets.ts";

export interface Posting {
  readonly port: number;
  readonly from?: string;
  /** Under way at once. */
  readonly parallel: number;
  readonly path?: string;
  readonly body: (index: number) => string | Buffer;
}

export interface Posted {
  readonly sent: number;
  /** HTTP status, or why there was none → how often. */
  readonly answers: Readonly<Record<string, number>>;
}

export async function postOverAndOver(posting: Posting, over: AbortSignal): Promise<Posted> {
  const { port, from = sameAddress, parallel, path = "/?timeout=30s", body } = posting;
  const agent = new Agent({ keepAlive: true, maxSockets: parallel, rejectUnauthorized: false, localAddress: from });
  const answers: Record<string, number> = {};
  const sent = await repeatedly(parallel, over, async (index) => {
    const answer = await post({ port, path, agent, body: body(index), over });
    answers[answer] = (answers[answer] ?? 0) + 1;
    // As a program would that is turned away at once.
    if (answer !== "200") await new Promise((resolve) => setTimeout(resolve, 20));
  });
  agent.destroy();
  return { sent, answers };
}

export const postedWords = ({ sent, answers }: Posted): string => {
  const parts = Object.entries(answers).map(([answer, count]) => `${count} × ${answer}`);
  return `${sent} requests (${parts.join(", ")})`;
};

interface One {
  readonly port: number;
  readonly path: string;
  readonly agent: Agent;
  readonly body: string | Buffer;
  readonly over: AbortSignal;
}

const post = ({ port, path, agent, body, over }: One): Promise<string> =>
  new Promise((resolve) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const asked = request({ host: "127.0.0.1", port, path, method: "POST", agent, headers });
    const end = (): void => void asked.destroy(new Error("the time was over"));
    const done = (answer: string): void => {
      over.removeEventListener("abort", end);
      resolve(answer);
    };
    over.addEventListener("abort", end);
    asked.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    asked.on("response", (answer) => {
      answer.resume();
      answer.on("error", () => undefined);
      answer.on("close", () => done(String(answer.statusCode)));
    });
    asked.end(body);
  });
