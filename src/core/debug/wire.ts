/**
 * `weft debug --wire`: packets of a pod, as tshark's fields → whom it spoke with, and how much of that was TLS.
 *
 * A connection is TLS as far as the lengths of its TLS records account for its bytes. So one that begins in the clear, or
 * goes on in the clear behind a record, is not secured for what was encrypted in between.
 */
import { accountIn } from "../mesh/identity.ts";

/** Of tshark, in the order in which `packetIn` reads them. */
export const wireFields = [
  "tcp.stream",
  "ip.src",
  "ip.dst",
  "ipv6.src",
  "ipv6.dst",
  "tcp.srcport",
  "tcp.dstport",
  "tcp.flags.syn",
  "tcp.flags.ack",
  "tcp.len",
  "tcp.analysis.lost_segment",
  "tls.record.content_type",
  "tls.record.opaque_type",
  "tls.record.length",
  "tls.handshake.extensions_server_name",
] as const;

/** What carries something, and who dialled. What was sent twice counts once. */
export const wireFilter =
  "(tcp.len>0 or tcp.flags.syn==1) and not tcp.analysis.retransmission and not tcp.analysis.keep_alive";

export interface WirePod {
  readonly addresses: readonly string[];
  /** Where other proxies dial its proxy. */
  readonly inboundPort: number;
  /** Where somebody listens in it, as far as its containers say. */
  readonly ports: readonly number[];
}

/** Where a connection comes from: `inbound` is to the pod. */
type Direction = "inbound" | "outbound";

/** `mesh`: all of it was TLS of proxies; `tls`: of somebody; `handshake`: no data came after it from both sides. */
type Secured = "mesh" | "tls" | "handshake" | "partly" | "plaintext";

export interface WireRow {
  readonly peer: string;
  /** Where was dialled: the pod's own of connections to it, the peer's of connections from it. */
  readonly port: number;
  readonly direction: Direction;
  readonly connections: number;
  readonly bytes: number;
  readonly tlsBytes: number;
  readonly secured: Secured;
  /** Whom the callers asked for (SNI), as far as handshakes were seen. */
  readonly names: readonly string[];
}

export interface Wire {
  /** A line of tshark's output, without its end. */
  readonly add: (line: string) => void;
  /** Most bytes first. */
  readonly rows: () => readonly WireRow[];
  /** Bytes of connections that were not looked at, since there were too many. */
  readonly leftOut: () => number;
}

/** Connections that are told apart; some 500 bytes each. */
const mostWireConnections = 50_000;
/** Of one row; the others are not kept. */
const mostNames = 5;

export function wireOf(pod: WirePod, most = mostWireConnections): Wire {
  const own = new Set(pod.addresses);
  const connections = new Map<string, Connection>();
  let leftOut = 0;
  return {
    add: (line) => {
      const packet = packetIn(line);
      if (packet === undefined || own.has(packet.from.address) === own.has(packet.to.address)) return;
      const connection = connections.get(packet.stream) ?? connectionOf(packet, own);
      if (connections.size < most || connections.has(packet.stream)) {
        connections.set(packet.stream, connection);
        take(connection, packet, own.has(packet.from.address) ? connection.sent : connection.received);
      } else leftOut += packet.bytes;
    },
    rows: () => rowsOf([...connections.values()], pod),
    leftOut: () => leftOut,
  };
}

interface End {
  readonly address: string;
  readonly port: number;
}

interface Packet {
  readonly stream: string;
  readonly from: End;
  readonly to: End;
  /** The first of a connection, and the first answer to it. */
  readonly opens: "call" | "answer" | undefined;
  readonly bytes: number;
  /** Something that was sent before it was not seen. */
  readonly isAfterGap: boolean;
  /** Bytes of the TLS records that end in it, headers included; they may have begun in packets before. */
  readonly records: number;
  readonly hasData: boolean;
  readonly name: string;
}

/** Content types of TLS: change_cipher_spec, alert, handshake, application_data (RFC 8446, section 5.1). */
const contentTypes = { first: 20, last: 23, data: 23 };
const recordHeader = 5;
/** The largest record there can be, with its header (RFC 5246, section 6.2.3). */
const largestRecord = 2 ** 14 + 2048 + recordHeader;

function packetIn(line: string): Packet | undefined {
  const [stream = "", src4, dst4, src6, dst6, srcPort, dstPort, syn, ack, length, gap, ...tls] = line.split("\t");
  const [from, to, bytes] = [endOf(src4 || src6, srcPort), endOf(dst4 || dst6, dstPort), Number(length || Number.NaN)];
  if (stream === "" || from === undefined || to === undefined || !Number.isSafeInteger(bytes)) return undefined;
  const [plain, opaque, lengths, name = ""] = tls;
  const types = [...numbersIn(plain), ...numbersIn(opaque)];
  const { first, last, data } = contentTypes;
  const isTls = types.length > 0 && types.every((type) => type >= first && type <= last);
  return {
    stream,
    from,
    to,
    opens: isSet(syn) ? (isSet(ack) ? "answer" : "call") : undefined,
    bytes,
    isAfterGap: gap !== undefined && gap !== "",
    records: isTls ? numbersIn(lengths).reduce((sum, each) => sum + each + recordHeader, 0) : 0,
    hasData: isTls && types.includes(data),
    name,
  };
}

function endOf(address = "", port = ""): End | undefined {
  const found = Number(port);
  return address === "" || port === "" || !Number.isInteger(found) ? undefined : { address, port: found };
}

const numbersIn = (text = ""): readonly number[] =>
  text === ""
    ? []
    : text
        .split(",")
        .map(Number)
        .filter((each) => Number.isSafeInteger(each) && each >= 0);

/** tshark 4.0 writes 1, later ones True. */
const isSet = (text = ""): boolean => text === "1" || text.toLowerCase() === "true";

/** What one end sent. */
interface Flow {
  bytes: number;
  /** Of these, what no TLS record accounts for. */
  plain: number;
  /** The last bytes, which the next record may account for. */
  pending: number;
  hasRecords: boolean;
  hasData: boolean;
  hasGap: boolean;
}

interface Connection {
  readonly own: End;
  readonly peer: End;
  readonly sent: Flow;
  readonly received: Flow;
  /** Undefined: its first packets were not seen. */
  dialled: Direction | undefined;
  name: string;
  /** Who asked for the name; it is the caller. */
  asked: Direction | undefined;
}

function connectionOf({ from, to }: Packet, addresses: ReadonlySet<string>): Connection {
  const [own, peer] = addresses.has(from.address) ? [from, to] : [to, from];
  return { own, peer, sent: newFlow(), received: newFlow(), dialled: undefined, name: "", asked: undefined };
}

const newFlow = (): Flow => ({
  bytes: 0,
  plain: 0,
  pending: 0,
  hasRecords: false,
  hasData: false,
  hasGap: false,
});

function take(connection: Connection, packet: Packet, flow: Flow): void {
  const direction = flow === connection.sent ? "outbound" : "inbound";
  if (packet.opens === "call") connection.dialled = direction;
  if (packet.opens === "answer") connection.dialled = direction === "outbound" ? "inbound" : "outbound";
  if (packet.name !== "" && connection.name === "") {
    connection.name = packet.name;
    connection.asked = direction;
  }
  flow.bytes += packet.bytes;
  flow.hasGap ||= packet.isAfterGap;
  flow.hasData ||= packet.hasData;
  if (packet.records === 0) flow.pending += packet.bytes;
  else account(flow, packet, connection.dialled !== undefined);
}

/** Records account for the bytes of their packet, and for those before it that belong to them. */
function account(flow: Flow, { bytes, records }: Packet, isWhole: boolean): void {
  const before = Math.max(0, flow.pending - Math.max(0, records - bytes));
  if (!flow.hasRecords && isWhole) {
    flow.plain += before;
    flow.pending -= before;
  }
  flow.hasRecords = true;
  flow.pending = Math.max(0, flow.pending + bytes - records);
  // The beginning of a record that ends later, or the end of one that began before the capture.
  if (flow.pending > largestRecord) settle(flow);
}

/** What is more than a record that is not there as a whole. Where packets are missing, that cannot be told. */
function settle(flow: Flow): void {
  const inRecord = flow.hasGap ? flow.pending : Math.min(flow.pending, largestRecord);
  flow.plain += flow.pending - inRecord;
  flow.pending = inRecord;
}

function plainBytes(flow: Flow, other: Flow, isWhole: boolean): number {
  const isPiece = flow.hasRecords || (!isWhole && other.hasRecords);
  if (!isPiece) return flow.plain + flow.pending;
  return flow.plain + (flow.hasGap ? 0 : Math.max(0, flow.pending - largestRecord));
}

/** Who dialled: as was seen, else by who listens where, else by the smaller port. */
function directionOf({ dialled, asked, own, peer }: Connection, { inboundPort, ports }: WirePod): Direction {
  if (dialled !== undefined) return dialled;
  if (asked !== undefined) return asked;
  if (own.port === inboundPort || ports.includes(own.port)) return "inbound";
  if (peer.port === inboundPort) return "outbound";
  return own.port < peer.port ? "inbound" : "outbound";
}

/** Data came from both ends, so each took the other's handshake; of one that is older than the capture, it did before. */
const hasDataOf = ({ sent, received, dialled }: Connection): boolean =>
  dialled === undefined || (sent.hasData && received.hasData);

interface Counted {
  readonly connection: Connection;
  readonly bytes: number;
  readonly tlsBytes: number;
  readonly direction: Direction;
}

function rowsOf(connections: readonly Connection[], pod: WirePod): readonly WireRow[] {
  const counted = connections.map((connection) => countedOf(connection, pod)).filter(({ bytes }) => bytes > 0);
  const groups = Map.groupBy(counted, ({ connection, direction }) => {
    const port = direction === "inbound" ? connection.own.port : connection.peer.port;
    return `${connection.peer.address} ${port} ${direction}`;
  });
  return [...groups.values()].map((group) => rowOf(group, pod)).toSorted(byBytes);
}

const byBytes = (a: WireRow, b: WireRow): number =>
  b.bytes - a.bytes || (a.peer === b.peer ? a.port - b.port : a.peer < b.peer ? -1 : 1);

function countedOf(connection: Connection, pod: WirePod): Counted {
  const { sent, received, dialled } = connection;
  const isWhole = dialled !== undefined;
  const bytes = sent.bytes + received.bytes;
  const plain = plainBytes(sent, received, isWhole) + plainBytes(received, sent, isWhole);
  return { connection, bytes, tlsBytes: bytes - plain, direction: directionOf(connection, pod) };
}

function rowOf(group: readonly Counted[], { inboundPort }: WirePod): WireRow {
  const [first] = group;
  if (first === undefined) throw new Error("a group has a member");
  const { connection, direction } = first;
  const port = direction === "inbound" ? connection.own.port : connection.peer.port;
  const bytes = group.reduce((sum, each) => sum + each.bytes, 0);
  const tlsBytes = group.reduce((sum, each) => sum + each.tlsBytes, 0);
  const found = group.map((each) => each.connection.name);
  const isMesh = found.every((name) => (name === "" ? port === inboundPort : accountIn(name) !== undefined));
  const hasData = group.some((each) => hasDataOf(each.connection));
  const whole = isMesh ? "mesh" : "tls";
  return {
    peer: connection.peer.address,
    port,
    direction,
    connections: group.length,
    bytes,
    tlsBytes,
    secured: tlsBytes === 0 ? "plaintext" : tlsBytes < bytes ? "partly" : hasData ? whole : "handshake",
    names: [...new Set(found.filter((name) => name !== ""))].slice(0, mostNames),
  };
}
