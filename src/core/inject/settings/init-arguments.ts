/**
 * What is redirected, as linkerd-init's arguments: a row is a flag, the setting it says, and its words.
 * Every way to redirect a pod starts from these rows, so that none of them can understand the settings differently.
 */
import { numberText, isZero } from "../../base/scalars/numbers.ts";
import type { SettingPath, Settings } from "./settings.ts";
import { proxyUser } from "./settings.ts";

export interface ArgumentRow {
  readonly flag: string;
  /** Where the value comes from, for whoever has to mend it. */
  readonly path: SettingPath;
  /** Flag and value; empty where there is nothing to say. */
  readonly words: (settings: Settings) => readonly string[];
  /** Whether it says what is redirected, not how the program does its work. */
  readonly isRule: boolean;
}

/** The arguments, each value its own element. */
export const initArguments = (settings: Settings): readonly string[] =>
  argumentRows.flatMap(({ words }) => words(settings));

const rule = (flag: string, path: SettingPath, text: (settings: Settings) => string): ArgumentRow => ({
  flag,
  path,
  words: (settings) => {
    const value = text(settings);
    return value === "" ? [] : [flag, value];
  },
  isRule: true,
});

/** In the order of the contract. */
export const argumentRows: readonly ArgumentRow[] = [
  {
    flag: "--firewall-bin-path",
    path: "proxyInit.iptablesMode",
    words: (settings) =>
      settings["proxyInit.iptablesMode"] === "nft"
        ? ["--firewall-bin-path", "iptables-nft", "--firewall-save-bin-path", "iptables-nft-save"]
        : [],
    isRule: false,
  },
  {
    flag: "--ipv6",
    path: "disableIPv6",
    words: (settings) => (settings.disableIPv6 ? ["--ipv6=false"] : []),
    isRule: true,
  },
  rule("--incoming-proxy-port", "proxy.ports.inbound", (settings) => numberText(settings["proxy.ports.inbound"])),
  rule("--outgoing-proxy-port", "proxy.ports.outbound", (settings) => numberText(settings["proxy.ports.outbound"])),
  rule("--proxy-uid", "proxy.uid", proxyUser),
  rule("--proxy-gid", "proxy.gid", (settings) => (settings["proxy.gid"] >= 0 ? numberText(settings["proxy.gid"]) : "")),
  rule("--inbound-ports-to-ignore", "proxyInit.ignoreInboundPorts", (settings) => {
    const own = `${numberText(settings["proxy.ports.control"])},${numberText(settings["proxy.ports.admin"])}`;
    const skipped = settings["proxyInit.ignoreInboundPorts"];
    return skipped === "" ? own : `${own},${skipped}`;
  }),
  rule(
    "--outbound-ports-to-ignore",
    "proxyInit.ignoreOutboundPorts",
    (settings) => settings["proxyInit.ignoreOutboundPorts"],
  ),
  rule("--timeout-close-wait-secs", "proxyInit.closeWaitTimeoutSecs", (settings) => {
    const seconds = settings["proxyInit.closeWaitTimeoutSecs"];
    return isZero(seconds) ? "" : numberText(seconds);
  }),
  { ...rule("--log-format", "proxyInit.logFormat", (settings) => settings["proxyInit.logFormat"]), isRule: false },
  { ...rule("--log-level", "proxyInit.logLevel", (settings) => settings["proxyInit.logLevel"]), isRule: false },
  rule("--subnets-to-ignore", "proxyInit.skipSubnets", (settings) => settings["proxyInit.skipSubnets"]),
];
