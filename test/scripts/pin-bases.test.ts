/** Bases pinned by digest, from a registry on loopback that answers as its specification says. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { pinBases } from "../../scripts/pin-bases.ts";
import { newFolder } from "../support/folder.ts";

const manifest = '{"schemaVersion":2}';
const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
const other = `sha256:${"0".repeat(64)}`;

type Behaviour = "open" | "token" | "account" | "gone" | "wrong digest" | "refused token" | "huge";

describe("pinning bases", () => {
  let server: Server;
  let host: string;
  let behaviour: Behaviour;
  let asked: string[];
  beforeEach(async () => {
    [behaviour, asked] = ["open", []];
    server = createServer((request, response) => {
      const url = request.url ?? "";
      asked.push(url);
      const needsToken = behaviour === "token" || behaviour === "refused token";
      if (url.startsWith("/token")) {
        response.statusCode = behaviour === "token" ? 200 : 403;
        response.end(JSON.stringify({ token: "let-me-in" }));
      } else if (needsToken && request.headers.authorization !== "Bearer let-me-in") {
        const scope = "repository:library/node:pull";
        const challenge = `Bearer realm="${host}/token",service="a registry",scope="${scope}"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
      } else if (behaviour === "account") {
        response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      } else if (behaviour === "gone") response.writeHead(404).end();
      else {
        if (behaviour === "wrong digest") response.setHeader("docker-content-digest", other);
        response.end(behaviour === "huge" ? "x".repeat(5_000_000) : manifest);
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => server.close());

  const dockerfile =
    "# Comment.\nARG NODE=24-bookworm\nFROM node:${NODE} AS build\nRUN x\nFROM scratch\nCOPY --from=build / /\n";
  const pinnedFile = dockerfile.replace("24-bookworm", `24-bookworm@${digest}`);

  const rows: readonly [claim: string, before: string, after: string][] = [
    ["in the variable that has the tag", dockerfile, pinnedFile],
    ["in FROM", "FROM alpine:3.22 AS a\nFROM a\n", `FROM alpine:3.22@${digest} AS a\nFROM a\n`],
    ["again, as the tag has moved", pinnedFile.replace(digest, other), pinnedFile],
    ["of one platform", "FROM --platform=linux/amd64 a/b:1\n", `FROM --platform=linux/amd64 a/b:1@${digest}\n`],
  ];
  for (const [claim, before, after] of rows) {
    it(`writes the digest ${claim}; once more changes nothing`, async () => {
      const folder = await newFolder();
      await folder.write("Dockerfile", before);
      const options = { files: [folder.at("Dockerfile")], check: false, registry: host };
      const check = { ...options, check: true };
      expect((await pinBases(check)).code).to.equal(1);
      expect(await readFile(folder.at("Dockerfile"), "utf8")).to.equal(before);
      expect((await pinBases(options)).code).to.equal(0);
      expect(await readFile(folder.at("Dockerfile"), "utf8")).to.equal(after);
      expect((await pinBases(check)).code).to.equal(0);
      expect((await pinBases(options)).code).to.equal(0);
      expect(await readFile(folder.at("Dockerfile"), "utf8")).to.equal(after);
    });
  }

  it("gets a token where one is wanted", async () => {
    behaviour = "token";
    const folder = await newFolder();
    await folder.write("Dockerfile", dockerfile);
    await pinBases({ files: [folder.at("Dockerfile")], check: false, registry: host });
    expect(asked).to.deep.equal([
      "/v2/library/node/manifests/24-bookworm",
      "/token?service=a+registry&scope=repository%3Alibrary%2Fnode%3Apull",
      "/v2/library/node/manifests/24-bookworm",
    ]);
    expect(await readFile(folder.at("Dockerfile"), "utf8")).to.equal(pinnedFile);
  });

  const refusals: readonly [claim: string, of: Behaviour, text: string, registry: string | undefined, says: RegExp][] =
    [
      [
        "no registry is named",
        "open",
        dockerfile,
        undefined,
        /node:24-bookworm: its name has no registry: say with --reg/,
      ],
      ["there is no tag", "open", "FROM node\n", "own", /expected an image with a tag/],
      ["the tag is not there", "gone", dockerfile, "own", /has no library\/node:24-bookworm/],
      ["an account is wanted", "account", dockerfile, "own", /wants an account/],
      ["the token is refused", "refused token", dockerfile, "own", /gives no token: it answers 403/],
      ["the digest is not that of the bytes", "wrong digest", dockerfile, "own", /says sha256:0+, but sent sha256:/],
      ["the answer has no end", "huge", dockerfile, "own", /longer than a manifest can be/],
      ["nobody answers", "open", dockerfile, "http://127.0.0.1:1", /127.0.0.1:1 cannot be asked/],
    ];
  for (const [claim, of, text, registry, says] of refusals) {
    it(`says so, and writes nothing, when ${claim}`, async () => {
      behaviour = of;
      const folder = await newFolder();
      await folder.write("Dockerfile", text);
      await folder.write("good", "FROM alpine:3.22\n");
      const files = [folder.at("good"), folder.at("Dockerfile")];
      const { lines, code } = await pinBases({ files, check: false, registry: registry === "own" ? host : registry });
      expect(code).to.equal(3);
      expect(lines.join("\n")).to.match(says);
      expect(await readFile(folder.at("Dockerfile"), "utf8")).to.equal(text);
      expect(await readFile(folder.at("good"), "utf8")).to.equal("FROM alpine:3.22\n");
    });
  }
});
