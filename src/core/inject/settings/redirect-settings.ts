/** Settings → what of the pod's traffic enters the proxy: the value that rules are made of. */
import type { Issue } from "../../base/text/issue.ts";
import type { Failed } from "../../base/text/result.ts";
import { perObject } from "../../base/memory/memo.ts";
import { parseArguments } from "../../redirect/arguments.ts";
import type { Redirect } from "../../redirect/redirect.ts";
import { argumentRows } from "./init-arguments.ts";
import type { ArgumentRow } from "./init-arguments.ts";
import { initMode } from "./init-mode.ts";
import type { SettingPath, Settings } from "./settings.ts";

export interface SettingsRedirect {
  readonly redirect: Redirect;
  /** Ids and times that are none, each with its setting: the redirect is without them. */
  readonly refused: readonly Issue[];
  /** Entries of lists that are left out, and what probably means something else; each with its setting. */
  readonly warnings: readonly Issue[];
}

/**
 * The redirect of these settings. Entries of lists and ids that are none are left out and named; without the proxy's
 * ports there is nothing to redirect to, and only issues. Remembered by the settings' identity.
 */
export const redirectOf = perObject((settings: Settings): SettingsRedirect | Failed => {
  const rows = initMode(settings) === "linkerd" ? linkerdRows : [...linkerdRows, skipOutboundSubnets];
  const all = parsedFrom(rows, settings);
  if (!("issues" in all)) return { redirect: all.redirect, refused: [], warnings: all.warnings.map(atSetting) };
  const refused = all.issues.map(atSetting);
  const rest = parsedFrom(
    rows.filter(({ flag }) => !all.issues.some(({ at }) => at === flag)),
    settings,
  );
  if ("issues" in rest) return { issues: refused };
  return { redirect: rest.redirect, refused, warnings: rest.warnings.map(atSetting) };
});

const linkerdRows = argumentRows.filter(({ isRule }) => isRule);

/** weft's addition, which Linkerd's program does not know. */
const skipOutboundSubnets: ArgumentRow = {
  flag: "--outbound-subnets-to-ignore",
  path: "proxyInit.skipOutboundSubnets",
  words: (settings) => {
    const subnets = settings["proxyInit.skipOutboundSubnets"];
    return subnets === "" ? [] : ["--outbound-subnets-to-ignore", subnets];
  },
  isRule: true,
};

const parsedFrom = (rows: readonly ArgumentRow[], settings: Settings): ReturnType<typeof parseArguments> =>
  parseArguments(
    rows.flatMap(({ words }) => words(settings)),
    "leave out",
  );

const paths: ReadonlyMap<string, SettingPath> = new Map(
  [...linkerdRows, skipOutboundSubnets].map(({ flag, path }) => [flag, path]),
);

const atSetting = ({ at, message }: Issue): Issue => ({ at: paths.get(at) ?? at, message });
