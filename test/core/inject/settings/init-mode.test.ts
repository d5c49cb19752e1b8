import { expect } from "chai";
import fc from "fast-check";
import { readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { explain } from "../../../../src/core/inject/explain.ts";
import { restoreScript } from "../../../../src/core/inject/parts/init-firewall.ts";
import { inject } from "../../../../src/core/inject/inject.ts";
import { readInstallation } from "../../../../src/core/inject/settings/installation.ts";
import { uninject } from "../../../../src/core/inject/uninject.ts";
import type { Annotations, Json, JsonObject } from "../../../../src/core/base/json/json.ts";
import { mostNetworks, mostPorts } from "../../../../src/core/mesh/lists.ts";
import { issueText } from "../../../../src/core/base/text/issue.ts";
import { parseArguments } from "../../../../src/core/redirect/arguments.ts";
import { restoreTexts } from "../../../../src/core/redirect/iptables.ts";
import { nftScript } from "../../../../src/core/redirect/nftables.ts";
import { runs } from "../../../support/properties.ts";
import { text } from "../../../support/arbitrary-pod.ts";
import {
  asking,
  containerIn,
  injectedInto,
  installation,
  memberAt,
  namesIn,
  plain,
  requestFor,
  sha256,
  values,
  warningsFor,
} from "../../../support/injection.ts";

type Changes = Readonly<Record<string, Json | undefined>>;

const image = { "proxyInit.image.name": "weft-init", "proxyInit.image.version": "1" };
const nft: Changes = { ...image, "proxyInit.mode": "nft" };
const iptables: Changes = { ...image, "proxyInit.mode": "iptables", "proxyInit.runAsRoot": true };
const legacy: Changes = { ...iptables, "proxyInit.iptablesMode": "legacy" };
const dual: Changes = { disableIPv6: false };
const modes: readonly (readonly [name: string, changes: Changes])[] = [
  ["nft", nft],
  ["iptables", iptables],
  ["legacy", legacy],
];

const config = (annotations: Annotations): Annotations =>
  Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`config.linkerd.io/${key}`, value]));

const initOf = (changes: Changes, annotations: Annotations = {}, spec: JsonObject = {}): JsonObject =>
  containerIn(
    injectedInto(asking({ annotations: config(annotations), spec }), { installation: installation(changes) }),
    "linkerd-init",
  ) ?? {};

const warned = (changes: Changes, annotations: Annotations): readonly string[] =>
  warningsFor(asking({ annotations: config(annotations) }), { installation: installation(changes) }).map((line) =>
    line.replace("pod/web: config.linkerd.io/", ""),
  );

describe("the init container of the modes nft and iptables", () => {
  const skips = { "skip-subnets": "10.1.0.0/16,fd01::/16", "skip-outbound-subnets": "10.2.0.0/16, fd02::/16" };
  const rows: readonly [file: string, changes: Changes, annotations: Annotations][] = [
    ["nft", nft, {}],
    ["nft-dual", { ...nft, ...dual }, { ...skips, "close-wait-timeout": "30s", "proxy-gid": "2103" }],
    ["iptables", iptables, {}],
    ["iptables-dual", { ...iptables, ...dual }, skips],
    ["iptables-legacy", legacy, { ...skips, "close-wait-timeout": "30s" }],
  ];
  for (const [name, changes, annotations] of rows) {
    it(`golden: init-mode.${name}.yaml`, () => {
      const file = new URL(`../../../golden/init-mode.${name}.yaml`, import.meta.url);
      const written = stringify(initOf(changes, annotations), { lineWidth: 0 });
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, written);
      expect(written).to.equal(readFileSync(file, "utf8"));
    });
  }

  for (const [name, changes] of modes) {
    describe(`mode ${name}`, () => {
      it("has the token mount of the application, and no volume of its own", () => {
        const mount = { name: "token", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true };
        const containers = [{ name: "app", image: "app:1", volumeMounts: [mount] }];
        const object = injectedInto(asking({ containers }), { installation: installation(changes) });
        expect(containerIn(object, "linkerd-init")?.["volumeMounts"]).to.deep.equal([mount]);
        expect(namesIn(object, "volumes")).to.deep.equal(["linkerd-identity-end-entity", "linkerd-identity-token"]);
      });

      it("is not changed by a second call, and uninject takes it out", () => {
        const pod = asking();
        const request = requestFor(pod, { installation: installation(changes) });
        const first = injectedInto(pod, request);
        const second = inject({ ...request, object: first });
        expect([second.kind, "patch" in second && second.patch]).to.deep.equal(["updated", []]);
        expect(uninject(first).object["spec"]).to.deep.equal(pod["spec"]);
      });

      it("is named by explain", () => {
        const { redirectedBy } = explain(requestFor(asking(), { installation: installation(changes) }));
        expect(redirectedBy).to.equal(changes["proxyInit.mode"]);
      });

      it("stands where Linkerd's stands", () => {
        const object = injectedInto(asking(), { installation: installation(changes) });
        expect(namesIn(object, "initContainers")).to.deep.equal(["linkerd-init", "linkerd-proxy"]);
      });
    });
  }

  it("blank and linkerd are Linkerd's own, whatever the other settings of the modes are", () => {
    const defaultValue = injectedInto(asking());
    const others = { ...image, "proxyInit.resources.cpu.limit": "1", "proxyInit.skipOutboundSubnets": "10.0.0.0/8" };
    for (const mode of [undefined, "", "linkerd"]) {
      const changes = { ...others, "proxyInit.mode": mode };
      expect(injectedInto(asking(), { installation: installation(changes) })).to.deep.equal(defaultValue);
    }
  });
});

describe("security context of the modes", () => {
  const safe = { readOnlyRootFilesystem: true, seccompProfile: { type: "RuntimeDefault" } };
  const nobody = { runAsGroup: 65534, runAsNonRoot: true, runAsUser: 65534 };
  const root = { runAsGroup: 0, runAsNonRoot: false, runAsUser: 0 };
  const closeWait = { "proxyInit.closeWaitTimeoutSecs": 5 };
  const rows: readonly [claim: string, changes: Changes, added: readonly string[], escalates: boolean, user: object][] =
    [
      ["nft has NET_ADMIN alone", nft, ["NET_ADMIN"], false, nobody],
      [
        "nft as another user",
        { ...nft, "proxyInit.runAsUser": 7, "proxyInit.runAsGroup": 8 },
        ["NET_ADMIN"],
        false,
        { ...nobody, runAsUser: 7, runAsGroup: 8 },
      ],
      ["nft as root", { ...nft, "proxyInit.runAsRoot": true }, ["NET_ADMIN"], false, root],
      ["nft needs nothing for the close-wait time", { ...nft, ...closeWait }, ["NET_ADMIN"], false, nobody],
      [
        "nft is privileged only where the settings say so",
        { ...nft, "proxyInit.privileged": true },
        ["NET_ADMIN"],
        true,
        nobody,
      ],
      ["iptables is root", iptables, ["NET_ADMIN"], false, root],
      ["legacy needs NET_RAW", legacy, ["NET_ADMIN", "NET_RAW"], false, root],
      ["a sysctl needs a privileged container", { ...iptables, ...closeWait }, ["NET_ADMIN"], true, root],
      [
        "capabilities of the settings and of the proxy are not added",
        { ...nft, "proxyInit.capabilities": { add: ["SYS_ADMIN"] }, "proxy.capabilities": { add: ["SYS_TIME"] } },
        ["NET_ADMIN"],
        false,
        nobody,
      ],
    ];
  for (const [claim, changes, add, escalates, user] of rows) {
    it(claim, () => {
      expect(initOf(changes)["securityContext"]).to.deep.equal({
        allowPrivilegeEscalation: escalates,
        capabilities: { add, drop: ["ALL"] },
        privileged: escalates,
        ...user,
        ...safe,
      });
    });
  }
});

describe("image and resources of the modes", () => {
  const small = { cpu: "100m", memory: "20Mi" };
  const rows: readonly [claim: string, changes: Changes, expected: JsonObject][] = [
    ["name and tag", {}, { image: "weft-init:1", imagePullPolicy: "IfNotPresent" }],
    [
      "a name with a digest",
      { "proxyInit.image.name": "weft-init@sha256:00", "proxyInit.image.version": "" },
      { image: "weft-init@sha256:00" },
    ],
    ["a pull policy of its own", { "proxyInit.image.pullPolicy": "Never" }, { imagePullPolicy: "Never" }],
    [
      "small resources, limits like requests",
      { "proxy.resources.cpu.limit": "4" },
      { resources: { limits: small, requests: small } },
    ],
    [
      "resources of the settings, in the chart's shape",
      { "proxyInit.resources": { cpu: { limit: "1", request: "" }, memory: { request: "5Mi" } } },
      { resources: { limits: { cpu: "1" }, requests: { memory: "5Mi" } } },
    ],
  ];
  for (const [claim, changes, expected] of rows) {
    it(claim, () => {
      expect(initOf({ ...nft, ...changes })).to.deep.include(expected);
    });
  }
});

describe("settings of the modes when they are loaded", () => {
  const told = (changes: Changes): { errors: readonly string[]; warnings: readonly string[] } => {
    const read = readInstallation({ values: values({ identityTrustAnchorsPEM: pem, ...changes }), sha256 });
    if ("issues" in read) throw new Error(JSON.stringify(read.issues));
    return { errors: read.value.installation.errors.map(issueText), warnings: read.value.warnings.map(issueText) };
  };
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  const noPort = "is neither a port (0 to 65535) nor a range such as 8000-8010";
  const rows: readonly [claim: string, changes: Changes, errors: readonly string[], warnings?: readonly string[]][] = [
    ["nothing to say of nft", nft, []],
    ["nothing to say of iptables", iptables, []],
    [
      "a word that is none",
      { "proxyInit.mode": "ebpf" },
      ['proxyInit.mode: "ebpf" is not one of linkerd, nft, iptables'],
    ],
    [
      "no image",
      { "proxyInit.mode": "nft" },
      ["proxyInit.image.name: is missing: proxyInit.mode nft needs an image such as that of images/init"],
    ],
    [
      "iptables without root, and no image",
      { "proxyInit.mode": "iptables" },
      [
        "proxyInit.mode: iptables needs proxyInit.runAsRoot: true",
        "proxyInit.image.name: is missing: proxyInit.mode iptables needs an image such as that of images/init",
      ],
    ],
    [
      "a backend that is none",
      { ...iptables, "proxyInit.iptablesMode": "plain" },
      ['proxyInit.iptablesMode: "plain" is not one of nft, legacy'],
    ],
    ["nft needs no backend", { ...nft, "proxyInit.iptablesMode": "" }, []],
    ["nft needs no root for the close-wait time", { ...nft, "proxyInit.closeWaitTimeoutSecs": 5 }, []],
    [
      "a close-wait time that is none",
      { ...nft, "proxyInit.closeWaitTimeoutSecs": -5 },
      ['proxyInit.closeWaitTimeoutSecs: "-5" is not a number of seconds (0 to 21474836)'],
    ],
    [
      "no port to redirect to",
      { ...nft, "proxy.ports.outbound": 0 },
      ['proxy.ports.outbound: "0" is not a port (1 to 65535)'],
    ],
    [
      "entries of lists that are none are left out",
      { ...nft, "proxyInit.ignoreInboundPorts": "25,web", "proxyInit.skipSubnets": "10/8" },
      [],
      [
        `proxyInit.ignoreInboundPorts: "web" ${noPort}: left out`,
        'proxyInit.skipSubnets: "10/8" is not a network such as 10.0.0.0/8 or fd00::/8: left out',
      ],
    ],
    [
      "also where only an annotation would choose the mode",
      { ...image, "proxyInit.ignoreOutboundPorts": "web" },
      [],
      [`proxyInit.ignoreOutboundPorts: "web" ${noPort}: left out`],
    ],
    [
      "ids that are none",
      { ...nft, "proxy.uid": -5 },
      [],
      [
        'proxy.uid: "-5" is not an id of a user or group (0 to 4294967294): left out',
        "proxy.uid: no user and no group above 0: the proxy's own traffic would come back to it (root has no rule)",
      ],
    ],
    [
      "outbound networks in mode linkerd",
      { "proxyInit.skipOutboundSubnets": "10.0.0.0/8" },
      [],
      ["proxyInit.skipOutboundSubnets: has no effect in mode linkerd; nft and iptables know how"],
    ],
    [
      "CNI needs nothing of a mode",
      { cniEnabled: true, "proxyInit.mode": "iptables" },
      [],
      ["proxyInit.mode: has no effect: with cniEnabled the CNI plugin makes the rules"],
    ],
  ];
  for (const [claim, changes, errors, warnings = []] of rows) {
    it(claim, () => {
      expect(told(changes)).to.deep.equal({ errors, warnings });
    });
  }

  it("a pod that asks is injected with what is left", () => {
    const changes = { ...nft, "proxyInit.ignoreInboundPorts": "25,web", "proxy.uid": -5 };
    expect(memberAt(initOf(changes), "args", 0))
      .to.include("tcp dport { 25, 4190-4191 } return")
      .and.not.include("skuid");
  });
});

describe("annotations of the modes", () => {
  const modeOf = (changes: Changes, annotations: Annotations): Json | undefined =>
    memberAt(initOf(changes, annotations), "command", 0);

  it("a pod, or its namespace, chooses", () => {
    expect(modeOf({ ...image }, { "init-mode": "nft" })).to.equal("nft");
    expect(modeOf(nft, { "init-mode": "linkerd" })).to.equal("/usr/lib/linkerd/linkerd2-proxy-init");
    const namespace = { name: "shop", annotations: config({ "init-mode": "nft" }) };
    const object = injectedInto(asking(), { installation: installation(image), namespace });
    expect(memberAt(containerIn(object, "linkerd-init"), "command", 0)).to.equal("nft");
    expect(memberAt(object, "metadata", "annotations", "config.linkerd.io/init-mode")).to.equal("nft");
  });

  it("the mode counts before all others, wherever it stands", () => {
    const both = { "close-wait-timeout": "5s", "init-mode": "nft" };
    expect(memberAt(initOf(image, both), "args", 0)).to.include("close_wait_5");
    expect(warned(image, both)).to.deep.equal([]);
  });

  const rows: readonly [claim: string, changes: Changes, annotations: Annotations, warnings: readonly string[]][] = [
    [
      "a word that is none",
      nft,
      { "init-mode": "NFT" },
      [`init-mode: "NFT" is not one of linkerd, nft, iptables; proxyInit.mode stays "nft"`],
    ],
    [
      "a mode without an image",
      {},
      { "init-mode": "nft" },
      [
        "init-mode is not used: proxyInit.image.name is missing: proxyInit.mode nft needs an image such as that of images/init in the settings",
      ],
    ],
    [
      "a mode without root",
      image,
      { "init-mode": "iptables" },
      ["init-mode is not used: proxyInit.mode iptables needs proxyInit.runAsRoot: true in the settings"],
    ],
    [
      "Linkerd's mode, where a close-wait time is set that it cannot do",
      { ...nft, "proxyInit.closeWaitTimeoutSecs": 5 },
      { "init-mode": "linkerd" },
      ["init-mode is not used: proxyInit.closeWaitTimeoutSecs needs proxyInit.runAsRoot: true in the settings"],
    ],
    [
      "a close-wait time that is too long",
      nft,
      { "close-wait-timeout": "10000h" },
      ['close-wait-timeout is not used: "36000000" is not a number of seconds (0 to 21474836)'],
    ],
    [
      "entries that are no network",
      nft,
      { "skip-outbound-subnets": "10.0.0.0/8, db" },
      ['skip-outbound-subnets: "db" is left out: not a network such as 10.0.0.0/8'],
    ],
    [
      "outbound networks in mode linkerd",
      {},
      { "skip-outbound-subnets": "10.0.0.0/8" },
      [
        "skip-outbound-subnets has no effect: Linkerd's init container cannot do it; config.linkerd.io/init-mode: nft can",
      ],
    ],
    [
      "both with CNI",
      { cniEnabled: true },
      { "skip-outbound-subnets": "10.0.0.0/8", "init-mode": "nft" },
      [
        "init-mode has no effect: with cniEnabled the CNI plugin makes the rules",
        "skip-outbound-subnets has no effect: with cniEnabled the CNI plugin makes the rules",
      ],
    ],
  ];
  for (const [claim, changes, annotations, warnings] of rows) {
    it(claim, () => {
      expect(warned(changes, annotations)).to.deep.equal(warnings);
    });
  }

  it("rules too long for an argument", () => {
    const networks = Array.from({ length: 5000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`).join(",");
    for (const [, changes] of modes) {
      expect(warned({ ...changes, "proxyInit.skipSubnets": networks }, {})[0]).to.match(
        /^pod\/web: the rules are \d{6} bytes, and Linux/,
      );
    }
  });

  it("lists of annotations are never too long together", () => {
    const ports = Array.from({ length: mostPorts }, (_, index) => `${10_000 + 4 * index}-${10_001 + 4 * index}`);
    const networks = Array.from(
      { length: mostNetworks },
      (_, index) => `fd00:1111:2222:3333:4444:5555:6666:${(0x1000 + index).toString(16)}/128`,
    );
    const annotations = {
      "skip-inbound-ports": ports.join(","),
      "skip-outbound-ports": ports.join(","),
      "skip-subnets": networks.join(","),
      "skip-outbound-subnets": networks.join(","),
    };
    for (const [, changes] of modes) {
      expect(warned({ ...changes, disableIPv6: false }, annotations)).to.deep.equal([]);
    }
  });
});

describe("rules in the pod", () => {
  const lists = fc
    .array(
      fc.oneof(
        text,
        fc.constantFrom(
          "80",
          " 443 ",
          "1-9",
          "$(id)",
          "`id`",
          "'; id; '",
          '"; id; "',
          "$(X)",
          "10.0.0.0/8",
          " fd00::/8",
          "::ffff:1.2.3.4/120",
          "0.0.0.0/0",
        ),
      ),
      { maxLength: 6 },
    )
    .map((entries) => entries.join(","));
  const annotations = fc
    .record(
      {
        "skip-inbound-ports": lists,
        "skip-outbound-ports": lists,
        "skip-subnets": lists,
        "skip-outbound-subnets": lists,
        "proxy-uid": fc.oneof(text, fc.constantFrom("7", "-7", "0", "99999999999")),
        "proxy-gid": fc.oneof(text, fc.constantFrom("7", "99999999999")),
        "close-wait-timeout": fc.oneof(text, fc.constantFrom("5s", "-5s", "90000h")),
        "init-mode": fc.oneof(text, fc.constantFrom("nft")),
      },
      { requiredKeys: [] },
    )
    .map((record) => record as Annotations);

  it("are made of numbers, networks and words of weft's own, whatever annotations say", () => {
    // Not one character that a shell, YAML or Kubernetes' $(VAR) would take for more than text.
    const iptablesLine =
      /^[-A-Za-z0-9_ :.,/]*(?:\[0:0\]|--comment "proxy-init\/[-A-Za-z0-9_:.,/]+" -j [-A-Z_a-z0-9 ]+)?$|^\*nat$/;
    const nftLine = /^ *[-a-z0-9_ :.,/{}="]*;?(?: policy accept;)?$/i;
    fc.assert(
      fc.property(annotations, fc.constantFrom(...modes), fc.boolean(), (own, [name, changes], disableIPv6) => {
        const init = initOf(
          { ...changes, disableIPv6 },
          { ...own, ...(name === "nft" ? {} : { "init-mode": "iptables" }) },
        );
        const args = init["args"] as readonly string[];
        if (name === "nft") {
          expect([init["command"], args.length]).to.deep.equal([["nft"], 1]);
          for (const line of args[0]?.split("\n") ?? []) expect(line).to.match(nftLine);
          return;
        }
        expect(init["command"]).to.deep.equal(["sh", "-c", restoreScript]);
        const [zero, backend, v4 = "", v6 = "", path, seconds] = args;
        expect([zero, backend]).to.deep.equal(["linkerd-init", name === "legacy" ? "legacy" : "nft"]);
        expect(path ?? "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait").to.equal(
          "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait",
        );
        expect(seconds ?? "0").to.match(/^\d+$/);
        for (const line of [...v4.split("\n"), ...v6.split("\n")]) expect(line).to.match(iptablesLine);
      }),
      runs(80),
    );
  });

  it("redirect what Linkerd's program would, of the same pod", () => {
    const withoutOwn = annotations.map(
      ({ "skip-outbound-subnets": _, "init-mode": __, ...others }) => others as Annotations,
    );
    fc.assert(
      fc.property(withoutOwn, fc.boolean(), (own, disableIPv6) => {
        const common = { ...image, disableIPv6, "proxyInit.runAsRoot": true };
        const linkerd = parseArguments(initOf(common, own)["args"] as readonly string[], "leave out");
        // Linkerd's program would not start; weft leaves such an id out.
        if ("issues" in linkerd) return fc.pre(false);
        const { v4, v6 = "" } = restoreTexts(linkerd.redirect);
        const restored = initOf({ ...common, "proxyInit.mode": "iptables" }, own);
        expect((restored["args"] as readonly string[]).slice(2, 4)).to.deep.equal([v4, v6]);
        const script = memberAt(initOf({ ...common, "proxyInit.mode": "nft" }, own), "args", 0);
        expect(script).to.equal(nftScript(linkerd.redirect));
      }),
      runs(50),
    );
  });

  it("hold no tab, for which kubectl would print them as one long line", () => {
    for (const [, changes] of modes) expect(JSON.stringify(plain(initOf(changes)))).to.not.include("\\t");
  });
});
