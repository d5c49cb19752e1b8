import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import type { ApiCall, AskApi } from "../../src/kube/api.ts";
import { asker, requests } from "../../src/kube/requests.ts";
import { lasting, serverPair } from "../support/certificates.ts";
import { listening } from "../support/listening.ts";
import type { Handler, Listening } from "../support/listening.ts";

const askerOf = (server: string, ca?: string): AskApi => {
  const credentials = { headers: { "x-user": "me" }, tls: { ca } };
  const access = { server, credentials: () => Promise.resolve(credentials), renew: () => undefined };
  return asker(access, requests(access));
};

const failure = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "no failure";
};

const get: ApiCall = { method: "GET", path: "/api" };

describe("requests", () => {
  let server: Listening | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const askOf = async (handle: Handler): Promise<AskApi> => {
    server = await listening(handle);
    return askerOf(server.url, server.ca);
  };

  it("carries path, query, body and kinds there, and the answer back", async () => {
    const ask = await askOf(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const { method, url, headers } = request;
      const seen = { method, url, sent: headers["content-type"], wanted: headers.accept, who: headers["x-user"] };
      const warning = '299 - "a \\"b\\", c", 299 - "d"';
      response.writeHead(409, { "retry-after": "3", date: "Thu, 01 Jan 2026 00:00:00 GMT", warning });
      response.end(JSON.stringify({ ...seen, body: Buffer.concat(parts).toString() }));
    });
    const answer = await ask({
      method: "PATCH",
      path: "/api/v1/namespaces/shop",
      query: { fieldManager: "weft & co" },
      body: { a: "ü" },
      contentType: "application/merge-patch+json",
      accept: "application/json;as=x",
    });
    expect(answer).to.deep.equal({
      status: 409,
      retryAfter: 3,
      date: "Thu, 01 Jan 2026 00:00:00 GMT",
      warnings: ['a "b", c', "d"],
      body: {
        method: "PATCH",
        url: "/api/v1/namespaces/shop?fieldManager=weft+%26+co",
        sent: "application/merge-patch+json",
        wanted: "application/json;as=x",
        who: "me",
        body: '{"a":"ü"}',
      },
    });
  });

  it("has the text of what is not JSON", async () => {
    const ask = await askOf((_, response) => {
      response.sendDate = false;
      response.end("ok");
    });
    expect(await ask(get)).to.deep.equal({ status: 200, body: null, text: "ok" });
  });

  it("keeps connections", async () => {
    const ask = await askOf((_, response) => void response.end("{}"));
    for (let index = 0; index < 5; index += 1) await ask(get);
    expect(server?.connections()).to.equal(1);
  });

  it("opens no more than 32, the others wait", async () => {
    let most = 0;
    let open = 0;
    const ask = await askOf((_, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end("{}");
      }, 5);
    });
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(get)));
    expect(answers.every(({ status }) => status === 200)).to.equal(true);
    expect(most).to.be.at.most(32);
  });

  it("asks again when a kept connection was closed meanwhile, if it only reads", async () => {
    let calls = 0;
    const ask = await askOf((request, response) => {
      calls += 1;
      if (calls % 2 === 0) request.socket.destroy();
      else response.end("{}");
    });
    await ask(get);
    expect((await ask(get)).status).to.equal(200);
    expect(await failure(ask({ ...get, method: "POST" }))).to.equal(
      `cannot reach ${server?.url}: the connection was closed`,
    );
  });

  describe("says why there is no answer", () => {
    it("connection refused", async () => {
      const taken = createServer().listen(0, "127.0.0.1");
      await once(taken, "listening");
      const { port } = taken.address() as AddressInfo;
      taken.close();
      const url = `https://127.0.0.1:${port}`;
      expect(await failure(askerOf(url)(get))).to.equal(`cannot reach ${url}: connection refused`);
    });

    it("no answer in time", async () => {
      const ask = await askOf(() => undefined);
      expect(await failure(ask({ ...get, signal: AbortSignal.timeout(20) }))).to.equal(
        `cannot reach ${server?.url}: no answer in time`,
      );
    });

    it("the caller's own reason when the caller ends it, also in the middle of an answer", async () => {
      const controller = new AbortController();
      const ask = await askOf((_, response) => {
        response.write("{");
        setTimeout(() => controller.abort(new Error("enough")), 10);
      });
      expect(await failure(ask({ ...get, signal: controller.signal }))).to.equal("enough");
    });

    it("a certificate that is not trusted", async () => {
      await askOf((_, response) => void response.end("{}"));
      expect(await failure(askerOf(server?.url ?? "")(get))).to.equal(
        `cannot reach ${server?.url}: its certificate is signed by an authority that is not trusted here`,
      );
    });

    it("a certificate that has expired", async () => {
      const old = await serverPair(undefined, lasting(new Date("2024-01-01T00:00:00Z"), 31));
      server = await listening((_, response) => void response.end("{}"), old);
      expect(await failure(askerOf(server.url, old.certificate)(get))).to.equal(
        `cannot reach ${server.url}: its certificate has expired`,
      );
    });
  });
});
