import { expect } from "chai";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import { readSettings } from "../../../src/core/inject/settings/settings.ts";
import type { Settings } from "../../../src/core/inject/settings/settings.ts";
import { flags, readFlags } from "../../../src/core/manifests/flags.ts";

const read = readSettings(defaultValues);
if ("issues" in read) throw new Error("the defaults are settings");
const { value: base } = read;

const given = (...words: readonly (readonly [string, ...string[]])[]): ReadonlyMap<string, readonly string[]> =>
  new Map(words.map(([name, ...texts]) => [name, texts]));

describe("readFlags", () => {
  const rows: readonly [
    claim: string,
    given: ReadonlyMap<string, readonly string[]>,
    annotations: Readonly<Record<string, string>>,
    settings: Partial<Settings>,
  ][] = [
    ["nothing changes nothing", given(), {}, {}],
    [
      "a value that the installation has anyway says nothing (S-42)",
      given(["admin-port", "4191"], ["proxy-uid", "2102"]),
      {},
      {},
    ],
    [
      "the last of several wins",
      given(["admin-port", "1", "2"]),
      { "config.linkerd.io/admin-port": "2" },
      { "proxy.ports.admin": 2 },
    ],
    [
      "lists take commas and repetition",
      given(["skip-inbound-ports", "25,80-89", "443"]),
      { "config.linkerd.io/skip-inbound-ports": "25,80-89,443" },
      { "proxyInit.ignoreInboundPorts": "25,80-89,443" },
    ],
    [
      "an empty list removes the default",
      given(["skip-outbound-ports", ""]),
      { "config.linkerd.io/skip-outbound-ports": "" },
      { "proxyInit.ignoreOutboundPorts": "" },
    ],
    [
      "names are opaque ports too",
      given(["opaque-ports", "mysql,25"]),
      { "config.linkerd.io/opaque-ports": "mysql,25" },
      { "proxy.opaquePorts": "mysql,25" },
    ],
    [
      "CPU sets the worker threads, rounded up",
      given(["proxy-cpu-request", "1500m"], ["proxy-cpu-limit", "2500m"]),
      { "config.linkerd.io/proxy-cpu-request": "1500m", "config.linkerd.io/proxy-cpu-limit": "2500m" },
      { "proxy.runtime.workers.minimum": 2, "proxy.runtime.workers.maximum": 3 },
    ],
    [
      "the deprecated names leave the worker threads alone",
      given(["proxy-cpu", "1500m"], ["proxy-memory", "64Mi"]),
      { "config.linkerd.io/proxy-cpu-request": "1500m", "config.linkerd.io/proxy-memory-request": "64Mi" },
      { "proxy.runtime.workers.minimum": 1 },
    ],
    [
      "a registry moves the images, also one given by flag",
      given(["registry", "mirror.example.test:5000/l5d/"], ["proxy-image", "example.test/a/my-proxy"]),
      {
        "config.linkerd.io/proxy-image": "mirror.example.test:5000/l5d/my-proxy",
        "config.linkerd.io/debug-image": "mirror.example.test:5000/l5d/debug",
      },
      { "debugContainer.image.name": "mirror.example.test:5000/l5d/debug" },
    ],
    [
      "a pull policy is one for all images, and one annotation",
      given(["image-pull-policy", "Always"]),
      { "config.linkerd.io/image-pull-policy": "Always" },
      { imagePullPolicy: "Always", "proxy.image.pullPolicy": "Always", "debugContainer.image.pullPolicy": "Always" },
    ],
    ["group 0 is a group", given(["proxy-gid", "0"]), { "config.linkerd.io/proxy-gid": "0" }, { "proxy.gid": 0 }],
    [
      "ingress is a word of the inject annotation",
      given(["ingress", "true"]),
      { "linkerd.io/inject": "ingress" },
      { "proxy.isIngress": true },
    ],
    ["no ingress says nothing", given(["ingress", "false"]), {}, {}],
    [
      "booleans are written out",
      given(["native-sidecar", "false"]),
      { "config.linkerd.io/proxy-enable-native-sidecar": "false" },
      { "proxy.nativeSidecar": false },
    ],
    [
      "seconds before the end keep their alpha key",
      given(["wait-before-exit-seconds", "60"]),
      { "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": "60" },
      {},
    ],
  ];
  for (const [claim, words, annotations, settings] of rows) {
    it(claim, () => {
      const effects = readFlags(words, base);
      if ("issues" in effects) throw new Error(JSON.stringify(effects.issues));
      expect(effects.annotations).to.deep.equal(annotations);
      expect(effects.settings).to.include(settings);
      expect(effects.onPods).to.deep.equal({});
    });
  }

  it("keeps what belongs to pods alone apart", () => {
    const effects = readFlags(given(["enable-debug-sidecar", "true"], ["close-wait-timeout", "90s"]), base);
    expect("onPods" in effects && effects.onPods).to.deep.equal({
      "config.linkerd.io/enable-debug-sidecar": "true",
      "config.linkerd.io/close-wait-timeout": "1m30s",
    });
    const off = readFlags(given(["enable-debug-sidecar", "false"], ["close-wait-timeout", "0"]), base);
    expect("onPods" in off && off.onPods).to.deep.equal({});
  });

  const bad: readonly [flag: string, text: string][] = [
    ["default-inbound-policy", "bogus"],
    ["inbound-port", "70000"],
    ["outbound-port", "0"],
    ["skip-inbound-ports", "foo"],
    ["skip-outbound-ports", "90-80"],
    ["opaque-ports", "a_b"],
    ["require-identity-on-inbound-ports", "mysql"],
    ["proxy-uid", "root"],
    ["proxy-uid", "-5"],
    ["proxy-gid", "-2"],
    ["proxy-cpu-request", "1 core"],
    ["proxy-cpu-limit", "-1"],
    ["proxy-memory-request", "64MB"],
    ["proxy-memory-limit", ""],
    ["wait-before-exit-seconds", "-1"],
    ["image-pull-policy", "always"],
    ["proxy-image", "example.test/proxy:tag"],
    ["proxy-version", "a b"],
    ["registry", "https://example.test"],
    ["native-sidecar", "yes"],
    ["close-wait-timeout", "-5s"],
    ["close-wait-timeout", "5"],
    ["proxy-log-level", "a\nb"],
  ];
  for (const [flag, text] of bad) {
    it(`refuses --${flag} ${JSON.stringify(text)} (S-43)`, () => {
      const result = readFlags(given([flag, text]), base);
      const row = flags.find(({ name }) => name === flag);
      expect(result).to.deep.equal({
        issues: [{ at: `--${flag}`, message: `${JSON.stringify(text)} cannot be used, expected ${row?.expects}` }],
      });
    });
  }

  const together: readonly [claim: string, flags: readonly [string, string][], issue: string][] = [
    [
      "a limit below the request",
      [
        ["proxy-cpu-request", "500m"],
        ["proxy-cpu-limit", "100m"],
      ],
      '--proxy-cpu-limit: "100m" cannot be used, expected a limit that is not below the request of "500m"',
    ],
    [
      "a request over the installation's limit",
      [["proxy-memory-request", "1Gi"]],
      '--proxy-memory-request: "1Gi" cannot be used, expected a request that is not over the limit of "250Mi"',
    ],
    [
      "the same by a flag of old",
      [["proxy-memory", "1Gi"]],
      '--proxy-memory: "1Gi" cannot be used, expected a request that is not over the limit of "250Mi"',
    ],
  ];
  for (const [claim, texts, issue] of together) {
    it(`refuses ${claim} (S-43, S-59)`, () => {
      const result = readFlags(given(...texts), { ...base, "proxy.resources.memory.limit": "250Mi" });
      expect("issues" in result && result.issues.map(({ at, message }) => `${at}: ${message}`)).to.deep.equal([issue]);
    });
  }

  it("names every bad value at once", () => {
    const result = readFlags(given(["admin-port", "x"], ["proxy-uid", "y"]), base);
    expect("issues" in result && result.issues.map(({ at }) => at)).to.deep.equal(["--admin-port", "--proxy-uid"]);
  });
});
