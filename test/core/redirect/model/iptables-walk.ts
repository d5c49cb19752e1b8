/** Walks a packet through iptables rules line by line, as `-save` prints them and `-restore` takes them. */
import { asksRules, hasAddress, hasPort, isValue, passed } from "./packet.ts";
import type { Fate, Packet, Test, Unreadable } from "./packet.ts";
import { chainOf, natTable, words } from "../../../../src/core/redirect/saved.ts";

/**
 * What the table `nat` in `text` does with the packet. The text is that of the packet's family; absent: it has none.
 * `unreadable`: a rule on the packet's way is beyond what our own rules use.
 */
export function walkIptables(text: string | undefined, packet: Packet): Fate | Unreadable {
  if (!asksRules(packet)) return passed("its connection has been decided");
  const rules = natTable(text ?? "")?.rules ?? [];
  return walk(rules, packet.hook === "prerouting" ? "PREROUTING" : "OUTPUT", packet, 0) ?? passed("no rule takes it");
}

/** `undefined`: the end of the chain, or a return to the one before. */
function walk(rules: readonly string[], chain: string, packet: Packet, depth: number): Fate | Unreadable | undefined {
  for (const rule of rules.filter((rule) => chainOf(rule) === chain)) {
    const parsed = parseRule(rule);
    // A kernel refuses chains that lead in circles, a text may have them.
    if (parsed === undefined || depth > 16) return { kind: "unreadable", rule };
    if (!parsed.tests.every((test) => test(packet))) continue;
    const { target, port, comment } = parsed;
    if (target === "RETURN") return undefined;
    if (target === "ACCEPT") return passed(comment);
    if (target === "REDIRECT") return port === undefined ? { kind: "unreadable", rule } : { kind: "redirect", port };
    const found = walk(rules, target, packet, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface ParsedRule {
  readonly tests: readonly Test[];
  readonly target: string;
  readonly port: number | undefined;
  readonly comment: string;
}

function parseRule(rule: string): ParsedRule | undefined {
  const [, , ...options] = words(rule);
  const pairs = Array.from({ length: Math.ceil(options.length / 2) }, (_, index) =>
    options.slice(2 * index, 2 * index + 2),
  );
  const tests = pairs.map(([option = "", value]) =>
    value === undefined ? undefined : optionTests.get(option)?.(value),
  );
  const value = (name: string): string | undefined => pairs.find(([option]) => option === name)?.[1];
  const target = value("-j");
  const port = value("--to-ports");
  if (target === undefined || !tests.every((test) => test !== undefined)) return undefined;
  return {
    tests,
    target,
    port: port !== undefined && /^\d+$/.test(port) ? Number(port) : undefined,
    comment: value("--comment") ?? "",
  };
}

const always: Test = () => true;

/** Every option of our rules takes one value. `undefined`: a value that our rules do not have. */
const optionTests = new Map<string, (value: string) => Test | undefined>([
  ["-m", () => always],
  ["-j", () => always],
  ["--comment", () => always],
  ["--to-ports", () => always],
  ["-p", isValue("protocol")],
  ["-o", (value) => (value === "lo" ? ({ hook, loopback }) => hook === "output" && loopback : undefined)],
  ["-s", (value) => hasAddress("source", value)],
  ["-d", (value) => hasAddress("destination", value)],
  ["--dport", (value) => hasPort(value, ":")],
  ["--dports", (value) => hasPort(value, ":")],
  ["--uid-owner", isValue("uid")],
  ["--gid-owner", isValue("gid")],
]);
