/** Names of clients as Linkerd's policy validator takes them: like a DNS name, or a SPIFFE ID. */
import { wrong } from "./shape.ts";
import type { Check } from "./shape.ts";

export const identity: Check = (value, at) => {
  const why = typeof value === "string" ? refusal(value) : "must be a text";
  return why === undefined ? [] : wrong(at, why);
};

const scheme = "spiffe://";

const refusal = (name: string): string | undefined =>
  name.startsWith(scheme) ? spiffeRefusal(name.slice(scheme.length)) : dnsRefusal(name);

/** `*` stands for the first part alone. */
function dnsRefusal(name: string): string | undefined {
  const [first = "", ...rest] = name.split(".");
  const isName = (first === "*" || isLabel(first)) && rest.every(isLabel);
  return isName
    ? undefined
    : "must be a DNS name in lower case, such as web.shop.serviceaccount.identity…, *, *.<suffix>, or a SPIFFE ID";
}

const isLabel = (part: string): boolean => /^[a-z0-9-]+$/.test(part) && !part.startsWith("-") && !part.endsWith("-");

/** SPIFFE-ID, section 2: a trust domain, and a path whose segments are no dots and not empty. */
function spiffeRefusal(id: string): string | undefined {
  const [domain = "", ...segments] = id.split("/");
  if (domain === "") return "must have a trust domain after spiffe://";
  if (!/^[a-z0-9._-]+$/.test(domain)) return "its trust domain must be of a-z, 0-9, dots, dashes and underscores";
  const isPath = segments.every((each) => /^[a-zA-Z0-9._-]+$/.test(each) && each !== "." && each !== "..");
  return isPath ? undefined : "its path must be of letters, digits, dots, dashes and underscores between slashes";
}
