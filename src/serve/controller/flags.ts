/** The flags of `weft controller`: one row each. A flag wins over its environment variable, that over the usual value. */
import { names, paths } from "../../core/install/names.ts";
import { parseBool } from "../../core/base/scalars/booleans.ts";
import { splitList } from "../../core/base/scalars/ports.ts";
import { parseCidr } from "../../core/base/scalars/subnets.ts";
import type { Cidr } from "../../core/base/scalars/subnets.ts";
import { parseAddress } from "../../net/address.ts";
import { millisecondsUpTo, readFlags, rfc1123Subdomain } from "../flags.ts";
import type { Environment, Flag, Given, OptionsOf, Row } from "../flags.ts";
import { mountIssues, servingRows } from "../common-flags.ts";
import type { Result } from "../../core/base/text/result.ts";

const rows = {
  identityAddress: {
    name: "--identity-address",
    value: "ADDRESS",
    environment: "WEFT_IDENTITY_ADDRESS",
    defaultValue: ":8080",
    help: "where certificates are issued (gRPC, TLS 1.3)",
    expects: "an address such as :8080, 127.0.0.1:8080 or [::1]:8080",
    parse: parseAddress,
  },
  destinationAddress: {
    name: "--destination-address",
    value: "ADDRESS",
    environment: "WEFT_DESTINATION_ADDRESS",
    defaultValue: ":8086",
    help: "where endpoints and profiles are told (gRPC, TLS 1.3, certified clients only)",
    expects: "an address such as :8086, 127.0.0.1:8086 or [::1]:8086",
    parse: parseAddress,
  },
  policyAddress: {
    name: "--policy-address",
    value: "ADDRESS",
    environment: "WEFT_POLICY_ADDRESS",
    defaultValue: ":8090",
    help: "where policies are told (gRPC, TLS 1.3, certified clients only)",
    expects: "an address such as :8090, 127.0.0.1:8090 or [::1]:8090",
    parse: parseAddress,
  },
  adminAddress: servingRows.adminAddress,
  settings: servingRows.settings,
  trustAnchors: { ...servingRows.trustAnchors, defaultValue: `${paths.trustAnchors}/${names.trustAnchorsKey}` },
  issuerDir: {
    name: "--issuer-dir",
    value: "DIR",
    environment: "WEFT_ISSUER_DIR",
    defaultValue: paths.issuer,
    help: "the mesh's issuer: tls.crt and tls.key, or crt.pem and key.pem; followed when they change",
    expects: "a folder name",
    parse: String,
  },
  settingsConfigMap: servingRows.settingsConfigMap,
  trustAnchorsConfigMap: servingRows.trustAnchorsConfigMap,
  issuerSecret: {
    name: "--issuer-secret",
    value: "NAME",
    environment: "WEFT_ISSUER_SECRET",
    defaultValue: "",
    help: "Secret in weft's namespace that the folder of --issuer-dir is mounted from; watched, so that a change is used at once",
    expects: "a name of a Secret (RFC 1123 subdomain)",
    parse: rfc1123Subdomain,
  },
  identityLifetime: {
    name: "--identity-lifetime",
    value: "DURATION",
    environment: "WEFT_IDENTITY_LIFETIME",
    defaultValue: "24h",
    help: "how long workloads' certificates live",
    expects: "a duration from 10s to 8760h, such as 24h",
    parse: (text) => durationFrom(10_000, 8760 * 3_600_000, text),
  },
  identityClockSkew: {
    name: "--identity-clock-skew",
    value: "DURATION",
    environment: "WEFT_IDENTITY_CLOCK_SKEW",
    defaultValue: "20s",
    help: "by so much other clocks may differ: certificates are valid so much earlier and longer",
    expects: "a duration from 0s to 1h, such as 20s",
    parse: (text) => durationFrom(0, 3_600_000, text),
  },
  identitySpiffe: {
    name: "--identity-spiffe",
    value: "BOOLEAN",
    environment: "WEFT_IDENTITY_SPIFFE",
    defaultValue: "false",
    help: "whether certificates have a SPIFFE name (spiffe://<trust domain>/ns/<ns>/sa/<sa>) beside their DNS name",
    expects: "true or false",
    parse: parseBool,
  },
  controlPlaneNamespace: servingRows.controlPlaneNamespace,
  probeNetworks: {
    name: "--probe-networks",
    value: "NETWORKS",
    environment: "WEFT_PROBE_NETWORKS",
    defaultValue: "",
    help: "where kubelets' probes come from: allowed on the paths of pods' probes whatever the policy is; without it policyController.probeNetworks of the settings, else everywhere",
    expects: "a list of networks in CIDR form, such as 10.0.0.0/8,fd00::/8",
    parse: networksIn,
  },
  kubeconfig: {
    ...servingRows.kubeconfig,
    help: "how to reach the cluster; in a pod, without it, the pod's own access",
  },
  context: servingRows.context,
  namespace: servingRows.namespace,
  logLevel: servingRows.logLevel,
  logFormat: servingRows.logFormat,
  gracePeriod: {
    ...servingRows.gracePeriod,
    help: "how long to go on serving after SIGTERM, until every node has heard of it",
  },
} as const satisfies Record<string, Row<unknown>>;

const lists = {} as const satisfies Record<string, Flag>;

/** In the order of `--help`. */
export const controllerFlags: readonly Flag[] = Object.values(rows);

/** What the command works with; a file is undefined when none was given. Times in milliseconds. */
export type ControllerOptions = OptionsOf<typeof rows, typeof lists>;

/** Reads what was given, or says everything that is wrong with it, each with its flag or variable. */
export function controllerOptions(given: Given, environment: Environment): Result<ControllerOptions> {
  const read = readFlags(rows, lists, given, environment);
  const issues = "value" in read ? mountIssues(read.value) : [];
  return issues.length > 0 ? { issues } : read;
}

function durationFrom(least: number, most: number, text: string): number | undefined {
  const milliseconds = millisecondsUpTo(most, text);
  return milliseconds === undefined || milliseconds < least ? undefined : milliseconds;
}

function networksIn(text: string): readonly Cidr[] | undefined {
  const networks = splitList(text).map(parseCidr);
  return networks.every((network) => network !== undefined) ? networks : undefined;
}
