import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { endPipeline } from "../../src/net/pipeline.ts";

describe("net: requests that do not wait for answers", () => {
  it("become none once the connection is closed, however many were read with it", async () => {
    let requests = 0;
    const server = createServer((request) => {
      requests += 1;
      if (requests > 1) endPipeline(request.socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.on("error", () => undefined);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2000));
    await once(client.resume(), "close");
    await new Promise((resolve) => server.close(resolve));
    expect(requests).to.equal(2);
  });
});
