import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { asked, linesFor, workload } from "../../support/advice.ts";
import type { Around } from "../../support/advice.ts";

const enforces = (level: string) => ({ "pod-security.kubernetes.io/enforce": level });
const debug = { "config.linkerd.io/enable-debug-sidecar": "true" };
const obedient: JsonObject = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};
const restrictedPod = { spec: { containers: [{ name: "app", securityContext: obedient }] } };
const initRefused = (level: string): string =>
  `deployment/web: pods will be refused: the namespace enforces Pod Security ${level}, but linkerd-init adds NET_ADMIN, NET_RAW; use Linkerd's CNI plugin (cniEnabled: true), or enforce privileged`;

const rows: readonly [claim: string, object: JsonObject, around: Around, lines: readonly string[]][] = [
  ["that is as it should be gets none", workload("Deployment", asked), {}, []],
  ["that nobody asked to mesh gets none", workload("DaemonSet", {}, { spec: { hostNetwork: true } }), {}, []],
  [
    "with a typo",
    workload("Deployment", { ...asked, "config.linkerd.io/proxy-cpu-limt": "1" }),
    {},
    [
      'deployment/web: annotation "config.linkerd.io/proxy-cpu-limt" is unknown; did you mean config.linkerd.io/proxy-cpu-limit?',
    ],
  ],
  [
    "with a typo, though nobody asked",
    workload("StatefulSet", { "linkerd.io/injct": "enabled" }),
    {},
    ['statefulset/web: annotation "linkerd.io/injct" is unknown; did you mean linkerd.io/inject?'],
  ],
  [
    "with a value that cannot be used",
    workload("Deployment", { ...asked, "config.linkerd.io/proxy-await": "yes" }),
    {},
    ['deployment/web: config.linkerd.io/proxy-await: "yes" is not enabled or disabled; proxy.await stays true'],
  ],
  [
    "with a value of linkerd.io/inject that is none",
    workload("Deployment", { "linkerd.io/inject": "enabeld" }),
    {},
    [
      'deployment/web: linkerd.io/inject of the pod: "enabeld" is not enabled, disabled or ingress, so nothing is injected; did you mean "enabled"?',
    ],
  ],
  [
    "on the host's network, in a namespace that asks",
    workload("DaemonSet", {}, { spec: { hostNetwork: true } }),
    { annotations: asked },
    ["daemonset/web: asked for injection, but is not injected: hostNetwork is enabled"],
  ],
  [
    "on the host's network, that declines",
    workload("DaemonSet", { "linkerd.io/inject": "disabled" }, { spec: { hostNetwork: true } }),
    { annotations: asked },
    [],
  ],
  [
    "with another mesh's sidecar",
    workload("Deployment", asked, { spec: { containers: [{ name: "istio-proxy" }] } }),
    {},
    ["deployment/web: asked for injection, but is not injected: pod has a sidecar injected already"],
  ],
  [
    "that was injected by hand, and its author knows",
    workload(
      "Deployment",
      { ...asked, "linkerd.io/created-by": "linkerd/cli stable-2.14" },
      {
        spec: { containers: [{ name: "app" }, { name: "linkerd-proxy" }] },
        metadata: { annotations: { "config.linkerd.io/proxy-additional-env": "[]" } },
      },
    ),
    {},
    [],
  ],
  [
    "with an opaque port that no container has",
    workload("Deployment", { ...asked, "config.linkerd.io/opaque-ports": "http,mysql,3306" }),
    {},
    [
      'deployment/web: config.linkerd.io/opaque-ports: "mysql" is left out: not a port, a range or the name of a container port',
    ],
  ],
  [
    "whose annotations are on the workload",
    workload("Deployment", {}, { metadata: { annotations: { ...asked, note: "x" } } }),
    {},
    [
      "deployment/web: linkerd.io/inject has no effect here: pods get the annotations in spec.template.metadata.annotations",
    ],
  ],
  [
    "whose annotations are on the CronJob",
    workload(
      "CronJob",
      {},
      {
        metadata: {
          annotations: {
            "linkerd.io/inject": "disabled",
            "config.linkerd.io/proxy-await": "disabled",
            "config.linkerd.io/proxy-uid": "1",
          },
        },
      },
    ),
    {},
    [
      "cronjob/web: linkerd.io/inject, config.linkerd.io/proxy-await and 1 more have no effect here: pods get the annotations in spec.jobTemplate.spec.template.metadata.annotations",
    ],
  ],
  [
    "whose annotations are on the workload as well",
    workload("Deployment", asked, { metadata: { annotations: asked } }),
    {},
    [],
  ],
  [
    "with a typo on the workload",
    workload("Deployment", asked, { metadata: { annotations: { "linkerd.io/injec": "enabled" } } }),
    {},
    ['deployment/web: annotation "linkerd.io/injec" is unknown; did you mean linkerd.io/inject?'],
  ],
  [
    "with a label in place of an annotation",
    workload("Deployment", {}, { metadata: { labels: { "linkerd.io/inject": "enabled", app: "web" } } }),
    {},
    ['deployment/web: label "linkerd.io/inject" has no effect; did you mean the annotation linkerd.io/inject?'],
  ],
  [
    "with settings that cannot inject it",
    workload("Deployment", asked),
    { values: { "proxyInit.closeWaitTimeoutSecs": 5 } },
    [
      "deployment/web: cannot be injected with weft's settings: proxyInit.closeWaitTimeoutSecs: needs proxyInit.runAsRoot: true",
    ],
  ],
  [
    "most important first",
    workload("Deployment", { ...asked, "config.linkerd.io/proxy-uid": "x", "linkerd.io/injct": "y" }),
    { labels: enforces("baseline") },
    [
      initRefused("baseline"),
      'deployment/web: config.linkerd.io/proxy-uid: "x" is not a user id from 0 to 2147483647; proxy.uid stays 2102',
      'deployment/web: annotation "linkerd.io/injct" is unknown; did you mean linkerd.io/inject?',
    ],
  ],

  [
    "under Pod Security baseline",
    workload("Deployment", asked),
    { labels: enforces("baseline") },
    [initRefused("baseline")],
  ],
  [
    "under Pod Security restricted, which it obeys itself",
    workload("Deployment", asked, restrictedPod),
    { labels: enforces("restricted") },
    [initRefused("restricted")],
  ],
  [
    "under Pod Security restricted, which it does not obey itself",
    workload("Deployment", { ...asked, ...debug }),
    { labels: enforces("restricted") },
    [initRefused("restricted")],
  ],
  [
    "under Pod Security restricted, with CNI",
    workload("Deployment", asked, restrictedPod),
    { labels: enforces("restricted"), values: { cniEnabled: true } },
    [],
  ],
  [
    "under Pod Security restricted, with CNI and a context of the whole pod's",
    workload("Deployment", asked, {
      spec: {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          { name: "app", securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } },
        ],
      },
    }),
    { labels: enforces("restricted"), values: { cniEnabled: true } },
    [],
  ],
  [
    "under Pod Security restricted, with CNI and a debug container (S-56)",
    workload("Deployment", { ...asked, ...debug }, restrictedPod),
    { labels: enforces("restricted"), values: { cniEnabled: true } },
    [
      "deployment/web: pods will be refused: the namespace enforces Pod Security restricted, but linkerd-debug may escalate privileges, does not drop ALL and so on; leave config.linkerd.io/enable-debug-sidecar away, or enforce privileged",
    ],
  ],
  ["under Pod Security privileged", workload("Deployment", asked), { labels: enforces("privileged") }, []],
  [
    "under Pod Security baseline that nobody asked to mesh",
    workload("Deployment"),
    { labels: enforces("baseline") },
    [],
  ],

  [
    "that is a Job, with an ordinary container for a proxy",
    workload("Job", asked),
    { values: { "proxy.nativeSidecar": false } },
    [
      'job/web: linkerd-proxy runs on when the work is done, so that the Job never completes; config.linkerd.io/proxy-enable-native-sidecar: "true" makes it end by itself',
    ],
  ],
  [
    "that is a Job, with a native sidecar by its own wish",
    workload("Job", { ...asked, "config.linkerd.io/proxy-enable-native-sidecar": "true" }),
    { values: { "proxy.nativeSidecar": false } },
    [],
  ],
  [
    "that is a Job, and may shut its proxy down",
    workload("Job", { ...asked, "config.linkerd.io/proxy-admin-shutdown": "enabled" }),
    { values: { "proxy.nativeSidecar": false } },
    [],
  ],
  [
    "that makes Jobs with a debug container",
    workload("CronJob", { ...asked, ...debug }),
    { values: { "proxy.nativeSidecar": true } },
    [
      "cronjob/web: linkerd-debug runs on when the work is done, so that the Job never completes; leave config.linkerd.io/enable-debug-sidecar away",
    ],
  ],
  [
    "that is not a Job, with an ordinary container for a proxy",
    workload("Deployment", asked),
    { values: { "proxy.nativeSidecar": false } },
    [],
  ],
  ["of another API group is not known", { ...workload("Job", asked), apiVersion: "batch.volcano.sh/v1alpha1" }, {}, []],
  ["with a template that cannot be read", { ...workload("Deployment"), spec: { template: { spec: 1 } } }, {}, []],
];

describe("advice on a workload", () => {
  for (const [claim, object, around, lines] of rows) {
    it(claim, () => expect(linesFor(object, around)).to.deep.equal(lines));
  }

  for (const kind of ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"]) {
    it(`is given on a ${kind}`, () => {
      expect(linesFor(workload(kind, { "linkerd.io/injct": "enabled" }))).to.deep.equal([
        `${kind.toLowerCase()}/web: annotation "linkerd.io/injct" is unknown; did you mean linkerd.io/inject?`,
      ]);
    });
  }
});
