/** Who shares a bound: an IPv4 address, or the /64 of an IPv6 address, which is what one host is given of them. */

/** A name for all addresses that count as one, from `socket.remoteAddress`; blank where that is not known. */
export function addressGroup(address: string | undefined): string {
  if (address === undefined) return "";
  const mapped = /^::ffff:(?<ipv4>\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.groups?.["ipv4"];
  if (mapped !== undefined) return mapped;
  return address.includes(":") ? `${firstFour(address)}::/64` : address;
}

/** The first four groups of eight (RFC 4291, section 2.2), without the zone. */
function firstFour(address: string): string {
  const [plain = ""] = address.split("%", 1);
  const [before = "", after] = plain.split("::", 2);
  const head = groupsIn(before);
  const tail = after === undefined ? [] : groupsIn(after);
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0");
  return [...head, ...zeros, ...tail].slice(0, 4).join(":");
}

/** An IPv4 address at the end stands for two groups. */
const groupsIn = (text: string): readonly string[] =>
  text === "" ? [] : text.split(":").flatMap((group) => (group.includes(".") ? [group, ""] : [group.toLowerCase()]));
