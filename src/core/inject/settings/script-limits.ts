/** How long the argument may be that hands the rules to the init container (Linux, MAX_ARG_STRLEN). */
import type { Issue } from "../../base/text/issue.ts";
import { perObject } from "../../base/memory/memo.ts";
import { restoreTexts } from "../../redirect/iptables.ts";
import { nftScript } from "../../redirect/nftables.ts";
import { initMode } from "./init-mode.ts";
import { redirectOf } from "./redirect-settings.ts";
import type { SettingPath, Settings } from "./settings.ts";

/** The most that Linux takes as one argument, without its end mark (execve(2), MAX_ARG_STRLEN). */
const longestArgument = 131_071;

/** Rules that are too many for one argument: the container would not start. Every character of theirs is one byte. */
export const scriptLimitIssues = perObject((settings: Settings): readonly Issue[] => {
  const found = redirectOf(settings);
  if ("issues" in found || settings.cniEnabled || initMode(settings) === "linkerd") return [];
  const texts =
    initMode(settings) === "nft" ? [nftScript(found.redirect)] : Object.values(restoreTexts(found.redirect));
  const longest = Math.max(...texts.map(({ length }) => length));
  const at: SettingPath = "proxyInit.mode";
  const message = `the rules are ${longest} bytes, and Linux takes ${longestArgument} as one argument: linkerd-init will not start; skip fewer ports and networks, or ranges of them`;
  return longest <= longestArgument ? [] : [{ at, message }];
});
