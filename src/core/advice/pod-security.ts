/**
 * What a namespace's Pod Security will refuse of the containers that weft adds. It judges pods after all webhooks, so a
 * workload is accepted and its pods are not. The rows are those of the Pod Security Standards
 * (kubernetes.io/docs/concepts/security/pod-security-standards) that such containers can come into conflict with.
 */
import { containerNames } from "../mesh/sidecar.ts";
import { asObject, itemsOf } from "../base/json/edit.ts";
import type { Warning } from "../inject/outcome/injection.ts";
import { keys } from "../mesh/annotations.ts";
import { isList } from "../base/json/json.ts";
import type { Json, JsonObject, Labels } from "../base/json/json.ts";

const enforceLabel = "pod-security.kubernetes.io/enforce";

/** Warnings for a pod that has got containers, in a namespace with these labels. */
export function podSecurityWarnings(before: JsonObject, after: JsonObject, labels: Labels): readonly Warning[] {
  const level = labels[enforceLabel] ?? "";
  const rows = levels.get(level);
  if (rows === undefined) return [];
  const contextOf = contextsIn(after);
  const own = new Set(containersOf(before));
  // What the pod is refused for by itself is no matter of the mesh; the proxy's capabilities are those of the pod (S-48).
  const kept = rows.filter((row) => [...own].every((container) => row(contextOf(container)).length === 0));
  return containersOf(after)
    .filter((container) => !own.has(container))
    .flatMap((container) => {
      const broken = kept.flatMap((row) => row(contextOf(container)));
      if (broken.length === 0) return [];
      const name = typeof container["name"] === "string" ? container["name"] : "";
      const text =
        `pods will be refused: the namespace enforces Pod Security ${level}, but ${name} ${phrase(broken)}; ` +
        `${remedies.get(name) ?? "change the settings"}, or enforce privileged`;
      return [{ about: enforceLabel, rank: 0 as const, text }];
    });
}

const containersOf = (pod: JsonObject): readonly JsonObject[] =>
  ["initContainers", "containers"].flatMap((list) => itemsOf(asObject(pod["spec"])?.[list]));

// More of them would not fit into a line.
const phrase = (broken: readonly string[]): string =>
  broken.length > 2 ? `${broken.slice(0, 2).join(", ")} and so on` : broken.join(" and ");

/** Security contexts of containers, with what they have from their pod. */
function contextsIn(pod: JsonObject): (container: JsonObject) => JsonObject {
  const { runAsNonRoot, runAsUser, seccompProfile } = asObject(asObject(pod["spec"])?.["securityContext"]) ?? {};
  const inherited = Object.entries({ runAsNonRoot, runAsUser, seccompProfile }).filter(
    ([, value]) => value !== undefined,
  );
  return (container) => ({ ...Object.fromEntries(inherited), ...asObject(container["securityContext"]) });
}

const remedies: ReadonlyMap<string, string> = new Map<string, string>([
  [containerNames.init, "use Linkerd's CNI plugin (cniEnabled: true)"],
  [containerNames.validator, "see the setting networkValidator.securityContext"],
  [containerNames.debug, `leave ${keys.enableDebugSidecar} away`],
  [containerNames.proxy, "see the settings proxy.capabilities and proxy.securityContext"],
]);

/** What a security context does that is forbidden, in words. */
type Row = (context: JsonObject) => readonly string[];

const when = (holds: boolean, text: string): readonly string[] => (holds ? [text] : []);

const adds =
  (allowed: ReadonlySet<string>): Row =>
  (context) => {
    const forbidden = listed(context, "add").filter((name) => !allowed.has(name));
    // The first few say it.
    return forbidden.length === 0 ? [] : [`adds ${forbidden.slice(0, 4).join(", ")}`];
  };

const listed = (context: JsonObject, list: "add" | "drop"): readonly string[] => {
  const capabilities: Json | undefined = asObject(context["capabilities"])?.[list];
  return isList(capabilities) ? capabilities.filter((name) => typeof name === "string") : [];
};

const profileOf = (context: JsonObject): Json | undefined => asObject(context["seccompProfile"])?.["type"];

const anyLevel: Row = ({ privileged }) => when(privileged === true, "is privileged");

const levels: ReadonlyMap<string, readonly Row[]> = new Map([
  [
    "baseline",
    [
      adds(
        new Set([
          "AUDIT_WRITE",
          "CHOWN",
          "DAC_OVERRIDE",
          "FOWNER",
          "FSETID",
          "KILL",
          "MKNOD",
          "NET_BIND_SERVICE",
          "SETFCAP",
          "SETGID",
          "SETPCAP",
          "SETUID",
          "SYS_CHROOT",
        ]),
      ),
      anyLevel,
      (context) => when(profileOf(context) === "Unconfined", "has no seccomp profile"),
    ],
  ],
  [
    "restricted",
    [
      adds(new Set(["NET_BIND_SERVICE"])),
      anyLevel,
      ({ allowPrivilegeEscalation }) => when(allowPrivilegeEscalation !== false, "may escalate privileges"),
      (context) => when(!listed(context, "drop").includes("ALL"), "does not drop ALL"),
      ({ runAsNonRoot, runAsUser }) => when(runAsNonRoot !== true || runAsUser === 0, "may run as root"),
      (context) => when(!profiles.has(profileOf(context)), "has no seccomp profile"),
    ],
  ],
]);

const profiles: ReadonlySet<Json | undefined> = new Set(["RuntimeDefault", "Localhost"]);
