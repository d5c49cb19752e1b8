/**
 * Who keeps an installation, where that is not `weft upgrade`: a tool that has its manifests, and would put back what
 * anybody else applies. Told from what each of them writes on the objects that it applies.
 */
import { annotationsOf, labelsOf } from "../base/json/read.ts";
import type { JsonObject } from "../base/json/json.ts";

export interface Keeper {
  /** Such as `Helm`. */
  readonly tool: string;
  /** What changes the installation: a command, or what to do first. */
  readonly command: string;
}

/** Of an object of an installation; undefined: nobody has left a sign, so it is whoever ran `kubectl apply`. */
export function keeperOf(object: JsonObject): Keeper | undefined {
  const [labels, annotations] = [labelsOf(object), annotationsOf(object)];
  for (const { tool, of } of keepers) {
    const command = of(labels, annotations);
    if (command !== undefined) return { tool, command };
  }
  return undefined;
}

/** That it is kept, and by whom, in one line. */
export const keeperText = ({ tool, command }: Keeper): string => `${tool} keeps this installation: ${command}`;

type Texts = Readonly<Record<string, string>>;

interface Row {
  readonly tool: string;
  readonly of: (labels: Texts, annotations: Texts) => string | undefined;
}

const managedBy = "app.kubernetes.io/managed-by";
/** Argo CD: `application:group/kind:namespace/name`. */
const tracking = "argocd.argoproj.io/tracking-id";

/** The first that fits counts: who runs Helm or kustomize comes before these. */
const keepers: readonly Row[] = [
  { tool: "Flux", of: (labels) => reconciled("helmrelease", "helm.toolkit.fluxcd.io", labels) },
  { tool: "Flux", of: (labels) => reconciled("kustomization", "kustomize.toolkit.fluxcd.io", labels) },
  {
    tool: "Argo CD",
    of: (_, annotations) => {
      const [application = ""] = (annotations[tracking] ?? "").split(":");
      return application === "" ? undefined : `change what it deploys, then argocd app sync ${application}`;
    },
  },
  {
    tool: "Helm",
    of: (labels, annotations) => {
      const [name, namespace] = ["name", "namespace"].map((key) => annotations[`meta.helm.sh/release-${key}`]);
      if (name === undefined && labels[managedBy] !== "Helm") return undefined;
      return `helm upgrade ${name ?? "RELEASE"} CHART --namespace ${namespace ?? "NAMESPACE"}`;
    },
  },
  {
    tool: "kustomize",
    of: (labels) => (labels[managedBy]?.startsWith("kustomize") === true ? "kubectl apply -k FOLDER" : undefined),
  },
];

function reconciled(kind: string, domain: string, labels: Texts): string | undefined {
  const [name, namespace] = ["name", "namespace"].map((key) => labels[`${domain}/${key}`]);
  if (name === undefined || namespace === undefined) return undefined;
  return `change what it deploys, then flux reconcile ${kind} ${name} --namespace ${namespace} --with-source`;
}
