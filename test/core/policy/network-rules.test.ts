/** What is mistyped in a NetworkPolicy never leaves a port open that it was to close; and ranges of ports. */
import { expect } from "chai";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { inboundPolicy } from "../../../src/core/policy/inbound.ts";
import { networkRules } from "../../../src/core/policy/network-rules.ts";
import { policyView } from "../../../src/core/view/from-objects.ts";
import { viewOf, mesh } from "../../support/view.ts";

const web: JsonObject = {
  kind: "Pod",
  metadata: { name: "web", labels: { app: "web" } },
  spec: { serviceAccountName: "web", containers: [{ name: "main", ports: [{ containerPort: 8080, name: "http" }] }] },
};
const service: JsonObject = {
  kind: "Service",
  metadata: { name: "web" },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }, { port: 9000 }] },
};
const target = { kind: "Service", name: "web" };
const from: Json = [{ selector: {} }];

const policy = (spec: JsonObject): JsonObject => ({
  kind: "NetworkPolicy",
  metadata: { name: "p", namespace: "shop" },
  spec,
});

/** Of these ports, who gets in: `mesh`, `all` or `-`. */
function letIn(spec: JsonObject, ports: readonly number[]): string {
  const view = viewOf(web, service, policy(spec));
  return ports
    .map((port) => {
      const answer = inboundPolicy(view, mesh, { namespace: "shop", pod: "web" }, port);
      const [first] = answer.kind === "server" ? (answer.server.authorizations ?? []) : [];
      return first === undefined ? "-" : first.authentication?.unauthenticated === undefined ? "mesh" : "all";
    })
    .join(" ");
}

const issuesOf = (spec: JsonObject): readonly string[] =>
  networkRules(policyView("NetworkPolicy")(policy(spec))).issues.map(issueText);

describe("core/policy/network-rules", () => {
  const ingress = (port: JsonObject): JsonObject => ({ targetRef: target, ingress: [{ from, ports: [port] }] });
  /** 8080 and 9000 are behind the Service, 8085 is a port of the pod alone. */
  const rows: readonly [claim: string, spec: JsonObject, lets: string, issues: readonly string[]][] = [
    ["a port", ingress({ port: 8080 }), "mesh all all", []],
    ["a range", ingress({ port: 8080, endPort: 8090 }), "mesh mesh all", []],
    ["a range of one", ingress({ port: 8085, endPort: 8085 }), "all mesh all", []],
    [
      "a range that ends before it begins",
      ingress({ port: 8085, endPort: 8080 }),
      "- - -",
      ["spec.ingress[0].ports[0].endPort: must be a number, from port to 65535"],
    ],
    [
      "a port of which all is wrong, at once",
      ingress({ port: 8080, endPort: 10, protocl: "TCP" }),
      "- all -",
      [
        "spec.ingress[0].ports[0].endPort: must be a number, from port to 65535",
        'spec.ingress[0].ports[0]["protocl"]: is unknown (did you mean protocol?): expected port, endPort, protocol',
      ],
    ],
    [
      "no port, of another protocol",
      ingress({ port: 0, protocol: "UDP" }),
      "- all -",
      ["spec.ingress[0].ports[0].port: must be a number, 1 to 65535", "spec.ingress[0].ports[0].protocol: must be TCP"],
    ],
    [
      "ranges that overlap, each port once",
      {
        targetRef: target,
        ingress: [
          {
            from,
            ports: [
              { port: 8000, endPort: 8200 },
              { port: 8080, endPort: 8250 },
            ],
          },
        ],
      },
      "mesh mesh all",
      [],
    ],
    [
      "a peer and an expression of which all is wrong, at once",
      {
        targetRef: { ...target, kind: "Pod", nam: "x" },
        ingress: [
          {
            from: [{ form: 1, selector: { matchExpressions: [{ key: "a", opertor: "In" }] } }],
            ports: [{ port: 8080 }],
          },
        ],
      },
      "all all all",
      [
        "spec.targetRef: must be {kind: Service, name: <a Service of this namespace>}",
        'spec.targetRef["nam"]: is unknown (did you mean name?): expected group, kind, name, namespace',
        "spec.ingress[0].from[0].selector.matchExpressions[0]: must have key, operator (In, NotIn, Exists, DoesNotExist) and values, texts",
        'spec.ingress[0].from[0].selector.matchExpressions[0]["opertor"]: is unknown (did you mean operator?): expected key, operator, values',
        'spec.ingress[0].from[0]["form"]: is unknown: expected selector',
      ],
    ],
    [
      "a range of more ports than a rule may have",
      ingress({ port: 8080, endPort: 65_535 }),
      "- - -",
      ["spec.ingress[0].ports: has more than 256 ports"],
    ],
    [
      "ingress, mistyped",
      { targetRef: target, ingres: [{ from, ports: [{ port: 8085 }] }] },
      "- all -",
      ['spec["ingres"]: is unknown (did you mean ingress?): expected targetRef, ingress, egress'],
    ],
    [
      "policyTypes of Kubernetes",
      { targetRef: target, policyTypes: ["Ingress"] },
      "- all -",
      ['spec["policyTypes"]: is unknown: expected targetRef, ingress, egress'],
    ],
    [
      "a protocol, mistyped",
      ingress({ port: 8085, protocl: "TCP" }),
      "- - -",
      ['spec.ingress[0].ports[0]["protocl"]: is unknown (did you mean protocol?): expected port, endPort, protocol'],
    ],
    [
      "a port that is none",
      ingress({ port: "http" }),
      "- all -",
      ["spec.ingress[0].ports[0].port: must be a number, 1 to 65535"],
    ],
    [
      "UDP",
      ingress({ port: 8080, protocol: "UDP" }),
      "all all all",
      ["spec.ingress[0].ports[0].protocol: must be TCP"],
    ],
    [
      "ports, mistyped",
      { targetRef: target, ingress: [{ from, port: [{ port: 8080 }] }] },
      "- all -",
      [
        "spec.ingress[0].ports: lists no port: the rule does nothing",
        'spec.ingress[0]["port"]: is unknown (did you mean ports?): expected from, ports',
      ],
    ],
    [
      "from, mistyped",
      { targetRef: target, ingress: [{ form: from, ports: [{ port: 8080 }] }] },
      "- all all",
      ['spec.ingress[0]["form"]: is unknown (did you mean from?): expected from, ports'],
    ],
    [
      "an expression, mistyped",
      {
        targetRef: target,
        ingress: [
          {
            from: [{ selector: { matchExpressions: [{ key: "a", operator: "Exists", vlaues: ["b"] }] } }],
            ports: [{ port: 8080 }],
          },
        ],
      },
      "- all all",
      [
        'spec.ingress[0].from[0].selector.matchExpressions[0]["vlaues"]: is unknown (did you mean values?): expected key, operator, values',
      ],
    ],
    ["ingress that is not a list", { targetRef: target, ingress: {} }, "- all -", ["spec.ingress: must be a list"]],
    [
      "a target in another namespace",
      { targetRef: { ...target, namespace: "bank" }, ingress: [{ from, ports: [{ port: 8080 }] }] },
      "all all all",
      ["spec.targetRef: must be {kind: Service, name: <a Service of this namespace>}"],
    ],
    [
      "a target with its own namespace",
      { targetRef: { ...target, namespace: "shop" }, ingress: [{ from, ports: [{ port: 8080 }] }] },
      "mesh all all",
      [],
    ],
    [
      "a key beside the target's name",
      { targetRef: { ...target, sectionName: "http" }, ingress: [{ from, ports: [{ port: 8085 }] }] },
      "- mesh -",
      ['spec.targetRef["sectionName"]: is unknown: expected group, kind, name, namespace'],
    ],
    [
      "keys of egress, mistyped: egress restricts nothing",
      { targetRef: target, egress: [{ tos: [], to: [{ ip: {}, prots: [] }], ports: [{ port: 1, portocol: "" }] }] },
      "all all all",
      [
        'spec.egress[0].to[0]["prots"]: is unknown (did you mean ports?): expected ip, ports',
        'spec.egress[0].ports[0]["portocol"]: is unknown (did you mean protocol?): expected port, endPort, protocol',
        'spec.egress[0]["tos"]: is unknown: expected to, ports',
      ],
    ],
  ];
  for (const [claim, spec, lets, issues] of rows)
    it(claim, () => {
      expect(letIn(spec, [8080, 8085, 9000])).to.equal(lets);
      expect(issuesOf(spec)).to.deep.equal(issues);
    });
});
