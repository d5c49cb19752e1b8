/** A name server for the tests' cluster: A records of the names it is told, and nothing else (RFC 1035). */
import { createSocket } from "node:dgram";
import { once } from "node:events";

const [typeA, noSuchName] = [1, 3];

export async function serveNames(host: string, names: ReadonlyMap<string, string>): Promise<() => void> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const end = endOfName(query, 12);
    const ip = names.get(nameIn(query, 12));
    const isAddress = query.readUInt16BE(end) === typeA;
    const question = query.subarray(12, end + 4);
    const answer = ip !== undefined && isAddress ? record(ip) : Buffer.alloc(0);
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    // An authoritative answer, recursion available.
    head.writeUInt16BE(0x8480 | (ip === undefined ? noSuchName : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answer.length === 0 ? 0 : 1, 6);
    socket.send(Buffer.concat([head, question, answer]), from.port, from.address);
  });
  socket.bind(53, host);
  await once(socket, "listening");
  return () => socket.close();
}

/** The question's name, by a pointer; class IN; 5 s. */
const record = (ip: string): Buffer =>
  Buffer.from([0xc0, 12, 0, typeA, 0, 1, 0, 0, 0, 5, 0, 4, ...ip.split(".").map(Number)]);

function endOfName(message: Buffer, start: number): number {
  let at = start;
  while ((message[at] ?? 0) > 0) at += 1 + (message[at] ?? 0);
  return at + 1;
}

function nameIn(message: Buffer, start: number): string {
  const labels: string[] = [];
  for (let at = start; (message[at] ?? 0) > 0; at += 1 + (message[at] ?? 0)) {
    labels.push(message.toString("latin1", at + 1, at + 1 + (message[at] ?? 0)));
  }
  return labels.join(".").toLowerCase();
}
