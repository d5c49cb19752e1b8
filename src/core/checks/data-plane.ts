/** The pods of the mesh, as `weft check --proxy` looks at them: what `weft status` tells, as checks. */
import type { Category, Check, Outcome } from "./check.ts";
import { failureIf, given, ok, worst, warningIf } from "./check.ts";
import type { Fact } from "./fact.ts";
import type { Facts } from "./facts.ts";
import { cut } from "./lines.ts";
import { findingLine, findingsOf, severities } from "../dataplane/findings.ts";
import type { Finding, FindingKind } from "../dataplane/findings.ts";
import type { PodState } from "../dataplane/state.ts";

export interface ProxyFacts extends Facts {
  readonly dataPlane: Fact<readonly PodState[]>;
}

export const dataPlaneChecks: Category<ProxyFacts> = {
  name: "weft-data-plane",
  checks: [
    {
      id: "data-plane",
      says: "the pods of the mesh can be looked at",
      needs: ["objects"],
      about:
        "Each pod is compared with what it would be if it were made now. Without the settings, the trust anchors and the pods nothing can be said.",
      look: ({ dataPlane }) => given(dataPlane, () => ok),
    },
    pods({
      id: "proxy-stuck",
      says: "no pod with a proxy is stuck",
      about:
        "A pod that waits for longer than two minutes, or whose container fails again and again: in Init for `linkerd-init` or for a proxy that is not certified, or not ready later. The command shows the log of that container, or the Events of the pod.",
      kinds: ["stuck"],
    }),
    pods({
      id: "proxy-control-plane",
      says: "proxies look for this control plane",
      about:
        "A pod that was injected for another one is none of this mesh. After `weft inject --manual` without the right `--linkerd-namespace` it never gets ready. Restart it, or take the proxy out of its manifest with `weft uninject`.",
      kinds: ["elsewhere"],
    }),
    pods({
      id: "proxy-anchors",
      says: "proxies trust the stored trust anchors, and no others",
      about:
        "A proxy has its trust anchors from when its pod was made. One that lacks an anchor trusts nobody whose certificate leads to it: an error. One that trusts an anchor that is gone is a warning. Restart it.",
      kinds: ["untrusting", "older anchors"],
    }),
    pods({
      id: "proxy-version",
      says: "proxies are of the version that pods get now",
      about: "A pod keeps its proxy until it is replaced. Restart its workload after an upgrade.",
      kinds: ["older proxy"],
    }),
    pods({
      id: "proxy-settings",
      says: "pods with a proxy were restarted since their settings changed",
      about:
        "The pod is injected again as if it were new, and what weft writes is compared. It differs after a change of the settings or of an annotation of its namespace. Restart it. [status.md](status.md) says what is compared.",
      kinds: ["older settings"],
    }),
    pods({
      id: "pods-missed",
      says: "pods that ask for a proxy have one",
      about:
        "They were made before weft, or before their namespace asked, or while the webhook was away under `Ignore`; they run in plain text. `weft status --missed` lists them, `weft restart --missed` restarts their workloads.",
      kinds: ["missed"],
      run: "weft restart --missed",
    }),
    pods({
      id: "pods-left-out",
      says: "no pod asks for a proxy in vain",
      about:
        "They would get none after a restart either: `hostNetwork`, a sidecar of somebody else, a namespace that weft does not see. `weft explain` says why. With `linkerd.io/inject: disabled` a pod says that it wants none.",
      kinds: ["left out"],
    }),
  ],
};

interface PodsRow extends Pick<Check<ProxyFacts>, "id" | "says" | "about"> {
  readonly kinds: readonly FindingKind[];
  /** What mends all of them; without it, what mends one, where there is one. */
  readonly run?: string;
}

function pods({ kinds, run, ...row }: PodsRow): Check<ProxyFacts> {
  return {
    ...row,
    needs: ["data-plane"],
    look: ({ dataPlane, question }) =>
      given(dataPlane, (states) => {
        const all = findingsOf(states, question.now.getTime());
        return worst(
          kinds.map((kind) =>
            outcomeOf(
              kind,
              all.filter((each) => each.kind === kind),
              run,
            ),
          ),
        );
      }),
  };
}

const isRolled = ({ target }: Finding): boolean => /^(deployment|statefulset|daemonset)\//.test(target);

function outcomeOf(kind: FindingKind, found: readonly Finding[], all: string | undefined): Outcome {
  const one = found.length === 1 ? found[0]?.command : undefined;
  // A pod that nobody makes again is not restarted with a workload.
  const run = found.some(isRolled) ? (all ?? one ?? "weft status") : (one ?? "weft status");
  const lines = cut(found.map(findingLine));
  return severities[kind] === "error" ? failureIf(lines, run) : warningIf(lines, run);
}
