import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../src/cli/program.ts";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { containerIn, objectOr } from "../../support/injection.ts";
import { recordingIo } from "../../support/recording-io.ts";

const anchors = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
let folder = "";
function inFolder(): void {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "weft-rules-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
}

async function weft(command: string, stdin: string, ...args: readonly string[]) {
  const io = recordingIo({ stdin });
  const exit = await run([command, ...args], io);
  return { exit, ...io.written };
}
const rules = (stdin: string, ...args: readonly string[]) => weft("rules", stdin, ...args);

/** A file with the chart's values and these of `proxyInit`. */
function settings(proxyInit: JsonObject, more: JsonObject = {}): string {
  const file = join(folder, "settings.json");
  const own = { ...objectOr(defaultValues["proxyInit"]), ...proxyInit };
  writeFileSync(file, JSON.stringify({ ...defaultValues, identityTrustAnchorsPEM: anchors, ...more, proxyInit: own }));
  return file;
}
const nft = { mode: "nft", image: { name: "init:1" } };
const iptables = { mode: "iptables", image: { name: "init:1" }, runAsRoot: true };
const dual = { disableIPv6: false };

const pod = `kind: Pod
apiVersion: v1
metadata:
  name: web
  annotations: {linkerd.io/inject: enabled, config.linkerd.io/skip-outbound-ports: "25"}
spec: {containers: [{name: app, image: "app:1"}]}
`;
const deployment = `kind: Deployment
apiVersion: apps/v1
metadata: {name: shop}
spec: {template: {metadata: {annotations: {linkerd.io/inject: enabled}}, spec: {containers: [{name: app, image: "app:1"}]}}}
`;

const iptablesText = `*nat
:PROXY_INIT_OUTPUT - [0:0]
:PROXY_INIT_REDIRECT - [0:0]
-A PREROUTING -m comment --comment "proxy-init/install-proxy-init-prerouting" -j PROXY_INIT_REDIRECT
-A OUTPUT -m comment --comment "proxy-init/install-proxy-init-output" -j PROXY_INIT_OUTPUT
-A PROXY_INIT_OUTPUT -m owner --uid-owner 2102 -m comment --comment "proxy-init/ignore-proxy-user-id" -j RETURN
-A PROXY_INIT_OUTPUT -o lo -m comment --comment "proxy-init/ignore-loopback" -j RETURN
-A PROXY_INIT_OUTPUT -p tcp -m multiport --dports 25 -m comment --comment "proxy-init/ignore-port-25" -j RETURN
-A PROXY_INIT_OUTPUT -p tcp -m comment --comment "proxy-init/redirect-all-outgoing-to-proxy-port" -j REDIRECT --to-ports 4140
-A PROXY_INIT_REDIRECT -p tcp -m multiport --dports 4190,4191,4567,4568 -m comment --comment "proxy-init/ignore-port-4190,4191,4567,4568" -j RETURN
-A PROXY_INIT_REDIRECT -p tcp -m comment --comment "proxy-init/redirect-all-incoming-to-proxy-port" -j REDIRECT --to-ports 4143
COMMIT
`;

describe("weft rules", () => {
  inFolder();
  const printed: readonly [
    claim: string,
    init: JsonObject,
    more: JsonObject,
    args: readonly string[],
    stdout: string,
  ][] = [
    ["iptables, where Linkerd's program runs", {}, {}, [], `# pod/web: iptables\n${iptablesText}`],
    [
      "both families, where IPv6 is redirected",
      iptables,
      dual,
      [],
      `# pod/web: iptables\n${iptablesText}\n# pod/web: ip6tables\n${iptablesText}`,
    ],
    ["one family, when asked for", {}, dual, ["--format", "iptables"], `# pod/web: iptables\n${iptablesText}`],
    ["the other family", {}, dual, ["--format", "ip6tables"], `# pod/web: ip6tables\n${iptablesText}`],
    [
      "no rules for a family that is off",
      {},
      {},
      ["--format", "ip6tables"],
      "# pod/web: no ip6tables, IPv6 is not redirected (disableIPv6)\n",
    ],
    [
      "arguments of Linkerd's program",
      {},
      {},
      ["--format", "args"],
      "--firewall-bin-path iptables-nft --firewall-save-bin-path iptables-nft-save --ipv6=false --incoming-proxy-port 4143 --outgoing-proxy-port 4140 --proxy-uid 2102 --inbound-ports-to-ignore 4190,4191,4567,4568 --outbound-ports-to-ignore 25\n",
    ],
  ];
  for (const [claim, init, more, args, stdout] of printed) {
    it(`prints ${claim}`, async () => {
      const result = await rules(pod, "--settings", settings(init, more), ...args);
      expect(result).to.deep.equal({ exit: 0, stdout, stderr: "" });
    });
  }

  it("prints the nft script in mode nft, and of several objects each", async () => {
    const { exit, stdout, stderr } = await rules(`${pod}---\n${deployment}`, "--settings", settings(nft));
    expect({ exit, stderr }).to.deep.equal({ exit: 0, stderr: "" });
    expect(stdout.match(/^# .*$/gm)).to.deep.equal(["# pod/web: nft", "# deployment/shop: nft"]);
    expect(stdout).to.include("tcp dport 25 return").and.include("tcp dport 4567-4568 return");
  });

  it("goes by the annotations of the namespace", async () => {
    const args = ["--namespace-annotations", "config.linkerd.io/skip-inbound-ports=7", "--format", "args"];
    expect((await rules(pod, ...args)).stdout).to.include("--inbound-ports-to-ignore 4190,4191,7 ");
  });

  it("takes a pod of a cluster, which has its proxy already", async () => {
    const file = settings(nft);
    const injected = (await weft("inject", pod, "--manual", "--settings", file, "-")).stdout;
    const { stdout, stderr } = await rules(injected, "--settings", file);
    expect(stdout).to.equal((await rules(pod, "--settings", file)).stdout);
    expect(stderr).to.equal("weft: pod/web has a proxy already; these are the rules that it would get now\n");
  });

  const failing: readonly [claim: string, stdin: string, args: readonly string[], exit: number, stderr: RegExp][] = [
    ["a pod that gets no proxy", pod.replace("enabled", "disabled"), [], 1, /^weft: pod\/web gets no proxy: /],
    ["settings that cannot inject", pod, ["SETTINGS"], 1, /^weft: pod\/web: proxyInit.image.name: is missing/],
    ["a format that is none", pod, ["--format", "yaml"], 2, /--format: unsupported format "yaml"/],
    ["--netns alone", pod, ["--netns", "/x"], 2, /--netns is for --check and --apply/],
    ["--check with --apply", pod, ["--check", "--apply"], 2, /give one of both/],
    ["--check of arguments", pod, ["--check", "--format", "args"], 2, /cannot be checked/],
    [
      "--check of two pods",
      `${pod}---\n${deployment}`,
      ["--check"],
      2,
      /one pod, but here are 2: pod\/web, deployment\/shop/,
    ],
    ["--check of a family that is off", pod, ["--check", "--format", "ip6tables"], 2, /IPv6 is not redirected/],
  ];
  for (const [claim, stdin, args, exit, stderr] of failing) {
    it(`fails for ${claim}`, async () => {
      const broken = ["--settings", settings({ mode: "nft" })];
      const result = await rules(stdin, ...(args[0] === "SETTINGS" ? broken : args));
      expect(result).to.deep.include({ exit, stdout: "" });
      expect(result.stderr).to.match(stderr);
    });
  }

  it("says what Linkerd's program does not understand", async () => {
    const annotated = pod.replace(
      "annotations: {",
      'annotations: {config.linkerd.io/skip-outbound-subnets: "10.0.0.0/8", ',
    );
    const { stdout, stderr } = await rules(annotated, "--settings", settings(nft), "--format", "args");
    expect(stdout).to.match(/--outbound-subnets-to-ignore 10\.0\.0\.0\/8\n$/);
    expect(stderr).to.equal(
      "weft: --outbound-subnets-to-ignore is weft's own: Linkerd's program refuses to start with it\n",
    );
  });
});

describe("weft rules in a network namespace", () => {
  inFolder();
  const name = `weft-rules-${process.pid}`;
  const netns = `/run/netns/${name}`;
  const here = (...words: readonly string[]) => {
    const { status, stdout, stderr, error } = spawnSync("ip", ["netns", "exec", name, ...words], { encoding: "utf8" });
    if (status !== 0) throw new Error(`${words.join(" ")}: ${stderr}${error?.message ?? ""}`);
    return stdout;
  };
  const programs = ["nft", "iptables-nft-restore", "iptables-legacy-restore", "nsenter"];
  before(function () {
    const missing = programs.filter((program) => spawnSync(program, ["--version"]).error !== undefined);
    const made = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
    if (made.status === 0 && missing.length === 0) return;
    const why = missing.length > 0 ? `without ${missing.join(", ")}` : "without root and ip netns";
    console.log(`  weft rules --check and --apply are not tested ${why}`);
    this.skip();
  });
  beforeEach(() => {
    spawnSync("ip", ["netns", "del", name]);
    spawnSync("ip", ["netns", "add", name]);
  });
  after(() => {
    spawnSync("ip", ["netns", "del", name]);
  });

  const skips = pod.replace(
    "annotations: {",
    'annotations: {config.linkerd.io/skip-subnets: "10.1.0.0/16,fd01::/16", config.linkerd.io/close-wait-timeout: 30s, config.linkerd.io/proxy-gid: "2103", ',
  );
  const firewalls: readonly [claim: string, init: JsonObject, firewall: string][] = [
    ["nft", nft, "nft"],
    ["iptables-nft", iptables, "iptables-nft"],
    ["iptables-legacy", { ...iptables, iptablesMode: "legacy" }, "iptables-legacy"],
  ];
  for (const [claim, init, firewall] of firewalls) {
    describe(claim, () => {
      const live = (what: "--check" | "--apply", ...args: readonly string[]) =>
        rules(skips, "--settings", settings(init, dual), what, "--netns", netns, ...args);
      const fine = { exit: 0, stdout: `the rules are those of pod/web (${firewall})\n`, stderr: "" };

      it("what the container of the pod runs, once and again, is what the check wants", async () => {
        const { stdout } = await weft(
          "inject",
          skips,
          "--manual",
          "-o",
          "json",
          "--settings",
          settings(init, dual),
          "-",
        );
        const container = containerIn(JSON.parse(stdout) as JsonObject, "linkerd-init") ?? {};
        const words = [...(container["command"] as string[]), ...(container["args"] as string[])];
        for (const run of ["first", "second"]) {
          expect(here(...words), run).to.equal("");
          expect(await live("--check")).to.deep.equal(fine);
        }
      });

      it("applies, over other rules too, and checks", async () => {
        const args = ["--settings", settings(init, { ...dual, proxy: objectOr(defaultValues["proxy"]) })];
        expect((await rules(deployment, ...args, "--apply", "--netns", netns)).exit).to.equal(0);
        expect((await live("--check")).exit).to.equal(1);
        const applied = { ...fine, stdout: `the rules are applied and are those of pod/web (${firewall})\n` };
        expect(await live("--apply")).to.deep.equal(applied);
        expect(await live("--apply")).to.deep.equal(applied);
        expect(await live("--check")).to.deep.equal(fine);
      });

      it("tells an empty namespace", async () => {
        const { exit, stdout, stderr } = await live("--check");
        expect(exit).to.equal(1);
        expect(stdout).to.match(/: missing: .*ignore-proxy-user-id/);
        expect(stderr).to.match(new RegExp(`^weft: \\d+ differences from pod/web \\(${firewall}\\)\\n$`));
      });

      it("names a rule that is foreign, and one that is missing", async () => {
        await live("--apply");
        const [chain, table] = ["PROXY_INIT_OUTPUT", "inet linkerd_redirect"];
        if (firewall === "nft") here("nft", `add rule ${table} outbound tcp dport 99 return`);
        else here(firewall, "-t", "nat", "-A", chain, "-p", "tcp", "--dport", "99", "-j", "RETURN");
        if (firewall === "nft") here("nft", `flush chain ${table} inbound`);
        else here(firewall.replace("ip", "ip6"), "-t", "nat", "-D", "PREROUTING", "1");
        const { exit, stdout } = await live("--check");
        expect(exit).to.equal(1);
        expect(stdout)
          .to.match(/: foreign: .*99/)
          .and.match(/: missing: /);
      });
    });
  }

  it("the container of mode nft needs no root where nft has the file capability", async function () {
    chmodSync(folder, 0o755);
    const program = join(folder, "nft");
    copyFileSync(spawnSync("sh", ["-c", "command -v nft"], { encoding: "utf8" }).stdout.trim(), program);
    const capable = spawnSync("setcap", ["cap_net_admin+ep", program]).status === 0;
    if (!capable || spawnSync("capsh", ["--print"]).status !== 0) {
      console.log("  mode nft without root is not tested without setcap and capsh");
      this.skip();
    }
    const file = settings(nft, dual);
    const { stdout } = await weft("inject", skips, "--manual", "-o", "json", "--settings", file, "-");
    const container = containerIn(JSON.parse(stdout) as JsonObject, "linkerd-init") ?? {};
    // As a container runtime starts it: one capability, another user, no new privileges.
    const bounding = /^Bounding set =(.*)$/m.exec(spawnSync("capsh", ["--print"], { encoding: "utf8" }).stdout)?.[1];
    const dropped = (bounding ?? "").split(",").filter((each) => each !== "cap_net_admin");
    const start = ["--keep=1", "--groups=", "--gid=65534", "--uid=65534", "--caps=cap_net_admin=p", "--no-new-privs"];
    const args = container["args"] as string[];
    for (const run of ["first", "second"]) {
      expect(here("capsh", `--drop=${dropped.join(",")}`, ...start, `--shell=${program}`, "--", ...args), run).to.equal(
        "",
      );
    }
    expect((await rules(skips, "--settings", file, "--check", "--netns", netns)).exit).to.equal(0);
  });

  it("tells a close-wait time of the kernel that is another", async () => {
    const file = settings(iptables, dual);
    await rules(skips, "--settings", file, "--apply", "--netns", netns);
    here("sh", "-c", "echo 31 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait");
    const { exit, stdout } = await rules(skips, "--settings", file, "--check", "--netns", netns);
    expect({ exit, stdout }).to.deep.equal({
      exit: 1,
      stdout: "sysctl net.netfilter.nf_conntrack_tcp_timeout_close_wait: is 31, should be 30\n",
    });
  });

  it("warns of rules of another firewall, which act as well", async () => {
    for (const [, init] of firewalls) await rules(pod, "--settings", settings(init), "--apply", "--netns", netns);
    const { exit, stderr } = await rules(pod, "--settings", settings(iptables), "--check", "--netns", netns);
    expect({ exit, stderr }).to.deep.equal({
      exit: 0,
      stderr:
        "weft: iptables-legacy has redirecting rules, too: both act\nweft: nft has redirecting rules, too: both act\n",
    });
  });

  it("asks legacy iptables nothing where there is none, which would make its table", async () => {
    await rules(pod, "--settings", settings(nft), "--check", "--netns", netns);
    expect(here("cat", "/proc/net/ip_tables_names")).to.equal("");
  });

  it("says why it cannot: no such namespace, no permission", async () => {
    const args = ["--settings", settings(nft), "--check"];
    expect((await rules(pod, ...args, "--netns", `${netns}-none`)).stderr).to.match(
      /^weft: nft: nsenter: .*No such file/,
    );
    const program = new URL("../../../src/main.ts", import.meta.url).pathname;
    const words = ["--bounding-set", "-net_admin", process.execPath, program, "rules", ...args, "-"];
    const { status, stderr } = spawnSync("setpriv", words, { input: pod, encoding: "utf8" });
    expect(status).to.equal(1);
    expect(stderr).to.match(/it needs root, or CAP_NET_ADMIN in the network namespace/);
  });
});
