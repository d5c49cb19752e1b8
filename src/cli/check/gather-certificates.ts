/** What the checks of the certificate controller look at. */
import type { CertificateControllerFacts } from "../../core/checks/facts.ts";
import { certificatesRights, surplusRights } from "../../core/checks/rights.ts";
import { components, names, podSelectorText } from "../../core/install/names.ts";
import { nameOf } from "../../core/base/json/read.ts";
import { readPages } from "./pages.ts";
import type { Reach } from "./reach.ts";
import { askRightOf } from "./rights.ts";
import { valueOf } from "../../core/checks/fact.ts";

const name = names.certificates;
const admission = "/apis/admissionregistration.k8s.io/v1";

/** `mutating`: name of the MutatingWebhookConfiguration that there is. */
export async function readCertificateController(
  reach: Reach,
  namespace: string,
  mutating: string,
): Promise<CertificateControllerFacts> {
  const rightsOf = (account: string, rights: ReturnType<typeof certificatesRights>) =>
    Promise.all(rights.map((right) => askRightOf(reach, { namespace, name: account }, right)));
  const guard = (kind: string, plural: string) =>
    reach.object(`${kind} ${names.changeGuard}`, `${admission}/${plural}/${names.changeGuard}`);
  const [deployment, pods, policies, rights, surplus] = await Promise.all([
    reach.object(
      `Deployment ${name} in namespace ${namespace}`,
      `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
    ),
    reach.list(`Pods of ${name}`, `/api/v1/namespaces/${namespace}/pods`, {
      query: { labelSelector: podSelectorText(components.certificates) },
    }),
    Promise.all([
      guard("ValidatingAdmissionPolicy", "validatingadmissionpolicies"),
      guard("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings"),
    ]),
    rightsOf(name, certificatesRights(namespace, mutating)),
    rightsOf(names.injector, surplusRights(namespace, mutating)),
  ]);
  const pages = await Promise.all((valueOf(pods) ?? []).map((pod) => readPages(reach, namespace, nameOf(pod))));
  return { deployment, pods, pages, rights, guard: policies, surplus };
}
