/** Flags of `weft wrap` as values, or a failure that says all that is wrong with them. */
import type { Command } from "commander";
import { isDnsSubdomain } from "../../core/base/scalars/dns-label.ts";
import { parseDuration, wholeMilliseconds } from "../../core/base/scalars/duration.ts";
import { parsePort } from "../../core/base/scalars/ports.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { commonNameIssue, defaultCommonName, discoveries, protocols, validations } from "../../core/wrap/choices.ts";
import type { Choices, Naming } from "../../core/wrap/choices.ts";
import { usageFailure } from "../io.ts";
import { isGiven, namespaceIn, textsOf } from "../options.ts";

/** Milliseconds, more than none; undefined: not given. */
export function durationOf(command: Command, flag: string, name: string): number | undefined {
  const text = textOf(command, name);
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  const milliseconds = duration === undefined ? 0 : Number(wholeMilliseconds(duration));
  if (milliseconds > 0 && milliseconds <= longest) return milliseconds;
  throw usageFailure(`${flag}: ${quoted(text)} is not a duration such as 24h or 2160h`);
}

/** 200 years: what a certificate says as a date has four digits of a year. */
const longest = 200 * 366 * 86_400_000;

const textOf = (command: Command, name: string): string | undefined => textsOf(command, name).at(-1);

function wordOf<Word extends string>(command: Command, name: string, words: readonly [Word, ...Word[]]): Word {
  const text = textOf(command, name) ?? words[0];
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw usageFailure(`--${name}: ${quoted(text)} is not one of ${words.join(", ")}`);
}

export function namingOf(command: Command): Naming {
  const validation = wordOf(command, "validation", validations);
  const commonName = textOf(command, "commonName") ?? defaultCommonName(validation);
  const issue = commonNameIssue({ validation, commonName });
  if (issue !== undefined) throw usageFailure(issueText(issue));
  const namespace = namespaceIn(command, "--namespace", "namespace") ?? "";
  return { validation, commonName, namespace, nativeSidecar: isGiven(command, "nativeSidecar") };
}

export function choicesOf(command: Command): Choices {
  const naming = namingOf(command);
  const ports = {
    outgoing: portOf(command, "--outgoing-port", "outgoingPort"),
    incoming: portOf(command, "--incoming-port", "incomingPort"),
    admin: portOf(command, "--admin-port", "adminPort"),
    api: portOf(command, "--api-port", "apiPort"),
  };
  const numbers = Object.values(ports);
  const twice = numbers.find((number, index) => numbers.indexOf(number) !== index);
  if (twice !== undefined) throw usageFailure(`port ${twice} is given twice; each of the four needs its own`);
  const clusterDomain = textOf(command, "clusterDomain") ?? "";
  if (!isDnsSubdomain(clusterDomain)) throw usageFailure(`--cluster-domain: ${quoted(clusterDomain)} is not a domain`);
  const adminIp = textOf(command, "adminIp") ?? "";
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(adminIp))
    throw usageFailure(`--admin-ip: ${quoted(adminIp)} is not an IPv4 address`);
  return {
    ...naming,
    // linkerd refuses certificates of clients without validation.
    clientAuth: command.getOptionValue("clientAuth") !== false && naming.validation !== "none",
    protocol: wordOf(command, "protocol", protocols),
    discovery: wordOf(command, "discovery", discoveries),
    image: textOf(command, "image") ?? "",
    kubectlImage: textOf(command, "kubectlImage") ?? "",
    ports,
    adminIp,
    httpProxy: isGiven(command, "httpProxy"),
    clusterDomain,
  };
}

function portOf(command: Command, flag: string, name: string): number {
  const text = textOf(command, name) ?? "";
  const port = parsePort(text);
  if (port !== undefined) return port;
  throw usageFailure(`${flag}: ${quoted(text)} is not a port from 1 to 65535`);
}
