/** What makes an init container impossible with these settings, and what is doubtful. */
import type { Issue } from "../../base/text/issue.ts";
import { quoted } from "../../base/text/quote.ts";
import { initMode, initModes } from "./init-mode.ts";
import { redirectOf } from "./redirect-settings.ts";
import type { SettingPath, Settings } from "./settings.ts";
import { isZero } from "../../base/scalars/numbers.ts";
import { scriptLimitIssues } from "./script-limits.ts";

/** Everything that makes the init container impossible, each with its path; CNI mode needs nothing of this. */
export const initFaults = (settings: Settings): readonly Issue[] =>
  settings.cniEnabled
    ? []
    : [
        ...rules.filter(({ fails }) => fails(settings)).map(({ at, message }) => ({ at, message: message(settings) })),
        ...(isOwn(settings) ? refusedBy(settings).filter(({ at }) => needed.has(at)) : []),
      ];

interface Rule {
  readonly at: SettingPath;
  readonly fails: (settings: Settings) => boolean;
  /** Follows the path. */
  readonly message: (settings: Settings) => string;
}

const isOwn = (settings: Settings): boolean => initMode(settings) !== "linkerd";

const rules: readonly Rule[] = [
  {
    at: "proxyInit.mode",
    fails: ({ "proxyInit.mode": mode }) => mode !== "" && !initModes.some((each) => each === mode),
    message: ({ "proxyInit.mode": mode }) => `${quoted(mode)} is not one of ${initModes.join(", ")}`,
  },
  {
    at: "proxyInit.iptablesMode",
    fails: (settings) =>
      initMode(settings) !== "nft" && !["nft", "legacy"].includes(settings["proxyInit.iptablesMode"]),
    message: (settings) => `${quoted(settings["proxyInit.iptablesMode"])} is not one of nft, legacy`,
  },
  {
    at: "proxyInit.mode",
    // A shell hands no file capability on, so that nobody but root could restore rules.
    fails: (settings) => initMode(settings) === "iptables" && !settings["proxyInit.runAsRoot"],
    message: () => "iptables needs proxyInit.runAsRoot: true",
  },
  {
    at: "proxyInit.image.name",
    fails: (settings) => isOwn(settings) && settings["proxyInit.image.name"] === "",
    message: (settings) =>
      `is missing: proxyInit.mode ${initMode(settings)} needs an image such as that of images/init`,
  },
  {
    at: "proxyInit.closeWaitTimeoutSecs",
    // It is a sysctl but for mode nft, where it is data of the script.
    fails: (settings) =>
      initMode(settings) !== "nft" &&
      !isZero(settings["proxyInit.closeWaitTimeoutSecs"]) &&
      !settings["proxyInit.runAsRoot"],
    message: () => "needs proxyInit.runAsRoot: true",
  },
];

function refusedBy(settings: Settings): readonly Issue[] {
  const found = redirectOf(settings);
  return "issues" in found ? found.issues : found.refused;
}

// Without the others there are rules all the same; of the inbound port every mode needs to know (installation.ts).
const needed: ReadonlySet<string> = new Set<SettingPath>(["proxy.ports.outbound", "proxyInit.closeWaitTimeoutSecs"]);

/** Things that work, but otherwise than their author may think. */
export function initDoubts(settings: Settings): readonly Issue[] {
  const found = redirectOf(settings);
  const mode = initMode(settings);
  // An annotation can choose a mode of weft's only where there is an image for it.
  const isUsed = !settings.cniEnabled && (mode !== "linkerd" || settings["proxyInit.image.name"] !== "");
  const leftOut = refusedBy(settings)
    .filter(({ at }) => !needed.has(at))
    .map(({ at, message }) => ({ at, message: `${message}: left out` }));
  const inCni = "has no effect: with cniEnabled the CNI plugin makes the rules";
  return [
    ...(isUsed && !("issues" in found) ? [...leftOut, ...found.warnings, ...scriptLimitIssues(settings)] : []),
    ...(settings.cniEnabled && mode !== "linkerd" ? [{ at: "proxyInit.mode", message: inCni }] : []),
    ...(settings["proxyInit.skipOutboundSubnets"] !== "" && (settings.cniEnabled || mode === "linkerd")
      ? [
          {
            at: "proxyInit.skipOutboundSubnets",
            message: settings.cniEnabled ? inCni : "has no effect in mode linkerd; nft and iptables know how",
          },
        ]
      : []),
  ];
}
