/** What the checks of the certificate controller look at. */
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import type { CertificateControllerFacts } from "../../core/checks/facts.ts";
import { certificatesRights, surplusRights } from "../../core/checks/rights.ts";
import { valueOfFlag } from "../../core/checks/deployment.ts";
import { missedPodsFlag } from "../../core/install/certificates.ts";
import { components, names, podSelectorText } from "../../core/install/names.ts";
import { nameOf } from "../../core/base/json/read.ts";
import { readPages } from "./pages.ts";
import { readNamed } from "./reach.ts";
import type { Reach } from "./reach.ts";
import { askRightOf } from "./rights.ts";
import { valueOf } from "../../core/checks/fact.ts";

const name = names.certificates;

/** `mutating`: name of the MutatingWebhookConfiguration that there is. */
export async function readCertificateController(
  reach: Reach,
  namespace: string,
  mutating: string,
): Promise<CertificateControllerFacts> {
  const rightsOf = (account: string, rights: ReturnType<typeof certificatesRights>) =>
    Promise.all(rights.map((right) => askRightOf(reach, { namespace, name: account }, right)));
  const where = { namespace, mutating };
  const deployment = await readNamed(reach, resources.deployments, name, namespace);
  const installed = valueOf(deployment);
  const countsMissed = installed !== undefined && valueOfFlag(installed, missedPodsFlag) !== undefined;
  const [pods, policies, rights, surplus] = await Promise.all([
    reach.list(`Pods of ${name}`, collectionPath(resources.pods, namespace), {
      query: { labelSelector: podSelectorText(components.certificates) },
    }),
    Promise.all([
      readNamed(reach, resources.admissionPolicies, names.changeGuard),
      readNamed(reach, resources.admissionPolicyBindings, names.changeGuard),
    ]),
    rightsOf(name, certificatesRights(where, { countsMissed })),
    rightsOf(names.injector, surplusRights(where)),
  ]);
  const pages = await Promise.all((valueOf(pods) ?? []).map((pod) => readPages(reach, namespace, nameOf(pod))));
  return { deployment, pods, pages, rights, guard: policies, surplus };
}
