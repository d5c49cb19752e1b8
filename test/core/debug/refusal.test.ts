import { expect } from "chai";
import { refusalLines } from "../../../src/core/debug/refusal.ts";

const place = { pod: "web-0", namespace: "shop" };
const restricted =
  'pods "web-0" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "weft-debug-x7k2p" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities';
const baseline =
  'pods "web-0" is forbidden: violates PodSecurity "baseline:latest": non-default capabilities (container "weft-debug-x7k2p" must not include "NET_RAW" in securityContext.capabilities.add)';

describe("a refusal", () => {
  const rows: readonly (readonly [claim: string, lines: readonly string[], expected: readonly string[]])[] = [
    [
      "of Pod Security: what was refused, that nothing is left, and what needs no container",
      refusalLines("add", place, { status: 403, words: restricted }),
      [
        `shop/web-0 gets no debug container: ${restricted}`,
        "nothing was added to the pod",
        "whatever can capture packets is refused there: it has to be root, or to have NET_RAW",
        "without a container: weft edges -n shop and weft tap pod/web-0 -n shop; or capture on the pod's node",
      ],
    ],
    [
      "of Pod Security, for NET_RAW alone",
      refusalLines("add", place, { status: 403, words: baseline }).slice(2, 3),
      ["without --net-raw it may be admitted: most runtimes give NET_RAW by themselves"],
    ],
    [
      "of RBAC: the right, and the role that has it",
      refusalLines("add", place, { status: 403, words: 'pods "web-0" is forbidden: User "ann" cannot patch' }),
      [
        'shop/web-0 gets no debug container: pods "web-0" is forbidden: User "ann" cannot patch',
        "it needs patch on pods/ephemeralcontainers in namespace shop; ClusterRole weft-debug has all that weft debug needs",
      ],
    ],
    [
      "for another reason: the words alone",
      refusalLines("add", place, { status: 422, words: "static pods do not support ephemeral containers" }),
      ["shop/web-0 gets no debug container: static pods do not support ephemeral containers"],
    ],
  ];
  for (const [claim, lines, expected] of rows) it(claim, () => expect(lines).to.deep.equal(expected));
});
