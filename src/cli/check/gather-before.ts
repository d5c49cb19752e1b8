/** What the checks before installing look at, read from the cluster. */
import { collectionPath, groupPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Needs } from "../../core/install/needs.ts";
import { names } from "../../core/install/names.ts";
import type { FactsBefore } from "../../core/checks/before.ts";
import { creating } from "../../core/checks/creating.ts";
import type { Creating } from "../../core/checks/creating.ts";
import type { Question, Right } from "../../core/checks/facts.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { deadReach, readNamed, registrations } from "./reach.ts";
import type { Reach } from "./reach.ts";
import { askSelfAccess } from "./rights.ts";
import { checkTools } from "./tools.ts";

export interface WantedBefore {
  readonly question: Question;
  readonly adopts: boolean;
  /** What would be installed, and what that needs. */
  readonly objects: readonly JsonObject[];
  readonly needs: Needs;
}

export async function gatherBefore(
  open: Reach,
  { question, adopts, objects, needs }: WantedBefore,
): Promise<FactsBefore> {
  const server = await open.server();
  const reach = server.kind === "known" ? open : deadReach(server);
  const wanted = objects.map(creating);
  const configMap = (name: string) => readNamed(reach, resources.configMaps, name, question.controlPlaneNamespace);
  const [mutating, linkerdSettings, linkerdTrustAnchors, nodes, certManager, rights, present] = await Promise.all([
    registrations(reach),
    configMap(names.settings),
    configMap(names.trustAnchors),
    reach.list("Nodes", collectionPath(resources.nodes)),
    reach.object("API group cert-manager.io/v1", groupPath(resources.certificates.apiVersion)),
    Promise.all(distinct(wanted).map((right) => askSelfAccess(reach, right))),
    Promise.all(
      // A namespace may be made before, with labels of its own.
      wanted
        .filter(({ right }) => right.resource !== resources.namespaces.plural)
        .map(async ({ what, path }) => ({ what, found: await reach.object(what, path) })),
    ),
  ]);
  const linkerd = { linkerdSettings, linkerdTrustAnchors };
  return {
    question,
    adopts,
    server,
    mutating,
    ...linkerd,
    needs,
    nodes,
    certManager,
    rights,
    present,
    tools: checkTools,
  };
}

const distinct = (wanted: readonly Creating[]): readonly Right[] => [
  ...new Map(wanted.map(({ right }) => [JSON.stringify(right), right])).values(),
];
