/** Walks a packet through an nft script: the small part of the language that `nftables.ts` writes. */
import { asksRules, hasAddress, hasPort, isValue, passed } from "./packet.ts";
import type { Fate, Packet, Test, Unreadable } from "./packet.ts";

/** What the script does with the packet, once it has been run. `unreadable`: a line is beyond what we write. */
export function walkNft(script: string, packet: Packet): Fate | Unreadable {
  if (!asksRules(packet)) return passed("its connection has been decided");
  const [head, ...rules] = natChain(script, packet.hook);
  if (head === undefined) return passed("no chain is asked");
  for (const rule of rules) {
    const parsed = parseRule(rule);
    if (parsed === undefined) return { kind: "unreadable", rule };
    if (!parsed.test(packet)) continue;
    return parsed.port === undefined ? passed(parsed.comment) : { kind: "redirect", port: parsed.port };
  }
  return passed("no rule takes it");
}

/** The lines of the chain that hooks nat in here, its hook first. */
function natChain(script: string, hook: Packet["hook"]): readonly string[] {
  const lines = script.split("\n").map((line) => line.trim());
  const start = lines.findIndex((line) => line.startsWith(`type nat hook ${hook} `));
  return start === -1 ? [] : lines.slice(start, lines.indexOf("}", start));
}

interface ParsedRule {
  readonly test: Test;
  readonly comment: string;
  /** Absent: the packet passes. */
  readonly port: number | undefined;
}

const ruleForm = /^(.+?) (?:counter )?(?:return|redirect to :(\d+)) comment "([^"]*)"$/;

function parseRule(rule: string): ParsedRule | undefined {
  const [, match = "", port, comment = ""] = ruleForm.exec(rule) ?? [];
  const test = parseMatch(match);
  return test === undefined ? undefined : { test, comment, port: port === undefined ? undefined : Number(port) };
}

function parseMatch(match: string): Test | undefined {
  const [, field = "", value = ""] = /^(\w+(?: \w+)?) (\S+|\{ .+ \})$/.exec(match) ?? [];
  return fieldTests.get(field)?.(value);
}

const fieldTests = new Map<string, (value: string) => Test | undefined>([
  ["meta nfproto", (value) => (value === "ipv6" ? ({ family }) => family === "v6" : undefined)],
  ["meta l4proto", isValue("protocol")],
  ["meta skuid", isValue("uid")],
  ["meta skgid", isValue("gid")],
  ["oifname", (value) => (value === '"lo"' ? ({ loopback }) => loopback : undefined)],
  ["tcp dport", hasTcpPort],
  ["ip saddr", (value) => hasAddress("source", wholeLength(value, 32))],
  ["ip daddr", (value) => hasAddress("destination", wholeLength(value, 32))],
  ["ip6 saddr", (value) => hasAddress("source", wholeLength(value, 128))],
  ["ip6 daddr", (value) => hasAddress("destination", wholeLength(value, 128))],
]);

function hasTcpPort(value: string): Test | undefined {
  const test = hasPort(value.replaceAll(/[{} ]/g, ""), "-");
  return test === undefined ? undefined : (packet) => packet.protocol === "tcp" && test(packet);
}

const wholeLength = (value: string, bits: number): string => (value.includes("/") ? value : `${value}/${bits}`);
