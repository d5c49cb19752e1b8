/** Whether every replica uses what is stored: settings, trust anchors, and of the control plane the issuer. */
import type { JsonObject } from "../base/json/json.ts";
import { nameOf, textAt } from "../base/json/read.ts";
import { names } from "../install/names.ts";
import { failure, failureIf, skipped, unread, worst } from "./check.ts";
import type { Category, Check, Outcome } from "./check.ts";
import { valueOf } from "./fact.ts";
import type { ControlPlaneFacts, Facts, PodPages } from "./facts.ts";
import { metricOf } from "./metrics.ts";
import { isReady } from "./pods.ts";

/** What tells it. */
export type InUseFacts = Pick<Facts, "settings" | "trustAnchors" | "pods" | "pages" | "tools"> & {
  readonly controlPlane: Pick<ControlPlaneFacts, "pods" | "pages" | "issuer"> | undefined;
};

const about =
  "Each line: a pod, what it uses, and what is stored. Such a replica gives pods other settings, or other trust anchors, than the one beside it. weft watches the two ConfigMaps and the issuer's Secret, so a change is used within a second. Without the right to watch them, and with an API server that is away, it comes with the mount, a minute or two later; the pod's log and `/readyz?verbose` (line `mounted objects`) say so. What is broken is never used, see above. `weft check --for settings --wait 2m` waits until all of them use it.";

const row = (needs: readonly string[], look: Check<InUseFacts>["look"]): Check<InUseFacts> => ({
  id: "in-use",
  says: "every replica uses the settings and CAs that are stored",
  needs,
  about,
  look,
});

/** Among others: what a pod does not say is told elsewhere. */
export const inUseCheck = row(["objects"], (facts) => {
  const found = replicasOf(facts);
  const told = found.filter(({ uses }) => uses.length > 0);
  return told.length === 0 ? skipped : failureIf(told.flatMap(otherLines), waitCommand);
});

/** For whoever waits for it: every replica that is ready has to say so. */
export const inUseChecks: Category<InUseFacts> = {
  name: "weft-in-use",
  checks: [
    row([], (facts) => {
      const found = replicasOf(facts);
      const lines = found.length === 0 ? ["no replica is ready"] : found.flatMap(linesOf);
      return worst([...unreadStores(facts), failureIf(lines)]);
    }),
  ],
};

const waitCommand = "weft check --for settings --wait 2m";

/** Who may not read what is stored learns nothing by waiting. */
function unreadStores({ settings, trustAnchors, pods, controlPlane }: InUseFacts): readonly Outcome[] {
  return [settings, trustAnchors, pods, ...(controlPlane === undefined ? [] : [controlPlane.pods])].flatMap((fact) =>
    fact.kind === "known"
      ? []
      : [fact.kind === "forbidden" ? failure([`${fact.what} could not be read: ${fact.text}`]) : unread(fact)],
  );
}

interface Replica {
  readonly pod: string;
  /** Why it says nothing. */
  readonly silent: string | undefined;
  readonly uses: readonly Use[];
}

interface Use {
  readonly what: string;
  readonly used: string;
  readonly stored: string;
}

/** Those that serve: ready, and not on their way out. */
function replicasOf({ settings, trustAnchors, pods, pages, tools, controlPlane }: InUseFacts): readonly Replica[] {
  const hashOf = (object: JsonObject | undefined, key: string): string => {
    const text = textAt(object, "data", key).replace(/^\uFEFF/, "");
    return text === "" ? "" : tools.sha256(text);
  };
  const meshed = [
    { what: "settings", metric: "weft_settings_info", stored: hashOf(valueOf(settings), names.settingsKey) },
    {
      what: "trust anchors",
      metric: "weft_trust_anchors_info",
      stored: hashOf(valueOf(trustAnchors), names.trustAnchorsKey),
    },
  ];
  const issuer = controlPlane && valueOf(controlPlane.issuer)?.certificate?.fingerprint;
  const certifying = [...meshed, { what: "issuer", metric: "weft_issuer_info", stored: issuer ?? "" }];
  return [
    ...serving(valueOf(pods) ?? [], pages).map((each) => replicaOf(each, meshed)),
    ...serving(valueOf(controlPlane?.pods ?? pods) ?? [], controlPlane?.pages ?? []).map((each) =>
      replicaOf(each, certifying),
    ),
  ];
}

interface Serving {
  readonly pod: string;
  readonly page: PodPages["metrics"];
}

const serving = (pods: readonly JsonObject[], pages: readonly PodPages[]): readonly Serving[] =>
  pods
    .filter((pod) => isReady(pod) && textAt(pod, "metadata", "deletionTimestamp") === "")
    .flatMap((pod) => pages.filter((page) => page.pod === nameOf(pod)))
    .map(({ pod, metrics }) => ({ pod, page: metrics }));

interface Stored {
  readonly what: string;
  readonly metric: string;
  /** Blank: not known. */
  readonly stored: string;
}

function replicaOf({ pod, page }: Serving, all: readonly Stored[]): Replica {
  if (page.kind !== "known") return { pod, silent: `could not be asked: ${page.text}`, uses: [] };
  const uses = all.flatMap(({ what, metric, stored }) => {
    const used = metricOf(page.value, metric)?.labels["sha256"] ?? "";
    return used === "" || stored === "" ? [] : [{ what, used, stored }];
  });
  const silent = uses.length > 0 ? undefined : "does not say what it uses: it is of an earlier version of weft";
  return { pod, silent, uses };
}

const otherLines = ({ pod, uses }: Replica): readonly string[] =>
  uses.flatMap(({ what, used, stored }) =>
    used === stored ? [] : [`${pod}: ${what}: ${shortened(used)} in use, ${shortened(stored)} stored (SHA-256)`],
  );

const linesOf = (replica: Replica): readonly string[] =>
  replica.silent === undefined ? otherLines(replica) : [`${replica.pod}: ${replica.silent}`];

/** Enough to tell two apart. */
const shortened = (sha256: string): string => `${sha256.slice(0, 12)}…`;
