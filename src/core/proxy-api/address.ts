/** Addresses as the proxy's API has them: IPv4 one big-endian number, IPv6 two halves. */
import { addressBytes, addressText } from "../base/scalars/subnets.ts";
import type { Cidr } from "../base/scalars/subnets.ts";
import type { IPAddress, IPNetwork, TcpAddress } from "./net.ts";

/** `undefined`: the text is no address. An IPv4 address written as an IPv6 one (`::ffff:10.0.0.1`) is the IPv4 one. */
export function ipAddress(text: string): IPAddress | undefined {
  const bytes = addressBytes(text);
  return bytes === undefined ? undefined : ofBytes(bytes);
}

export function tcpAddress(ip: string, port: number): TcpAddress | undefined {
  const address = ipAddress(ip);
  return address === undefined ? undefined : { ip: address, port };
}

export const ipNetwork = ({ network, prefix }: Cidr): IPNetwork => ({ ip: ofBytes(network), prefix_len: prefix });

/** The text of an address, such as `10.0.0.1` or `fd00::1`; `undefined` when neither kind is set. */
export function ipText({ ipv4, ipv6 }: IPAddress): string | undefined {
  if (ipv4 !== undefined) return addressText(bytesOf(BigInt(ipv4), 4));
  if (ipv6 === undefined) return undefined;
  return addressText([...bytesOf(BigInt(ipv6.first ?? 0), 8), ...bytesOf(BigInt(ipv6.last ?? 0), 8)]);
}

const ofBytes = (bytes: readonly number[]): IPAddress =>
  bytes.length === 4
    ? { ipv4: Number(numberOf(bytes)) }
    : { ipv6: { first: String(numberOf(bytes.slice(0, 8))), last: String(numberOf(bytes.slice(8))) } };

const numberOf = (bytes: readonly number[]): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

const bytesOf = (number: bigint, length: number): readonly number[] =>
  Array.from({ length }, (_, index) => Number((number >> BigInt(8 * (length - 1 - index))) & 0xffn));
