/** The yardstick: node:https, which parses the body and answers with a body of the same size, and nothing else. */
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { selfSigned } from "../../src/certificates/x509/self-signed.ts";

const body = readFileSync(process.argv[2] ?? "", "utf8");
const now = Date.now();
const { certificate: cert, key } = await selfSigned({
  names: ["localhost", "127.0.0.1"],
  notBefore: new Date(now - 60_000),
  notAfter: new Date(now + 86_400_000),
});

const server = createServer({ cert, key, minVersion: "TLSv1.3" }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    JSON.parse(Buffer.concat(chunks).toString());
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
