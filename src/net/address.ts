/** Addresses to listen on, as flags write them. */
import type { Server } from "node:net";

/** `host` is absent for "every address of this machine". */
export interface Address {
  readonly host?: string;
  readonly port: number;
}

/** Reads `:8443`, `127.0.0.1:8443`, `[::1]:8443` or `localhost:8443`; port 0 lets the system choose. */
export const parseAddress = (text: string): Address | undefined => {
  const { host, name, port } =
    /^(?:\[(?<host>[0-9a-fA-F:.]+(?:%\w+)?)\]|(?<name>[\w.-]*)):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  const number = port === undefined ? Number.NaN : Number(port);
  if (!(number <= 65_535)) return undefined;
  const named = host ?? name;
  return named === undefined || named === "" ? { port: number } : { host: named, port: number };
};

/** An address as people write it. */
export const addressText = ({ host, port }: Address): string =>
  host === undefined ? `:${port}` : host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** Starts to listen and tells the address it got. Rejects with the system's error, such as EADDRINUSE. */
export const listen = async (server: Server, address: Address): Promise<Address> => {
  if (address.host !== undefined) return { host: address.host, port: await listening(server, address) };
  try {
    return { port: await listening(server, { host: "::", port: address.port }) };
  } catch (error) {
    if (!isWithoutIpv6(error)) throw error;
    return { port: await listening(server, { host: "0.0.0.0", port: address.port }) };
  }
};

// A kernel without IPv6 says the first, one where it is switched off by sysctl the second.
const isWithoutIpv6 = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "EAFNOSUPPORT" || error.code === "EADDRNOTAVAIL");

/** The port that it got. */
export const listening = (server: Server, address: Address): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...address, backlog: 1024 }, () => {
      server.off("error", reject);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : address.port);
    });
  });
