/** Networks in CIDR notation (Go's net.ParseCIDR). */
import { Address4, Address6 } from "ip-address";

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
export const addressText = (bytes: readonly number[]): string =>
  bytes.length === 4 ? bytes.join(".") : Address6.fromUnsignedByteArray([...bytes]).correctForm();

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

/** No address has more characters than six groups and an IPv4 address after them. */
const longest = 45;

/** 4 or 16 bytes, as Go reads them: without a zone, and no octet with leading zeros. */
function bytesIn(text: string): readonly number[] | undefined {
  if (text.length > longest || /[%/]/.test(text)) return undefined;
  try {
    if (!text.includes(":")) return new Address4(text).toArray();
    const bytes = new Address6(text).toUnsignedByteArray();
    return [...Array.from({ length: 16 - bytes.length }, () => 0), ...bytes];
  } catch {
    return undefined;
  }
}
