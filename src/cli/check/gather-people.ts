/** Who may look at the mesh, and tap it, as far as the API server tells this user. */
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import { boundBy, certifyingRights, lookingRights, mostPlaces, tappingRights } from "../../core/checks/people.ts";
import { known, valueOf } from "../../core/checks/fact.ts";
import type { PeopleFacts, Right, RightFact } from "../../core/checks/facts.ts";
import { textAt } from "../../core/base/json/read.ts";
import { tapAccount } from "../../core/mesh/tap.ts";
import { askSelfAccess } from "./rights.ts";
import type { Reach } from "./reach.ts";

interface MeshAsked {
  readonly controlPlaneNamespace: string;
  /** The control plane is weft's own. */
  readonly isOwn: boolean;
  /** Namespaces with meshed pods, as far as they are known. */
  readonly meshed: readonly string[];
}

export async function readPeople(reach: Reach, asked: MeshAsked): Promise<PeopleFacts> {
  const { controlPlaneNamespace, isOwn } = asked;
  const [places, certify, bound, accounts] = await Promise.all([
    placesOf(reach, asked),
    isOwn ? answers(reach, certifyingRights(controlPlaneNamespace)) : undefined,
    bindings(reach),
    reach.reduced(
      `ServiceAccounts ${tapAccount}`,
      collectionPath(resources.serviceAccounts),
      (account) => textAt(account, "metadata", "namespace"),
      { query: { fieldSelector: `metadata.name=${tapAccount}` } },
    ),
  ]);
  return { places, certify, bound, accounts };
}

/** One by one only what is not allowed everywhere. */
async function placesOf(reach: Reach, { isOwn, meshed }: MeshAsked): Promise<PeopleFacts["places"]> {
  const place = async (namespace: string | undefined): Promise<PeopleFacts["places"][number]> => {
    const [look, tap] = await Promise.all([
      answers(reach, lookingRights(namespace)),
      isOwn ? answers(reach, tappingRights(namespace)) : [],
    ]);
    return { namespace, look, tap };
  };
  const everywhere = await place(undefined);
  if ([...everywhere.look, ...everywhere.tap].every(({ allowed }) => valueOf(allowed) === true)) return [everywhere];
  const named = [...new Set(meshed)].toSorted().slice(0, mostPlaces);
  return [everywhere, ...(await Promise.all(named.map(place)))];
}

const answers = (reach: Reach, rights: readonly Right[]): Promise<readonly RightFact[]> =>
  Promise.all(rights.map((right) => askSelfAccess(reach, right)));

async function bindings(reach: Reach): Promise<PeopleFacts["bound"]> {
  const listed = (kind: Kind) => reach.reduced(`${kind.kind}s`, collectionPath(kind), boundBy);
  const [inNamespaces, inCluster] = await Promise.all([
    listed(resources.roleBindings),
    listed(resources.clusterRoleBindings),
  ]);
  if (inNamespaces.kind !== "known") return inNamespaces;
  if (inCluster.kind !== "known") return inCluster;
  return known([...inNamespaces.value, ...inCluster.value].filter((each) => each !== undefined));
}
