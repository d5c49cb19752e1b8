/**
 * The init container of weft's own modes: the rules are computed here and handed to the firewall's own program as data,
 * so that `kubectl get pod -o yaml` shows a pod's firewall, and nothing is computed or downloaded in the pod.
 */
import { perObject } from "../../base/memory/memo.ts";
import type { Container } from "../../mesh/models.ts";
import { restoreTexts } from "../../redirect/iptables.ts";
import { nftScript } from "../../redirect/nftables.ts";
import { closeWaitSysctl } from "../../redirect/redirect.ts";
import type { Redirect } from "../../redirect/redirect.ts";
import { containerNames } from "../../mesh/sidecar.ts";
import { resourcesOf } from "./containers.ts";
import type { NewContainer } from "./containers.ts";
import { initMode } from "../settings/init-mode.ts";
import { redirectOf } from "../settings/redirect-settings.ts";
import type { Settings } from "../settings/settings.ts";
import { isZero } from "../../base/scalars/numbers.ts";

/** What follows from the settings alone, made once for them: all but security context and mounts. */
export const firewallInit = perObject((settings: Settings): NewContainer => {
  const found = redirectOf(settings);
  // Such settings are a fault (init-faults.ts), and nothing is made of them.
  if ("issues" in found) throw new Error(`no redirect: ${JSON.stringify(found.issues)}`);
  return {
    name: containerNames.init,
    ...image(settings),
    ...(initMode(settings) === "nft" ? nftProcess(found.redirect) : restoreProcess(settings, found.redirect)),
    ...resources(settings),
  };
});

type Process = Pick<Container, "command" | "args" | "env">;

// Executed directly: through a shell the file capability of nft would be lost (registration.md, section 7).
const nftProcess = (redirect: Redirect): Process => ({ command: ["nft"], args: [nftScript(redirect)] });

function restoreProcess(settings: Settings, redirect: Redirect): Process {
  const { v4 = "", v6 = "" } = restoreTexts(redirect);
  const sysctl = closeWaitSysctl(redirect);
  const legacy = isLegacy(settings);
  return {
    command: ["sh", "-c", restoreScript],
    args: [
      containerNames.init,
      legacy ? "legacy" : "nft",
      v4,
      v6,
      ...(sysctl === undefined ? [] : [`/proc/${sysctl.path}`, sysctl.value]),
    ],
    // The default, /run/xtables.lock, is on the read-only root; every pod has a writable /dev/shm.
    ...(legacy ? { env: [{ name: "XTABLES_LOCKFILE", value: "/dev/shm/xtables.lock" }] } : {}),
  };
}

const isLegacy = (settings: Settings): boolean => settings["proxyInit.iptablesMode"] === "legacy";

/**
 * The same text for every pod: what differs are its arguments, which the shell never reads as its own words. A jump has
 * no form that a second run would not double, so one that is there is left out. Both families are tested
 * before either is written. Kubernetes leaves `$(…)` as it is where it names no variable of the container.
 */
export const restoreScript = `set -eu
backend=$1 v4=$2 v6=$3
without_present_jumps() {
  saved=$("$1-$backend-save" -t nat) || exit 1
  jumps=$(printf '%s\\n' "$saved" | grep -E '^-A (PREROUTING|OUTPUT) ' || :)
  printf '%s' "$2" | grep -vxFe "$jumps"
}
restore() { printf '%s\\n' "$2" | "$1-$backend-restore" -w 5 --noflush $3; }
v4=$(without_present_jumps iptables "$v4")
if [ -n "$v6" ]; then v6=$(without_present_jumps ip6tables "$v6"); fi
restore iptables "$v4" --test
if [ -n "$v6" ]; then restore ip6tables "$v6" --test; fi
if [ $# -ge 5 ]; then printf '%s' "$5" >"$4"; fi
restore iptables "$v4" ''
if [ -n "$v6" ]; then restore ip6tables "$v6" ''; fi
`;

/** Capabilities and escalation. Those of the proxy and of `proxyInit.capabilities` are of Linkerd's program alone. */
export function firewallPrivileges(settings: Settings): NonNullable<Container["securityContext"]> {
  // The sysctl needs a writable /proc/sys, which only privileged containers have; nft's script needs none.
  const writesSysctl = initMode(settings) === "iptables" && !isZero(settings["proxyInit.closeWaitTimeoutSecs"]);
  const privileged = settings["proxyInit.privileged"] || writesSysctl;
  const needsRaw = initMode(settings) === "iptables" && isLegacy(settings);
  return {
    allowPrivilegeEscalation: privileged,
    capabilities: { add: ["NET_ADMIN", ...(needsRaw ? ["NET_RAW"] : [])], drop: ["ALL"] },
    privileged,
  };
}

function image(settings: Settings): Pick<Container, "image" | "imagePullPolicy"> {
  const version = settings["proxyInit.image.version"];
  const policy = settings["proxyInit.image.pullPolicy"];
  return {
    // A name may hold a tag or a digest itself.
    image: `${settings["proxyInit.image.name"]}${version === "" ? "" : `:${version}`}`,
    imagePullPolicy: policy === "" ? settings.imagePullPolicy : policy,
  };
}

/** Limits equal requests, so that a pod whose other containers do the same stays in QoS class Guaranteed. */
const defaultValue: NonNullable<Container["resources"]> = {
  limits: { cpu: "100m", memory: "20Mi" },
  requests: { cpu: "100m", memory: "20Mi" },
};

function resources(settings: Settings): Pick<Container, "resources"> {
  const given = resourcesOf((name, which) => settings[`proxyInit.resources.${name}.${which}`]);
  return given.resources === undefined ? { resources: defaultValue } : given;
}
