/** Which requests are to be told: filters of the command line → what a proxy is asked with. */
import { ipAddress } from "../../proxy-api/address.ts";
import { registeredMethods, registeredSchemes } from "../../proxy-api/http-types.ts";
import type { HttpMatch, ObserveRequest, TapMatch } from "../../proxy-api/tap.ts";

export interface TapFilter {
  /** As it is sent: `get` is another one than `GET`. */
  readonly method?: string | undefined;
  /** The beginning of the path, which has no query. */
  readonly path?: string | undefined;
  /** As the client sent it: `web`, `web:80`. */
  readonly authority?: string | undefined;
  readonly scheme?: string | undefined;
  /** Of the endpoint, without `dst_`; only proxies of clients know them. */
  readonly to?: Readonly<Record<string, string>> | undefined;
  /** Addresses of callers; undefined: of any. Not empty: nothing would match, and nothing would end. */
  readonly from?: readonly string[] | undefined;
}

/** Headers are asked for always: the length of an answer is in them alone. */
export const observeRequest = (filter: TapFilter, limit: number): ObserveRequest => ({
  limit,
  match: { all: { matches: matches(filter) } },
  extract: { http: { headers: {} } },
});

const matches = ({ method, path, authority, scheme, to = {}, from }: TapFilter): readonly TapMatch[] => [
  ...http(path, (prefix) => ({ path: { prefix } })),
  ...http(method, (text) => ({ method: registered(registeredMethods, text) })),
  ...http(authority, (exact) => ({ authority: { exact } })),
  ...http(scheme, (text) => ({ scheme: registered(registeredSchemes, text.toUpperCase()) })),
  ...Object.entries(to).map(([key, value]) => ({ destination_label: { key, value } })),
  ...(from === undefined ? [] : [{ any: { matches: from.flatMap(callers) } }]),
];

const http = (text: string | undefined, match: (text: string) => HttpMatch): readonly TapMatch[] =>
  text === undefined ? [] : [{ http: match(text) }];

function registered<Name extends string>(
  names: readonly Name[],
  text: string,
): { readonly registered: Name } | { readonly unregistered: string } {
  const name = names.find((each) => each === text);
  return name === undefined ? { unregistered: text } : { registered: name };
}

function callers(address: string): readonly TapMatch[] {
  const ip = ipAddress(address);
  return ip === undefined ? [] : [{ source: { netmask: { ip, mask: ip.ipv4 === undefined ? 128 : 32 } } }];
}
