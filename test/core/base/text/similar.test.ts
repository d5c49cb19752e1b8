import { expect } from "chai";
import { closest } from "../../../../src/core/base/text/similar.ts";

const names = [
  ["proxy-image", "proxy-version", "inbound-port", "outbound-port", "admin-port", "control-port"],
  ["proxy-log-level", "proxy-log-format", "proxy-cpu-request", "proxy-cpu-limit", "proxy-cpu-ratio-limit"],
  ["proxy-memory-request", "proxy-memory-limit", "proxy-uid", "proxy-gid", "proxy-await", "opaque-ports"],
  ["skip-inbound-ports", "skip-outbound-ports", "skip-subnets", "default-inbound-policy", "enable-debug-sidecar"],
  ["proxy-outbound-connect-timeout", "proxy-inbound-connect-timeout", "proxy-enable-native-sidecar"],
].flat();

describe("closest", () => {
  const found: readonly [claim: string, text: string, expected: string][] = [
    ["a missing letter", "proxy-cpu-reqest", "proxy-cpu-request"],
    ["a letter too many", "opaaque-ports", "opaque-ports"],
    ["a wrong letter", "proxy-aweit", "proxy-await"],
    ["swapped letters", "porxy-memory-limit", "proxy-memory-limit"],
    ["two slips", "skip-inbuond-prts", "skip-inbound-ports"],
    ["singular", "opaque-port", "opaque-ports"],
    ["plural", "inbound-ports", "inbound-port"],
    ["letter case", "Proxy-CPU-Limit", "proxy-cpu-limit"],
    ["underscores", "proxy_cpu_request", "proxy-cpu-request"],
    ["no dashes", "proxycpurequest", "proxy-cpu-request"],
    ["camel case", "proxyCpuRequest", "proxy-cpu-request"],
    ["swapped words", "proxy-request-cpu", "proxy-cpu-request"],
    ["swapped words and a slip", "proxy-reqest-cpu", "proxy-cpu-request"],
    ["a missing first word", "cpu-request", "proxy-cpu-request"],
    ["a missing last word", "proxy-enable-native", "proxy-enable-native-sidecar"],
    ["a word too many", "proxy-opaque-ports", "opaque-ports"],
    ["the better of two", "skip-otbound-ports", "skip-outbound-ports"],
    ["the word itself before all others", "proxy-gid", "proxy-gid"],
  ];
  for (const [claim, text, expected] of found) {
    it(`sees through ${claim}`, () => {
      expect(closest(text, names)).to.equal(expected);
    });
  }

  for (const text of [
    "no-such-setting",
    "proxy-uid-authentication",
    "proxy-memory-foo",
    "proxy-foo",
    "proxy",
    "port",
    "proxy-admin",
    "x",
    "",
    "-",
    "enabled",
    "é",
  ]) {
    it(`knows nothing like ${JSON.stringify(text)}`, () => {
      expect(closest(text, names)).to.equal(undefined);
    });
  }

  const keys = [
    "linkerd.io/inject",
    "config.linkerd.io/proxy-uid",
    "config.alpha.linkerd.io/proxy-wait-before-exit-seconds",
  ];
  const prefixed: readonly [text: string, expected: string | undefined][] = [
    ["config.linkerd.io/inject", "linkerd.io/inject"],
    ["linkerd.io/proxy-uid", "config.linkerd.io/proxy-uid"],
    ["conifg.linkerd.io/proxy-uid", "config.linkerd.io/proxy-uid"],
    ["config.linkerd.io/proxy-wait-before-exit-seconds", keys[2]],
    ["example.com/proxy-uid", undefined],
    ["config.linkerd.io/no-such-setting", undefined],
  ];
  for (const [text, expected] of prefixed) {
    it(`compares the names of keys, not their common prefix: ${text}`, () => {
      expect(closest(text, keys)).to.equal(expected);
    });
  }

  const words: readonly [text: string, expected: string | undefined][] = [
    ["enable", "enabled"],
    ["Enabled", "enabled"],
    ["disbled", "disabled"],
    ["ingres", "ingress"],
    ["true", undefined],
    ["on", undefined],
  ];
  for (const [text, expected] of words) {
    it(`corrects values too: ${text}`, () => {
      expect(closest(text, ["enabled", "disabled", "ingress"])).to.equal(expected);
    });
  }

  it("prefers the same prefix and the same letter case", () => {
    const alpha = "config.alpha.linkerd.io/proxy-native";
    const stable = "config.linkerd.io/proxy-native";
    expect(closest("config.linkerd.io/proxy-natve", [alpha, stable])).to.equal(stable);
    expect(closest("deny", ["Deny", "deny"])).to.equal("deny");
  });
  it("counts swapped letters once", () => {
    expect(closest("dney", ["deny", "audit"])).to.equal("deny");
  });
  it("takes the first of equals", () => {
    expect([closest("ax", ["ab", "ac"]), closest("abx", ["abc", "abd"]), closest("abx", ["abd", "abc"])]).to.deep.equal(
      [undefined, "abc", "abd"],
    );
  });
  it("knows nothing without candidates", () => {
    expect(closest("proxy-uid", [])).to.equal(undefined);
  });
  it("gives up on a huge text at once", () => {
    // Letter by letter it would take minutes.
    expect(closest("proxy-".repeat(2_000_000), names)).to.equal(undefined);
  });
});
