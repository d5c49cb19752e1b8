/** What one installation injects with: its settings, trust anchors and names, checked once when they are loaded. */
import { linkerdNamespace } from "../../mesh/control-plane.ts";
import type { Json } from "../../base/json/json.ts";
import type { Issue } from "../../base/text/issue.ts";
import type { Result } from "../../base/text/result.ts";
import { isPort } from "../../base/scalars/ports.ts";
import { privateKeyIssues } from "../../mesh/private-keys.ts";
import { parseCidr } from "../../base/scalars/subnets.ts";
import { aPullPolicy, aQuantity, pullPolicies, quantity } from "./annotation-values.ts";
import { doubtfulBytes, doubtfulCores } from "./doubtful-amount.ts";
import { everyNetworkOf, everyPortOf } from "./doubtful-skips.ts";
import { initDoubts, initFaults } from "./init-faults.ts";
import { lowLimitText, lowLimits } from "./limits.ts";
import { readSettings, resourceNames } from "./settings.ts";
import type { SettingPath, Settings } from "./settings.ts";

export interface TrustAnchors {
  /** The bundle as read, not trimmed. */
  readonly pem: string;
  /** Lower-case hex SHA-256 of the bytes as read (S-24). */
  readonly sha256: string;
}

export interface Installation {
  readonly settings: Settings;
  readonly trustAnchors: TrustAnchors;
  readonly controlPlaneNamespace: string;
  /** What makes injection impossible with these settings: pods that ask get a fault, others pass. */
  readonly errors: readonly Issue[];
}

export interface InstallationRead {
  readonly installation: Installation;
  readonly warnings: readonly Issue[];
}

/**
 * Helm values → an installation, or every value of a wrong type or with a private key. `trustAnchors` replaces `identityTrustAnchorsPEM`, as
 * the mounted file does in a cluster; `sha256` gives the lower-case hex hash of a text's UTF-8 bytes.
 */
export function readInstallation(input: {
  readonly values: Json;
  readonly trustAnchors?: TrustAnchors | undefined;
  readonly controlPlaneNamespace?: string | undefined;
  readonly sha256: (text: string) => string;
}): Result<InstallationRead> {
  // Before anything is quoted.
  const keys = [
    ...privateKeyIssues(input.values),
    ...privateKeyIssues(input.trustAnchors?.pem ?? "", "identityTrustAnchorsPEM"),
  ];
  if (keys.length > 0) return { issues: keys };
  const read = readSettings(input.values);
  if ("issues" in read) return read;
  const pem = read.value.identityTrustAnchorsPEM;
  const checked: Checked = {
    settings: read.value,
    trustAnchors: input.trustAnchors ?? { pem, sha256: input.sha256(pem) },
  };
  const installation: Installation = {
    ...checked,
    controlPlaneNamespace: input.controlPlaneNamespace ?? linkerdNamespace,
    errors: faultsOf(checked),
  };
  return { value: { installation, warnings: doubtsOf(checked) } };
}

/** The installation with other settings, as flags of the command line make it. */
export const withSettings = (installation: Installation, settings: Settings): Installation => ({
  ...installation,
  settings,
  errors: faultsOf({ ...installation, settings }),
});

/** Faults of the installation with a pod's own settings in place of its own. */
export function faultsWith(installation: Installation, settings: Settings): readonly Issue[] {
  const touched = annotated.some((path) => settings[path] !== installation.settings[path]);
  return touched ? faultsOf({ ...installation, settings }) : installation.errors;
}

/** The settings below that an annotation can change; checking all of them for every pod would cost. */
const annotated = [
  "proxy.logHTTPHeaders",
  "proxyInit.closeWaitTimeoutSecs",
  "proxyInit.mode",
  "proxy.ports.inbound",
  "proxy.ports.outbound",
  "proxy.ports.admin",
] as const satisfies readonly SettingPath[];

type Checked = Pick<Installation, "settings" | "trustAnchors">;

/** Everything that makes injection with these settings impossible, each with its path. */
const faultsOf = (checked: Checked): readonly Issue[] => faultChecks.flatMap((check) => check(checked));

type Check = (checked: Checked) => readonly Issue[];

const mustBe = (at: SettingPath, holds: boolean, message: () => string): readonly Issue[] =>
  holds ? [] : [{ at, message: message() }];

const faultChecks: readonly Check[] = [
  ({ settings }) =>
    networks(settings.clusterNetworks).flatMap((network) =>
      mustBe(
        "clusterNetworks",
        parseCidr(network) !== undefined,
        () => `${shown(network)} is not a network in CIDR form`,
      ),
    ),
  ({ trustAnchors }) =>
    mustBe("identityTrustAnchorsPEM", trustAnchors.pem !== "", () => "Please provide the identity trust anchors"),
  ({ settings }) => initFaults(settings),
  ({ settings }) =>
    mustBe(
      "proxy.logHTTPHeaders",
      ["off", "insecure", ""].includes(settings["proxy.logHTTPHeaders"]),
      () => `${shown(settings["proxy.logHTTPHeaders"])} is not one of off, insecure`,
    ),
  ({ settings }) =>
    settings["proxy.tracing.enabled"]
      ? (
          [
            "proxy.tracing.collector.endpoint",
            "proxy.tracing.collector.meshIdentity.serviceAccountName",
            "proxy.tracing.collector.meshIdentity.namespace",
          ] as const
        ).flatMap((path) => mustBe(path, settings[path] !== "", () => "must be set if proxy tracing is enabled"))
      : [],
  // A port that is none makes the pod invalid: the API server would refuse it whatever the failure policy is. The same
  // goes for amounts and policies below.
  ({ settings }) =>
    (["proxy.ports.inbound", "proxy.ports.admin"] as const).flatMap((path) =>
      mustBe(path, isPort(Number(settings[path])), () => `${settings[path]} is not a port from 1 to 65535`),
    ),
  ({ settings }) =>
    amounts.flatMap((path) =>
      mustBe(
        path,
        settings[path] === "" || quantity(settings[path]) !== undefined,
        () => `${shown(settings[path])} is not ${aQuantity}`,
      ),
    ),
  ({ settings }) =>
    (["imagePullPolicy", "proxy.image.pullPolicy", "debugContainer.image.pullPolicy"] as const).flatMap((path) =>
      mustBe(
        path,
        ["", ...pullPolicies].includes(settings[path]),
        () => `${shown(settings[path])} is not ${aPullPolicy}`,
      ),
    ),
];

const amounts = (["proxy", "proxyInit"] as const).flatMap((of) =>
  resourceNames.flatMap((name) =>
    (["limit", "request"] as const).map((which) => `${of}.resources.${name}.${which}` as const),
  ),
);

/** Things that work in Linkerd too, but that their author will want to know. */
function doubtsOf({ settings, trustAnchors }: Checked): readonly Issue[] {
  const pem = /^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/;
  return [
    ...(trustAnchors.pem === "" || pem.test(trustAnchors.pem)
      ? []
      : [
          {
            at: "identityTrustAnchorsPEM",
            message: "is not PEM text with certificates; proxies will not trust anybody",
          },
        ]),
    ...(settings["proxy.image.name"] === ""
      ? [
          {
            at: "proxy.image.name",
            message: "is missing: settings are complete Helm values, as in ConfigMap linkerd-config",
          },
        ]
      : []),
    ...amounts.flatMap((at) => {
      const message = at.includes(".cpu.") ? doubtfulCores(settings[at]) : doubtfulBytes(settings[at]);
      return message === undefined ? [] : [{ at, message }];
    }),
    ...skips.flatMap(({ at, doubt }) => {
      const message = doubt(settings[at].split(","));
      return message === undefined ? [] : [{ at, message }];
    }),
    ...lowLimits(settings).map((low) => ({
      at: `${low.of}.resources.${low.name}.limit`,
      message: `is too low: ${lowLimitText(low)}`,
    })),
    ...initDoubts(settings),
  ];
}

const skips = [
  { at: "proxyInit.ignoreInboundPorts", doubt: everyPortOf("inbound") },
  { at: "proxyInit.ignoreOutboundPorts", doubt: everyPortOf("outbound") },
  { at: "proxyInit.skipSubnets", doubt: everyNetworkOf("inbound") },
  { at: "proxyInit.skipOutboundSubnets", doubt: everyNetworkOf("outbound") },
] as const;

const networks = (text: string): readonly string[] => (text === "" ? [] : text.replace(/^,+|,+$/g, "").split(","));

const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
