/** Rows of `differences.ts` about pods that Linkerd makes and an API server then refuses (core/v1 validation). */
import { changedAt } from "../../src/core/base/json/edit.ts";
import { isList } from "../../src/core/base/json/json.ts";
import type { Annotations, Json, JsonObject } from "../../src/core/base/json/json.ts";
import { billionths } from "../../src/core/base/scalars/quantity.ts";
import { valuesOf } from "./cases.ts";
import type { Case } from "./cases.ts";
import {
  annotationsOf,
  editAnnotations,
  editContainers,
  editFlag,
  editVariable,
  memberAt,
  objectOr,
  podOf,
} from "./edits.ts";
import { editedPod } from "./expected.ts";
import type { Expected, Row } from "./expected.ts";

const linkerd = (name: string): string => `config.linkerd.io/${name}`;
const ofProxyImage = ["linkerd-proxy", "linkerd-init", "linkerd-network-validator"];

const inInjected = (id: string, change: (pod: JsonObject, of: Case, annotations: Annotations) => JsonObject): Row => ({
  id,
  expected: (recorded, of) =>
    recorded.outcome === "injected" ? editedPod(recorded, of, (pod) => change(pod, of, annotationsOf(pod))) : recorded,
});

export const validationRows: readonly Row[] = [
  // Ids beyond 31 bits, a policy that is none: the setting stays.
  inInjected("S-58", (pod, of, annotations) => {
    const isLarge = (name: string): boolean => Number(annotations[linkerd(name)]) > 2_147_483_647;
    const withUser = isLarge("proxy-uid") ? withId(pod, "runAsUser", "--proxy-uid", settingOf(of, "uid")) : pod;
    const withGroup = isLarge("proxy-gid")
      ? withId(withUser, "runAsGroup", "--proxy-gid", settingOf(of, "gid"))
      : withUser;
    const policy = annotations[linkerd("image-pull-policy")] ?? "";
    return ["Always", "IfNotPresent", "Never", ""].includes(policy)
      ? withGroup
      : editContainers(withGroup, ofProxyImage, (container) =>
          changedAt(container, ["imagePullPolicy"], () => memberAt(valuesOf(of), "imagePullPolicy")),
        );
  }),
  // A variable without a name is left out.
  inInjected("S-58", (pod) =>
    editContainers(pod, ["linkerd-proxy"], (proxy) =>
      changedAt(proxy, ["env"], (env) => (isList(env) ? env.filter((each) => objectOr(each)["name"] !== "") : env)),
    ),
  ),
  // A limit below its request is raised to it, and so are the most workers.
  inInjected("S-59", (pod) =>
    editContainers(pod, ofProxyImage, (container) =>
      ["cpu", "memory", "ephemeral-storage"].reduce((edited, name) => {
        const request = String(memberAt(edited, "resources", "requests", name) ?? "");
        const [asked, most] = [request, memberAt(edited, "resources", "limits", name)].map((each) =>
          billionths(String(each ?? "")),
        );
        if (asked === undefined || most === undefined || asked <= most) return edited;
        const raised = changedAt(edited, ["resources", "limits", name], () => request);
        const cores = Number((asked + 999_999_999n) / 1_000_000_000n);
        return name === "cpu"
          ? editVariable(raised, "LINKERD2_PROXY_CORES_MAX", (max) => String(Math.max(Number(max), cores)))
          : raised;
      }, container),
    ),
  ),
  // A pod that says Windows is skipped.
  {
    id: "S-60",
    expected: (recorded, of) =>
      recorded.outcome === "injected" && memberAt(podOf(of.object, of.kind), "spec", "os", "name") === "windows"
        ? skippedOnWindows(recorded, of)
        : recorded,
  },
];

const settingOf = (of: Case, name: string): Json | undefined => memberAt(valuesOf(of), "proxy", name);

const withId = (pod: JsonObject, field: string, flag: string, id: Json | undefined): JsonObject => {
  const kept = typeof id === "number" && id >= 0 ? id : undefined;
  const proxied = editContainers(pod, ["linkerd-proxy"], (proxy) =>
    changedAt(proxy, ["securityContext", field], () => kept),
  );
  return editContainers(proxied, ["linkerd-init"], (init) =>
    editFlag(init, flag, () => (kept === undefined ? undefined : String(kept))),
  );
};

/** Its opaque ports are written all the same. */
function skippedOnWindows(recorded: Expected, of: Case): Expected {
  const key = linkerd("opaque-ports");
  const before = annotationsOf(of.object)[key];
  const written = recorded.object === undefined ? undefined : annotationsOf(recorded.object)[key];
  const isWritten = before === undefined && written !== undefined;
  return {
    ...recorded,
    outcome: isWritten ? "annotated" : "skipped",
    object: isWritten ? editAnnotations(of.object, (map) => ({ ...map, [key]: written })) : undefined,
    reasons: ["windows_pod"],
    events: recorded.events.map((event) => ({
      ...event,
      reason: "InjectionSkipped",
      message: "Linkerd sidecar proxy injection skipped: runs on Windows",
    })),
  };
}
