/** The ways in which rules come into a namespace, each as a pod would do it, and what then stands there. */
import { restoreScript } from "../../../src/core/inject/parts/init-firewall.ts";
import { checkIptables, checkNft } from "../../../src/core/redirect/check.ts";
import { differenceText } from "../../../src/core/redirect/differences.ts";
import { restoreTexts } from "../../../src/core/redirect/iptables.ts";
import type { ByFamily } from "../../../src/core/redirect/iptables.ts";
import { nftScript, tableName } from "../../../src/core/redirect/nftables.ts";
import { closeWaitSysctl, families } from "../../../src/core/redirect/redirect.ts";
import type { Family, Redirect } from "../../../src/core/redirect/redirect.ts";
import { hindrance, works } from "./lab.ts";
import type { Run } from "./lab.ts";

export interface Mode {
  readonly name: "nft" | "iptables-nft" | "iptables-legacy";
  /** Makes the rules those of the redirect; whatever ours stood there before is replaced at once. */
  readonly apply: (run: Run, redirect: Redirect) => Promise<void>;
  /** Whether the kernel would take them. Rejects when not. */
  readonly tryOut: (run: Run, redirect: Redirect) => Promise<void>;
  /** No rules of anybody. */
  readonly remove: (run: Run) => Promise<void>;
  /** All rules of ours as text. */
  readonly state: (run: Run) => Promise<string>;
  /** What differs from the redirect, as `weft rules --check` would say. */
  readonly check: (run: Run, redirect: Redirect) => Promise<readonly string[]>;
}

const nft: Mode = {
  name: "nft",
  // The script is the argument, as in a pod; with -f it would be the same.
  apply: async (run, redirect) => void (await run(["nft", nftScript(redirect)])),
  tryOut: async (run, redirect) => void (await run(["nft", "-c", "-f", "-"], nftScript(redirect))),
  remove: async (run) => void (await run(["nft", "flush", "ruleset"])),
  state: (run) => run(["nft", "list", "table", "inet", tableName]),
  check: async (run, redirect) => {
    const check = checkNft(redirect, await run(["nft", "-j", "list", "ruleset"]));
    return check === undefined ? ["nft -j printed something else"] : check.differences.map(differenceText);
  },
};

export type Backend = "nft" | "legacy";
export const bothFamilies: readonly Family[] = ["v4", "v6"];

/** The programs `iptables-nft-restore` and its like. */
export const program = (family: Family, backend: Backend, work: "" | "-save" | "-restore"): string =>
  `${family === "v4" ? "iptables" : "ip6tables"}-${backend}${work}`;

export const restore = (family: Family, backend: Backend, ...flags: readonly string[]): readonly string[] => [
  program(family, backend, "-restore"),
  "-w",
  "5",
  ...flags,
];

const save = (run: Run, family: Family, backend: Backend): Promise<string> =>
  run([program(family, backend, "-save"), "-t", "nat"]);

const iptables = (backend: Backend): Mode => ({
  name: `iptables-${backend}`,
  apply: async (run, redirect) => {
    const { v4 = "", v6 = "" } = restoreTexts(redirect);
    const sysctl = closeWaitSysctl(redirect);
    const setting = sysctl === undefined ? [] : [`/proc/${sysctl.path}`, sysctl.value];
    await run(["sh", "-c", restoreScript, "linkerd-init", backend, v4, v6, ...setting]);
  },
  tryOut: async (run, redirect) => void (await testedTexts(run, redirect, backend)),
  remove: async (run) => {
    for (const family of bothFamilies) await run(restore(family, backend), "*nat\nCOMMIT\n");
  },
  state: async (run) => {
    const texts = await Promise.all(bothFamilies.map((family) => save(run, family, backend)));
    return texts.join("").replaceAll(/^#.*\n|\[\d+:\d+\]/gm, "");
  },
  check: async (run, redirect) => {
    const found = await Promise.all(
      families(redirect).map(async (family) => checkIptables(redirect, family, await save(run, family, backend))),
    );
    return found.flatMap(({ differences }) => differences.map(differenceText));
  },
});

/** Outside of a pod: from what stands there, as `weft rules --apply` does. */
export async function restoreOver(run: Run, redirect: Redirect, backend: Backend): Promise<void> {
  const texts = await testedTexts(run, redirect, backend);
  for (const family of families(redirect)) await run(restore(family, backend, "--noflush"), texts[family]);
}

async function testedTexts(run: Run, redirect: Redirect, backend: Backend): Promise<ByFamily> {
  const saved: Partial<Record<Family, string>> = {};
  for (const family of families(redirect)) saved[family] = await save(run, family, backend);
  const texts = restoreTexts(redirect, saved);
  for (const family of families(redirect)) {
    await run(restore(family, backend, "--noflush", "--test"), texts[family]);
  }
  return texts;
}

const backends: readonly Backend[] = ["nft", "legacy"];

/** Backends of iptables that are installed and that the kernel takes rules from, in both families. */
export const workingBackends: readonly Backend[] = backends.filter((backend) => {
  if (hindrance !== undefined) return true;
  const missing = bothFamilies.find((family) => {
    const text =
      "*nat\\n-A OUTPUT -p tcp -m multiport --dports 1 -m owner --uid-owner 1 -m comment --comment a -j RETURN\\nCOMMIT\\n";
    const command = `printf '${text}' | ${program(family, backend, "-restore")} -w 5`;
    return !works(["unshare", "--net", "sh", "-c", command]);
  });
  if (missing !== undefined) process.stdout.write(`skipped: ${program(missing, backend, "")} does not work here\n`);
  return missing === undefined;
});

/** Whether each way to set the close-wait time works: containers have a read-only /proc/sys, some kernels no timeouts as objects. */
export const setsCloseWait: Readonly<Record<Mode["name"], boolean>> = (() => {
  if (hindrance !== undefined) return { nft: false, "iptables-nft": false, "iptables-legacy": false };
  const object = works([
    "unshare",
    "--net",
    "nft",
    "table inet a { ct timeout b { protocol tcp; policy = { close_wait : 1 }; } ; }",
  ]);
  const path = "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait";
  const sysctl = works(["unshare", "--net", "sh", "-c", `echo 1 > ${path}`]);
  if (!object || !sysctl) process.stdout.write("partly skipped: the close-wait time cannot be set here\n");
  return { nft: object, "iptables-nft": sysctl, "iptables-legacy": sysctl };
})();

export const modes: readonly Mode[] = [nft, ...workingBackends.map(iptables)];
