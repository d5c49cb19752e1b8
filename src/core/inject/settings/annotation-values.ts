/** What the texts of annotations may be, kind by kind: the words after "is not", text → value, and what is doubtful. */
import { millisecondsText, parseDuration, secondsText } from "../../base/scalars/duration.ts";
import { parseInt32, parseInt64 } from "../../base/scalars/numbers.ts";
import { isPort } from "../../base/scalars/ports.ts";
import { billionths } from "../../base/scalars/quantity.ts";
import { quoted } from "../../base/text/quote.ts";
import type { ReferenceFault } from "./image-reference.ts";

export const asIs = (text: string): string => text;
export const aPort = "a port from 1 to 65535";
export const aBoolean = "true or false";
export const onOff = "enabled or disabled";
export const aDuration = "a duration such as 500ms, 10s or 1m30s";
export const aQuantity = "a Kubernetes quantity such as 100m, 2 or 64Mi";
export const anImage = "an image name without tag";
export const aTag = "an image tag";
export const pullPolicies = ["Always", "IfNotPresent", "Never"];
export const aPullPolicy = "Always, IfNotPresent or Never";

export const port = (text: string): number | undefined => {
  const value = parseInt32(text);
  return value !== undefined && isPort(value) ? value : undefined;
};
export const quantity = (text: string): string | undefined => ((billionths(text) ?? -1n) < 0n ? undefined : text);
export const oneOf =
  (...words: readonly string[]) =>
  (text: string): string | undefined =>
    words.includes(text) ? text : undefined;
export const milliseconds = (text: string): string | undefined => {
  const duration = parseDuration(text);
  return duration === undefined ? undefined : millisecondsText(duration);
};
export const seconds = (text: string): string | undefined => {
  const duration = parseDuration(text);
  return duration === undefined ? undefined : secondsText(duration);
};

export const unknownWord =
  (...words: readonly string[]) =>
  (text: string): string | undefined =>
    text === "" || words.includes(text) ? undefined : `${quoted(text)} is not one of ${words.join(", ")}`;
export const doubtfulDuration = (text: string): Doubt | undefined => {
  const duration = parseDuration(text);
  if (duration === undefined) return undefined;
  if (duration < 0n) return fatal(`${quoted(text)} is negative, and the proxy does not start with it`);
  return duration > 0n && duration < 1_000_000n
    ? `${quoted(text)} is less than a millisecond and becomes 0`
    : undefined;
};

/** What the author of a value that is used should know; fatal: the pod will not run with it. */
export type Doubt = string | { readonly fatal: string };

const fatal = (why: string): Doubt => ({ fatal: `${why}: the pod will not run` });

/** Kubernetes refuses pods with user and group ids beyond it, and below 0 (core/v1, SecurityContext). */
const mostId = 2_147_483_647;
export const id = (text: string): bigint | undefined => {
  const value = parseInt64(text);
  return value === undefined || value > mostId ? undefined : value;
};
export const userId = (text: string): bigint | undefined => ((id(text) ?? -1n) < 0n ? undefined : id(text));

export const reference =
  (fault: (text: string) => ReferenceFault | undefined) =>
  (text: string): string | undefined =>
    fault(text) === "unusable" ? undefined : text;
export const unpullable =
  (fault: (text: string) => ReferenceFault | undefined, what: string) =>
  (text: string): Doubt | undefined =>
    fault(text) === "unpullable"
      ? fatal(`${quoted(text)} is not ${what}, and such an image cannot be pulled`)
      : undefined;
export const notRoot = (text: string): Doubt | undefined =>
  parseInt64(text) === 0n ? fatal("0 is root, and the proxy must not run as root") : undefined;
