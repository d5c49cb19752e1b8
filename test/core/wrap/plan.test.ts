/** What `weft wrap inject` makes of manifests, and everything that speaks against it. */
import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { at, labelsOf, objectsAt, textAt } from "../../../src/core/base/json/read.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import type { Choices } from "../../../src/core/wrap/choices.ts";
import { wrapPlan } from "../../../src/core/wrap/plan.ts";
import type { WrapPlan } from "../../../src/core/wrap/plan.ts";
import { choices, service, webContainer, workload } from "../../support/wrap.ts";

const digest = (text: string): string => String(text.length).padStart(64, "0");

const issuesFor = (objects: readonly JsonObject[], given: Partial<Choices> = {}): readonly string[] => {
  const plan = wrapPlan(objects, choices(given), digest);
  return "issues" in plan ? plan.issues.map(issueText) : [];
};

function planFor(objects: readonly JsonObject[], given: Partial<Choices> = {}): WrapPlan {
  const plan = wrapPlan(objects, choices(given), digest);
  if ("issues" in plan) throw new Error(plan.issues.map(issueText).join("\n"));
  return plan.value;
}

const containerNames = (object: JsonObject, list = "containers"): readonly string[] =>
  objectsAt(object, "spec", "template", "spec", list).map(({ name }) => String(name));

describe("wrap: what speaks against it", () => {
  const rows: readonly [
    claim: string,
    objects: readonly JsonObject[],
    issues: readonly string[],
    given?: Partial<Choices>,
  ][] = [
    ["nothing", [service(), workload()], []],
    ["nothing for one that only calls", [workload({ name: "front", labels: { app: "front" } })], []],
    [
      "several Services",
      [service(), service({ name: "web-2" }), workload()],
      ["deployment/web: Services web and web-2 select it; say which by linkerd.io/wrap-service"],
    ],
    [
      "several Services, one of them named",
      [service(), service({ name: "web-2" }), workload({ annotations: { "linkerd.io/wrap-service": "web-2" } })],
      [],
    ],
    [
      "a Service that is named and does not select it",
      [service(), workload({ annotations: { "linkerd.io/wrap-service": "wbe" } })],
      ['deployment/web: linkerd.io/wrap-service: no Service "wbe" selects it'],
    ],
    [
      "several ports",
      [
        service({
          ports: [
            { name: "a", port: 1 },
            { name: "b", port: 2 },
          ],
        }),
        workload(),
      ],
      ["service/web: ports a and b; say which gets the requests by linkerd.io/wrap-app-port"],
    ],
    [
      "several ports, one of them named",
      [
        service({
          ports: [
            { name: "a", port: 1 },
            { name: "b", port: 2 },
          ],
        }),
        workload({ annotations: { "linkerd.io/wrap-app-port": "8080" } }),
      ],
      [],
    ],
    [
      "several ports, one of them of UDP",
      [
        service({
          ports: [
            { name: "a", port: 1 },
            { name: "b", port: 2, protocol: "UDP" },
          ],
        }),
        workload(),
      ],
      [],
    ],
    [
      "no port",
      [service({ ports: [] }), workload()],
      ["service/web: has no TCP port; say which port gets the requests by linkerd.io/wrap-app-port"],
    ],
    [
      "a port that no container has",
      [service({ ports: [{ port: 80, targetPort: "https" }] }), workload()],
      ['deployment/web: no container has a port named "https"'],
    ],
    [
      "an annotation with a port that no container has",
      [service(), workload({ annotations: { "linkerd.io/wrap-app-port": "htpp" } })],
      ['deployment/web: linkerd.io/wrap-app-port: no container has a port named "htpp"'],
    ],
    [
      "the incoming port is taken",
      [service({ ports: [{ name: "grpc", port: 4140, targetPort: "http" }] }), workload()],
      ["service/web: port 4140 is taken by grpc; choose another with --incoming-port"],
    ],
    [
      "the name is taken",
      [service({ ports: [{ name: "router", port: 80, targetPort: "http" }] }), workload()],
      ["service/web: the name router is taken by port 80: callers look for linkerd by it; rename that port"],
    ],
    ...(
      [
        [4141, "--outgoing-port"],
        [4140, "--incoming-port"],
        [9990, "--admin-port"],
        [8001, "--api-port"],
      ] as const
    ).map(([containerPort, flag]): [string, readonly JsonObject[], readonly string[]] => [
      `a container listens on ${containerPort}`,
      [workload({ containers: [{ name: "app", image: "a", ports: [{ containerPort }] }] })],
      [
        `deployment/web: container app listens on ${containerPort}, which the sidecar needs; choose another with ${flag}`,
      ],
    ]),
    [
      "a container listens on 8001, with DNS",
      [workload({ containers: [{ name: "app", image: "a", ports: [{ containerPort: 8001 }] }] })],
      [],
      { discovery: "dns" },
    ],
    [
      "a container has a port of that name",
      [workload({ containers: [{ name: "app", image: "a", ports: [{ name: "router", containerPort: 1 }] }] })],
      ["deployment/web: container app has a port named router, by which the sidecar's is found; rename it"],
    ],
    [
      "Linkerd 2's proxy",
      [workload({ containers: [webContainer, { name: "linkerd-proxy", image: "p" }] })],
      ["deployment/web: has the proxy of Linkerd 2 (or asks for it by linkerd.io/inject): a pod has one of the two"],
    ],
    [
      "Linkerd 2's proxy, asked for",
      [workload({ annotations: { "linkerd.io/inject": "enabled" } })],
      ["deployment/web: has the proxy of Linkerd 2 (or asks for it by linkerd.io/inject): a pod has one of the two"],
    ],
    ["Linkerd 2's proxy, refused", [workload({ annotations: { "linkerd.io/inject": "disabled" } })], []],
    [
      "linkerd 1.x of somebody else's",
      [workload({ containers: [webContainer, { name: "mesh", image: "docker.io/buoyantio/linkerd:1.6.0" }] })],
      ["deployment/web: linkerd 1.x is there already, not by weft (container mesh)"],
    ],
    [
      "no token",
      [workload({ spec: { automountServiceAccountToken: false } })],
      ["deployment/web: automountServiceAccountToken is false: kubectl proxy has no token; --discovery dns needs none"],
    ],
    [
      "no token, by the account",
      [
        {
          apiVersion: "v1",
          kind: "ServiceAccount",
          metadata: { name: "default", namespace: "prod" },
          automountServiceAccountToken: false,
        },
        workload(),
      ],
      ["deployment/web: automountServiceAccountToken is false: kubectl proxy has no token; --discovery dns needs none"],
    ],
    ["no token, with DNS", [workload({ spec: { automountServiceAccountToken: false } })], [], { discovery: "dns" }],
    [
      "a name that is too long",
      [workload({ name: "x".repeat(57), labels: {} })],
      [
        `deployment/${"x".repeat(57)}: identity client.${"x".repeat(57)} needs 64 characters, and a label's value, which it becomes, has 63 at most`,
      ],
    ],
    [
      "a headless Service's name that is too long",
      [service({ name: "x".repeat(57) }), workload()],
      [
        `service/${"x".repeat(57)}: its headless Service ${"x".repeat(57)}-router needs 64 characters, and a Service's name has 63 at most`,
      ],
      { discovery: "dns" },
    ],
    [
      "several namespaces",
      [workload(), workload({ namespace: "test" })],
      ["namespaces prod and test: two Services of one name would be one identity; add {namespace} to --common-name"],
    ],
    [
      "several namespaces that are named",
      [workload(), workload({ namespace: "test" })],
      [],
      { commonName: "{service}.{namespace}" },
    ],
    ["several namespaces in mode site", [workload(), workload({ namespace: "test" })], [], { validation: "site" }],
    [
      "two that would have one name",
      [
        service({ name: "a-b", namespace: "c" }),
        workload({ namespace: "c" }),
        service({ name: "a", namespace: "b-c" }),
        workload({ namespace: "b-c" }),
      ],
      [
        '--common-name: a-b of c and a of b-c would both be "a-b-c"; separate the two by a dot, as {service}.{namespace}',
      ],
      { commonName: "{service}-{namespace}" },
    ],
    [
      "no namespace",
      [workload({ namespace: "" })],
      ["deployment/web: has no namespace, by which it is found; say which by --namespace"],
    ],
    [
      "one Service with two ports of applications",
      [
        service(),
        workload(),
        workload({
          name: "canary",
          containers: [{ name: "app", image: "a", ports: [{ name: "http", containerPort: 9090 }] }],
        }),
      ],
      [
        "deployment/canary: is Service web as deployment/web is, and takes requests at 9090, not 8080: one configuration serves both",
      ],
    ],
    [
      "a ConfigMap of somebody else's",
      [
        service(),
        workload(),
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "l5d-web", namespace: "prod" }, data: { a: "b" } },
      ],
      ["configmap/l5d-web: is there already, not by weft wrap; rename it"],
    ],
    [
      "several things at once",
      [
        service({ ports: [{ name: "router", port: 80 }] }),
        workload({ annotations: { "linkerd.io/inject": "ingress" } }),
        workload({ name: "other", labels: {}, spec: { automountServiceAccountToken: false } }),
      ],
      [
        "deployment/web: has the proxy of Linkerd 2 (or asks for it by linkerd.io/inject): a pod has one of the two",
        "deployment/other: automountServiceAccountToken is false: kubectl proxy has no token; --discovery dns needs none",
        "service/web: the name router is taken by port 80: callers look for linkerd by it; rename that port",
      ],
    ],
  ];
  for (const [claim, objects, issues, given] of rows) {
    it(claim, () => {
      expect(issuesFor(objects, given)).to.deep.equal(issues);
    });
  }
});

describe("wrap: what it makes", () => {
  const alone: readonly [claim: string, objects: readonly JsonObject[]][] = [
    ["a pod on the node's network", [workload({ spec: { hostNetwork: true } })]],
    ["a Job", [workload({ kind: "Job" })]],
    ["what says so", [workload({ annotations: { "linkerd.io/wrap": "disabled" } })]],
    ["a kind without pods", [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "prod" } }]],
    ["a kind that is not known", [{ ...workload(), apiVersion: "argoproj.io/v1alpha1", kind: "Rollout" }]],
  ];
  for (const [claim, objects] of alone) {
    it(`leaves ${claim} alone`, () => {
      const { change, added } = planFor([service(), ...objects]);
      expect(objects.map(change)).to.deep.equal(objects);
      expect(added).to.deep.equal([]);
    });
  }

  it("leaves a Service that nothing is selected by alone, and ExternalName and empty selectors out", () => {
    const [odd, none, other] = [
      service({ name: "odd", spec: { type: "ExternalName" } }),
      service({ name: "none", selector: {} }),
      service({ name: "other", selector: { app: "web", tier: "x" } }),
    ];
    const { change, report } = planFor([service(), odd, none, other, workload()]);
    expect([odd, none, other].map(change)).to.deep.equal([odd, none, other]);
    expect(report).to.deep.equal(["deployment/web: is Service web; requests go to port 8080"]);
  });

  it("leaves what has a known kind's name and another group alone", () => {
    const others = [
      { ...service(), apiVersion: "serving.knative.dev/v1" },
      { ...workload(), apiVersion: "apps.example.test/v1" },
    ];
    const { change } = planFor([service(), workload(), ...others]);
    expect(others.map(change)).to.deep.equal(others);
  });

  it("native sidecars stand in front, for Jobs, too", () => {
    const spec = { initContainers: [{ name: "migrate", image: "m" }] };
    const { change } = planFor([service(), workload({ kind: "Job", spec })], { nativeSidecar: true });
    const job = change(workload({ kind: "Job", spec }));
    expect(containerNames(job, "initContainers")).to.deep.equal(["l5d", "l5d-kubectl", "migrate"]);
    expect(at(job, "spec", "template", "spec", "initContainers", 0, "restartPolicy")).to.equal("Always");
    expect(containerNames(job)).to.deep.equal(["app"]);
  });

  it("another choice takes the place of the one before", () => {
    const before = planFor([service(), workload()], { httpProxy: false }).change(workload());
    const { change } = planFor([service(), before], { nativeSidecar: true, discovery: "dns" });
    const after = change(before);
    expect(containerNames(after, "initContainers")).to.deep.equal(["l5d"]);
    expect(containerNames(after)).to.deep.equal(["app"]);
  });

  it("another incoming port takes the place of the one before", () => {
    const before = planFor([service(), workload()]).change(service());
    const ports = { outgoing: 1, incoming: 2, admin: 3, api: 4 };
    const after = planFor([before, workload()], { ports }).change(before);
    expect(objectsAt(after, "spec", "ports").map(({ name, port }) => [name, port])).to.deep.equal([
      ["app", 80],
      ["router", 2],
    ]);
  });

  it("http_proxy is set where neither variable is, in whatever case", () => {
    const containers = [webContainer, { name: "own", image: "o", env: [{ name: "HTTP_PROXY", value: "http://x" }] }];
    const { change } = planFor([workload({ containers })], { httpProxy: true });
    const envs = objectsAt(change(workload({ containers })), "spec", "template", "spec", "containers").map((each) =>
      objectsAt(each, "env").map(({ name, value }) => `${String(name)}=${String(value)}`),
    );
    expect(envs.slice(0, 2)).to.deep.equal([
      ["http_proxy=http://127.0.0.1:4141", "no_proxy=localhost,127.0.0.1"],
      ["HTTP_PROXY=http://x"],
    ]);
  });

  it("with DNS there is a headless Service and no right, and a second run takes the Service for no other", () => {
    const first = planFor([service(), workload()], { discovery: "dns" });
    expect(
      first.added.map((object) => `${textAt(object, "kind")}/${textAt(object, "metadata", "name")}`),
    ).to.deep.equal(["ConfigMap/l5d-web", "Service/web-router"]);
    const all = [...[service(), workload()].map(first.change), ...first.added];
    const second = planFor(all, { discovery: "dns" });
    expect(all.map(second.change)).to.deep.equal(all);
    expect(second.added).to.deep.equal([]);
  });

  it("rights are in each namespace for all that call there, a binding for each account", () => {
    const objects = [workload(), workload({ namespace: "test", spec: { serviceAccountName: "web" } })];
    const { added } = planFor(objects, { commonName: "{service}.{namespace}" });
    const bindings = added.filter(({ kind }) => kind === "RoleBinding");
    expect(
      bindings.map((each) => `${textAt(each, "metadata", "namespace")}: ${textAt(each, "metadata", "name")}`),
    ).to.deep.equal([
      "prod: linkerd1-endpoints.default",
      "prod: linkerd1-endpoints.test.web",
      "test: linkerd1-endpoints.prod.default",
      "test: linkerd1-endpoints.web",
    ]);
  });

  it("a label that somebody else put on what it made stays", () => {
    const first = planFor([workload()]);
    const [map] = first.added;
    const labelled = {
      ...map,
      metadata: { ...(map?.["metadata"] as JsonObject), labels: { ...labelsOf(map ?? {}), team: "a" } },
    };
    const second = planFor([workload(), labelled]);
    expect(labelsOf(second.change(labelled))).to.include({ team: "a" });
    expect(second.added.map(({ kind }) => kind)).to.deep.equal(["Role", "RoleBinding"]);
  });

  it("all pods of a mode site have one Secret", () => {
    const { change } = planFor([workload()], { validation: "site" });
    const names = objectsAt(change(workload()), "spec", "template", "spec", "volumes").map((each) =>
      textAt(each, "secret", "secretName"),
    );
    expect(names).to.deep.equal(["", "l5d-site"]);
  });
});
