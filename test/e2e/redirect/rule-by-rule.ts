/**
 * What Linkerd's program runs for the same rules: a save, a command for each chain, rule and jump, a save, family by
 * family. `again`: over the rules of an earlier run, whose chains it empties.
 */
import { restoreTexts } from "../../../src/core/redirect/iptables.ts";
import { families } from "../../../src/core/redirect/redirect.ts";
import type { Redirect } from "../../../src/core/redirect/redirect.ts";
import { chainOf, words } from "../../../src/core/redirect/saved.ts";
import { program } from "./modes.ts";
import type { Backend } from "./modes.ts";

export function ruleByRule(redirect: Redirect, backend: Backend, again: boolean): readonly (readonly string[])[] {
  const texts = restoreTexts(redirect);
  return families(redirect).flatMap((family) => {
    const rules = (texts[family] ?? "").split("\n").filter((line) => line.startsWith("-A "));
    const save = [program(family, backend, "-save"), "-t", "nat"];
    const change = (...args: readonly string[]): readonly string[] => [
      program(family, backend, ""),
      "-t",
      "nat",
      ...args,
    ];
    // Inbound first, each chain before its jump.
    const parts = (["PREROUTING", "OUTPUT"] as const).flatMap((hook) => {
      const chain = hook === "PREROUTING" ? "PROXY_INIT_REDIRECT" : "PROXY_INIT_OUTPUT";
      const jumps = again ? [] : rules.filter((rule) => chainOf(rule) === hook);
      const lines = [...rules.filter((rule) => chainOf(rule) === chain), ...jumps];
      return [change(again ? "-F" : "-N", chain), ...lines.map((line) => change(...words(line)))];
    });
    return [save, ...parts, save];
  });
}
