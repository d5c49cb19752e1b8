/** The yardstick: node:https, which parses the body and answers with the bytes of a file, and nothing else. */
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";

const [, , file = "", tls = "", port = ""] = process.argv;
const body = readFileSync(file, "utf8");
const [cert, key] = ["tls.crt", "tls.key"].map((name) => readFileSync(join(tls, name)));

const server = createServer({ cert, key, minVersion: "TLSv1.3" }, (request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    JSON.parse(Buffer.concat(chunks).toString());
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(Number(port), "127.0.0.1");
