/** What is looked up: the `path` of a request, read once. */
import { dnsLabel, longestName } from "../base/scalars/dns-label.ts";
import { isPort } from "../base/scalars/ports.ts";
import { quoted } from "../base/text/quote.ts";
import { addressBytes, addressText } from "../base/scalars/subnets.ts";

export type Target = ServiceTarget | AddressTarget | Invalid;

export interface ServiceTarget {
  readonly kind: "service";
  readonly namespace: string;
  readonly name: string;
  /** Of one endpoint (`spec.hostname` of a pod); empty: all of them. */
  readonly hostname: string;
  readonly port: number;
}

export interface AddressTarget {
  readonly kind: "address";
  /** As RFC 5952 writes it. */
  readonly ip: string;
  readonly port: number;
}

/** To be answered with INVALID_ARGUMENT. */
export interface Invalid {
  readonly kind: "invalid";
  readonly message: string;
}

/** `clusterDomain`: such as `cluster.local`. Names are those of DNS: case says nothing. */
export function parseTarget(path: string, clusterDomain: string): Target {
  const [, inBrackets, host = "", digits = "80"] = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::([0-9]+))?$/.exec(path) ?? [];
  if (host.length > longestName) return invalid(path, `${longestName} characters at most`, "name");
  const port = Number(digits);
  if (!isPort(port)) return invalid(path, "a port from 1 to 65535", "port");
  const bytes = addressBytes(inBrackets ?? host);
  if (bytes !== undefined) return { kind: "address", ip: addressText(bytes), port };
  const suffix = `.svc.${clusterDomain}`.toLowerCase();
  const name = host.toLowerCase();
  const parts = name.endsWith(suffix) ? name.slice(0, -suffix.length).split(".") : [];
  const [namespace, service, hostname = "", ...more] = parts.toReversed();
  const isNamed = more.length === 0 && parts.every((label) => dnsLabel.test(label));
  return namespace === undefined || service === undefined || !isNamed
    ? invalid(path, `an IP address, <service>.<namespace>${suffix} or <hostname>.<service>.<namespace>${suffix}`)
    : { kind: "service", namespace, name: service, hostname, port };
}

/** Equal for equal targets alone, whatever their names hold. */
export const targetKey = (target: Target): string =>
  JSON.stringify(
    target.kind === "invalid"
      ? [target.message]
      : target.kind === "address"
        ? [target.ip, target.port]
        : [target.namespace, target.name, target.hostname, target.port],
  );

const invalid = (path: string, expected: string, what = "target"): Invalid => ({
  kind: "invalid",
  message: `${what} of ${quoted(path)}: expected ${expected}`,
});
