/** Networks in CIDR notation (redirection 1.2, "CIDR"; Go's net.ParseCIDR). */

export interface Cidr {
  readonly family: 4 | 6;
  /** Network address, host bits cleared: 4 or 16 bytes. */
  readonly network: readonly number[];
  /** Length of the prefix in bits, 0..32 or 0..128. */
  readonly prefix: number;
  /** Canonical text with host bits cleared, such as `10.0.0.0/8` or `fd00::/8` (RFC 5952). */
  readonly text: string;
}

/**
 * An address with a prefix length; host bits may be set. `undefined` without a prefix, with leading zeros in an IPv4
 * octet and with a zone. Nothing is trimmed. A prefix of IPv4-mapped addresses (`::ffff:10.0.0.0/104`) is the IPv4 network it
 * stands for, as Go prints it.
 */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = "", digits = ""] = /^([^/]+)\/0*([0-9]{1,3})$/.exec(text) ?? [];
  const bytes = address.includes(":") ? parseV6(address) : parseV4(address);
  const prefix = Number(digits);
  if (bytes === undefined || prefix > bytes.length * 8) return undefined;
  const network = masked(bytes, prefix);
  return isMapped(network) ? cidr(network.slice(12), prefix - 96) : cidr(network, prefix);
}

/** Of an address: 4 or 16 bytes. `undefined`: it is none. */
export function addressBytes(text: string): readonly number[] | undefined {
  const bytes = text.includes(":") ? parseV6(text) : parseV4(text);
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** RFC 5952 for 16 bytes. */
export const addressText = (bytes: readonly number[]): string => (bytes.length === 4 ? bytes.join(".") : textV6(bytes));

/** Whether an address, as bytes, is in a network. */
export const isWithin = (bytes: readonly number[], { network, prefix }: Cidr): boolean =>
  bytes.length === network.length && masked(bytes, prefix).every((byte, index) => byte === network[index]);

function cidr(network: readonly number[], prefix: number): Cidr {
  const family = network.length === 4 ? 4 : 6;
  return { family, network, prefix, text: `${addressText(network)}/${prefix}` };
}

const masked = (bytes: readonly number[], prefix: number): readonly number[] =>
  bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * index))) & 0xff);

// A masked network still looks mapped only with a prefix of 96 or more.
const isMapped = (bytes: readonly number[]): boolean =>
  bytes.length === 16 && bytes.slice(0, 12).join() === "0,0,0,0,0,0,0,0,0,0,255,255";

function parseV4(text: string): readonly number[] | undefined {
  const octets = text.split(".");
  const valid = octets.length === 4 && octets.every((octet) => /^(0|[1-9][0-9]{0,2})$/.test(octet));
  const bytes = octets.map(Number);
  return valid && bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** RFC 4291, section 2.2: groups of 16 bit, at most one `::` for at least one group, IPv4 in place of the last two. */
function parseV6(text: string): readonly number[] | undefined {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  if (tail === undefined) {
    const bytes = parseGroups(head);
    return bytes?.length === 16 ? bytes : undefined;
  }
  // An embedded IPv4 address may only end the whole text.
  const front = head.includes(".") ? undefined : parseGroups(head);
  const back = parseGroups(tail);
  if (front === undefined || back === undefined || front.length + back.length > 14) return undefined;
  return [...front, ...Array.from({ length: 16 - front.length - back.length }, () => 0), ...back];
}

function parseGroups(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const parsed = groups.map((group, index) =>
    index === groups.length - 1 && group.includes(".") ? parseV4(group) : parseGroup(group),
  );
  return parsed.every((bytes) => bytes !== undefined) ? parsed.flat() : undefined;
}

const parseGroup = (text: string): readonly number[] | undefined => {
  if (!/^[0-9a-fA-F]{1,4}$/.test(text)) return undefined;
  const value = Number.parseInt(text, 16);
  return [value >> 8, value & 0xff];
};

/** RFC 5952: lower case, no leading zeros, `::` for the longest run of at least two zero groups, the first of equals. */
function textV6(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  const [start, length] = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function longestZeroRun(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  for (const start of groups.keys()) {
    const end = groups.findIndex((group, index) => index >= start && group !== 0);
    const length = (end === -1 ? groups.length : end) - start;
    if (length > best[1]) best = [start, length];
  }
  return best;
}
