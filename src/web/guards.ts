/**
 * Who may ask the dashboard, and for what: a table that is read from top to bottom.
 *
 * The page shows what its user may see in a cluster, so whoever else is on this machine, and every other page in the same
 * browser, gets nothing: a key that only the user's terminal has shown, names by which no stranger's DNS can reach it
 * (DNS rebinding), and GET alone.
 */
import { createHash, timingSafeEqual } from "node:crypto";

/** What is looked at of a request; header names as Node has them. */
export interface Asked {
  readonly method: string;
  /** As it stands in the request: path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface Lock {
  /** Where it listens; a host with another port is another program's. */
  readonly port: number;
  readonly key: string;
  /**
   * Good for one door alone: what starts a browser has the address among its arguments, which everybody on this machine
   * can read. Undefined: it was used.
   */
  readonly openingKey: string | undefined;
}

export type Admission =
  /** Let in, to this path. */
  { readonly kind: "in"; readonly path: string; readonly query: URLSearchParams } | Refusal;

interface Refusal {
  readonly kind: "answer";
  readonly status: 200 | 303 | 400 | 401 | 403 | 405 | 421;
  readonly headers: Readonly<Record<string, string>>;
  /** The key that is good once was used. */
  readonly isSpent?: boolean;
  /** For people; with 200 a page. */
  readonly text: string;
}

export function admission({ method, url, headers }: Asked, { port, key, openingKey }: Lock): Admission {
  if (method !== "GET") return refusal(405, "Only GET: nothing here changes anything.", { Allow: "GET" });
  const host = String(headers["host"] ?? "").toLowerCase();
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
    return refusal(421, `This is weft's dashboard: it answers as 127.0.0.1:${port} alone.`);
  const asked = parsed(url);
  if (asked === undefined) return refusal(400, "That is no path.");
  const given = asked.query.get("key");
  if (asked.path === "/" && given !== null) {
    const isSpent = openingKey !== undefined && same(given, openingKey);
    if (isSpent || same(given, key)) return { ...door(headers["sec-fetch-site"], cookieOf(port, key)), isSpent };
  }
  if (!cookies(headers["cookie"]).some(([name, value]) => name === cookieName(port) && same(value, key)))
    return refusal(401, locked);
  // A page of another port of this machine is of the same site: it would be sent the cookie, too.
  const from = headers["sec-fetch-site"];
  if (asked.path !== "/" && from !== undefined && from !== "same-origin")
    return refusal(403, "Only weft's own page may ask for this.");
  return { kind: "in", ...asked };
}

/**
 * To the page, with the cookie. Where a link of another site led here, a redirect would still be of that site, and its
 * request would be without the cookie (SameSite): so the way goes on from a page of this one.
 */
const door = (from: Asked["headers"][string], cookie: string): Refusal =>
  from === "cross-site"
    ? refusal(200, '<!doctype html><meta http-equiv="refresh" content="0; url=/"><title>weft</title>', {
        "Content-Type": "text/html; charset=utf-8",
        "Set-Cookie": cookie,
      })
    : refusal(303, "", { Location: "/", "Set-Cookie": cookie });

const locked = "The key is missing, or was used. Open the address that weft dashboard has printed: it has a key.";

const refusal = (status: Refusal["status"], text: string, headers: Refusal["headers"] = {}): Refusal => ({
  kind: "answer",
  status,
  headers,
  text,
});

/** Undefined: it is none, such as the whole URL that a proxy is asked for. */
function parsed(url: string): { readonly path: string; readonly query: URLSearchParams } | undefined {
  if (!url.startsWith("/")) return undefined;
  const mark = url.indexOf("?");
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark)) };
}

/** Browsers give a cookie to every port of a host: two dashboards must not take each other's away. */
const cookieName = (port: number): string => `weft-${port}`;
const cookieOf = (port: number, key: string): string => `${cookieName(port)}=${key}; HttpOnly; SameSite=Strict; Path=/`;

const cookies = (header: string | readonly string[] | undefined): readonly (readonly [name: string, value: string])[] =>
  String(header ?? "")
    .split(";")
    .map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, Math.max(0, at)).trim(), pair.slice(at + 1).trim()] as const;
    });

/** In a time that does not depend on where they differ, or on how long either is. */
const same = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** On every answer. */
export const headersOfAll = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
} as const;
