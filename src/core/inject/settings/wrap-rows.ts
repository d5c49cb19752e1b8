/** Annotations of `weft wrap`: they set nothing here, but what is wrong with them is told as of all others. */
import { dnsLabel } from "../../base/scalars/dns-label.ts";
import { isPortName, parsePort } from "../../base/scalars/ports.ts";
import { keys } from "../../mesh/annotations.ts";

const row = (annotation: string, expects: string, isRight: (text: string) => boolean, meaning: string) => ({
  annotation,
  sets: [],
  expects,
  meaning,
  read: (text: string) => (isRight(text) ? { override: {} } : undefined),
});

const isPortOrName = (text: string): boolean => parsePort(text) !== undefined || isPortName(text);

/** See `docs/wrap.md`. */
export const wrapRows = [
  row(keys.wrap, "disabled", (text) => text === "disabled", "`weft wrap` leaves the workload alone"),
  row(
    keys.wrapService,
    "the name of a Service",
    (text) => dnsLabel.test(text),
    "which of several Services the workload is, for `weft wrap`",
  ),
  row(
    keys.wrapAppPort,
    "a port from 1 to 65535, or the name of a container's port",
    isPortOrName,
    "which port gets the requests, for `weft wrap`",
  ),
] as const;
