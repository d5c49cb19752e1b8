/** Networks as Linkerd's policy validator takes them: a CIDR or an address, with exceptions that lie within it. */
import { isList, isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { isWithin } from "../base/scalars/subnets.ts";
import type { Cidr } from "../base/scalars/subnets.ts";
import { parseNetwork } from "./authorization.ts";
import { allOf, listOf, shapeOf, wrong } from "./shape.ts";
import type { Check } from "./shape.ts";

const network: Check = (value, at) =>
  typeof value === "string" && networkIn(value) !== undefined
    ? []
    : wrong(at, "must be a network, such as 10.0.0.0/8, or an address");

/** No exception is wider than its network, nor beside it. */
const exceptionsWithin: Check = (value, at) => {
  const { cidr, except } = isObject(value) ? value : {};
  const whole = networkIn(cidr);
  if (whole === undefined || !isList(except)) return [];
  return except.flatMap((each, index): readonly Issue[] => {
    const exception = networkIn(each);
    if (exception === undefined) return [];
    const place = `${at}.except[${index}]`;
    if (contains(exception, whole)) return wrong(place, `leaves nothing of ${whole.text}`);
    return contains(whole, exception) ? [] : wrong(place, `is not within ${whole.text}`);
  });
};

export const networkShape: Check = allOf(shapeOf({ cidr: network }, { except: listOf(network) }), exceptionsWithin);

const contains = (outer: Cidr, inner: Cidr): boolean => outer.prefix <= inner.prefix && isWithin(inner.network, outer);

/** Linkerd's reader of networks takes octets with leading zeros, and keeps IPv4 within IPv6 apart from IPv4. */
function networkIn(value: Json | undefined): Cidr | undefined {
  if (typeof value !== "string") return undefined;
  if (!value.includes(":")) {
    const plain = value.includes("/") ? value.replaceAll(/(?<![0-9])0{1,2}(?=[0-9]{1,2}(?![0-9]))/g, "") : value;
    return parseNetwork(plain);
  }
  const read = parseNetwork(value);
  if (read === undefined || read.family === 6) return read;
  const network = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...read.network];
  return { family: 6, network, prefix: read.prefix + 96, text: value };
}
