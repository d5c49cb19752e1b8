import { expect } from "chai";
import { connect, createServer } from "node:net";
import { addressText, listen, parseAddress } from "../../src/net/address.ts";
import type { Address } from "../../src/net/address.ts";

describe("addresses", () => {
  const good: readonly [text: string, address: Address][] = [
    [":8443", { port: 8443 }],
    [":0", { port: 0 }],
    ["127.0.0.1:8443", { host: "127.0.0.1", port: 8443 }],
    ["[::1]:8443", { host: "::1", port: 8443 }],
    ["localhost:65535", { host: "localhost", port: 65_535 }],
  ];
  for (const [text, address] of good) {
    it(`reads and writes ${text}`, () => {
      expect(parseAddress(text)).to.deep.equal(address);
      expect(addressText(address)).to.equal(text);
    });
  }
  for (const text of ["", ":", "8443", ":65536", ":-1", ":http", "::1:8443", "[::1]", "a b:1", "https://x:1", ":1 "]) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(parseAddress(text)).to.equal(undefined));
  }

  const local: readonly [claim: string, address: Address, hosts: readonly string[]][] = [
    ["every address of this machine", { port: 0 }, ["127.0.0.1", "::1"]],
    ["one address", { host: "127.0.0.1", port: 0 }, ["127.0.0.1"]],
  ];
  for (const [claim, address, hosts] of local) {
    it(`listens on ${claim}`, async () => {
      const server = createServer((socket) => socket.end("hello"));
      const { port } = await listen(server, address);
      const answers = await Promise.all(hosts.map((host) => reply(host, port)));
      server.close();
      expect(answers).to.deep.equal(hosts.map(() => "hello"));
    });
  }

  it("rejects when something else listens there", async () => {
    const [first, second] = [createServer(), createServer()];
    const address = await listen(first, { host: "127.0.0.1", port: 0 });
    const error: unknown = await listen(second, address).catch((reason: unknown) => reason);
    first.close();
    expect(error).to.include({ code: "EADDRINUSE" });
  });
});

const reply = async (host: string, port: number): Promise<string> => {
  const socket = connect({ host, port }).setEncoding("utf8");
  const pieces: string[] = [];
  for await (const piece of socket) pieces.push(String(piece));
  return pieces.join("");
};
