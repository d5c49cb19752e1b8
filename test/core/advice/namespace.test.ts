import { expect } from "chai";
import type { Annotations, Labels } from "../../../src/core/base/json/json.ts";
import { asked, linesFor, namespaceWith } from "../../support/advice.ts";
import type { Around } from "../../support/advice.ts";

const baseline: Labels = { "pod-security.kubernetes.io/enforce": "baseline" };
const restricted: Labels = { "pod-security.kubernetes.io/enforce": "restricted" };
const refused = (level: string, who: string): string =>
  `namespace/shop: pods will be refused: the namespace enforces Pod Security ${level}, but ${who}, or enforce privileged`;
const init = "linkerd-init adds NET_ADMIN, NET_RAW; use Linkerd's CNI plugin (cniEnabled: true)";

const rows: readonly [
  claim: string,
  annotations: Annotations,
  labels: Labels,
  values: Around["values"] | undefined,
  lines: readonly string[],
][] = [
  ["that says nothing gets none", {}, {}, undefined, []],
  ["that is as it should be gets none", asked, { "weft.linkerd.io/inject": "enabled" }, undefined, []],
  [
    "with labels that mean something elsewhere gets none",
    {},
    {
      "config.linkerd.io/admission-webhooks": "disabled",
      "linkerd.io/is-control-plane": "true",
      "linkerd.io/extension": "viz",
    },
    undefined,
    [],
  ],
  [
    "with typos",
    { "linkerd.io/injct": "enabled", "config.linkerd.io/proxy-cpu-limt": "1" },
    {},
    undefined,
    [
      'namespace/shop: annotation "linkerd.io/injct" of the namespace is unknown; did you mean linkerd.io/inject?',
      'namespace/shop: annotation "config.linkerd.io/proxy-cpu-limt" of the namespace is unknown; did you mean config.linkerd.io/proxy-cpu-limit?',
    ],
  ],
  [
    "with a label in place of the annotation",
    {},
    { "linkerd.io/inject": "enabled" },
    undefined,
    ['namespace/shop: label "linkerd.io/inject" has no effect; did you mean the annotation linkerd.io/inject?'],
  ],
  [
    "with a value of linkerd.io/inject that is none",
    { "linkerd.io/inject": "true" },
    {},
    undefined,
    [
      'namespace/shop: linkerd.io/inject of the namespace: "true" is not enabled, disabled or ingress, so nothing is injected',
    ],
  ],
  [
    "with values that its pods could not use, also when it leaves it to them to ask",
    { "config.linkerd.io/proxy-cpu-limit": "1 m", "linkerd.io/enable-opaque-ports": "yse" },
    {},
    undefined,
    [
      'namespace/shop: config.linkerd.io/proxy-cpu-limit (from the namespace): "1 m" is not a Kubernetes quantity such as 100m, 2 or 64Mi; proxy.resources.cpu.limit stays unset',
      'namespace/shop: linkerd.io/enable-opaque-ports (from the namespace): "yse" is not true or false; it is ignored',
    ],
  ],
  [
    "with opaque ports that are none; the names of ports are its pods' business",
    { ...asked, "config.linkerd.io/opaque-ports": "mysql,3306,99999,my_sql,7000-6000" },
    {},
    undefined,
    [
      'namespace/shop: config.linkerd.io/opaque-ports: "99999,my_sql,7000-6000" is left out: not a port, a range or the name of a container port',
    ],
  ],
  [
    "with annotations that only pods can have",
    { ...asked, "config.linkerd.io/close-wait-timeout": "5s", "linkerd.io/created-by": "weft" },
    {},
    undefined,
    ["namespace/shop: config.linkerd.io/close-wait-timeout has no effect on a namespace: pods do not inherit it"],
  ],
  ["under Pod Security baseline", asked, baseline, undefined, [refused("baseline", init)]],
  [
    "under Pod Security restricted",
    { "linkerd.io/inject": "ingress" },
    restricted,
    undefined,
    [refused("restricted", init)],
  ],
  ["under Pod Security restricted, with CNI", asked, restricted, { cniEnabled: true }, []],
  [
    "under Pod Security restricted, with CNI and debug containers",
    { ...asked, "config.linkerd.io/enable-debug-sidecar": "true" },
    restricted,
    { cniEnabled: true },
    [
      refused(
        "restricted",
        "linkerd-debug may escalate privileges, does not drop ALL and so on; leave config.linkerd.io/enable-debug-sidecar away",
      ),
    ],
  ],
  ["under Pod Security restricted, that does not ask", { "linkerd.io/inject": "disabled" }, restricted, undefined, []],
  ["under Pod Security privileged", asked, { "pod-security.kubernetes.io/enforce": "privileged" }, undefined, []],
];

describe("advice on a Namespace", () => {
  for (const [claim, annotations, labels, values, lines] of rows) {
    it(claim, () => {
      const around = values === undefined ? {} : { values };
      expect(linesFor(namespaceWith(annotations, labels), around)).to.deep.equal(lines);
    });
  }
});
