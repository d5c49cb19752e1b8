/** Networks in CIDR notation (Go's net.ParseCIDR). */

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
  const bytes = bytesIn(address);
  const prefix = Number(digits);
  if (bytes === undefined || prefix > bytes.length * 8) return undefined;
  const network = masked(bytes, prefix);
  return isMapped(network) ? cidr(network.slice(12), prefix - 96) : cidr(network, prefix);
}

/** Of an address: 4 or 16 bytes. `undefined`: it is none. */
export function addressBytes(text: string): readonly number[] | undefined {
  const bytes = bytesIn(text);
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** RFC 5952 for 16 bytes. */
export const addressText = (bytes: readonly number[]): string => (bytes.length === 4 ? bytes.join(".") : text6(bytes));

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
  bytes.length === 16 && bytes.every((byte, index) => index > 11 || byte === (index < 10 ? 0 : 0xff));

/** No address has more characters than six groups and an IPv4 address after them. */
const longest = 45;

/**
 * 4 or 16 bytes, as Go reads them: without a zone, and no octet with leading zeros. By hand, since an EndpointSlice may
 * have a hundred thousand addresses, and the library takes 30 µs for one.
 */
function bytesIn(text: string): readonly number[] | undefined {
  if (text.length > longest) return undefined;
  return text.includes(":") ? bytesOf6(text) : bytesOf4(text);
}

function bytesOf4(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes.push(Number(part));
  }
  return bytes;
}

/** `::` stands for one group of zeros at least; an IPv4 address may stand for the last two groups (RFC 4291, section 2.2). */
function bytesOf6(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  const [head = "", tail] = halves;
  const [before, after] = [groupsIn(head, tail === undefined), groupsIn(tail ?? "", true)];
  if (halves.length > 2 || before === undefined || after === undefined) return undefined;
  const missing = 16 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

/** `isLast`: an IPv4 address may be the end. */
function groupsIn(text: string, isLast: boolean): readonly number[] | undefined {
  const bytes: number[] = [];
  const groups = text === "" ? [] : text.split(":");
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const number = Number.parseInt(group, 16);
      bytes.push(number >> 8, number & 0xff);
      continue;
    }
    const ipv4 = isLast && index === groups.length - 1 ? bytesOf4(group) : undefined;
    if (ipv4 === undefined) return undefined;
    bytes.push(...ipv4);
  }
  return bytes;
}

/** The longest row of two or more groups of zeros is left out, of equal ones the first (RFC 5952, section 4.2). */
function text6(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  let [from, length] = [0, 1];
  for (let index = 0; index < 8; index += 1) {
    let end = index;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - index > length) [from, length] = [index, end - index];
    index = Math.max(index, end - 1);
  }
  const words = groups.map((group) => group.toString(16));
  return length < 2 ? words.join(":") : `${words.slice(0, from).join(":")}::${words.slice(from + length).join(":")}`;
}
