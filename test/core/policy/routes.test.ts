import { expect } from "chai";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { policyIssues } from "../../../src/core/policy/linkerd.ts";
import { serverOf, who } from "./answers.ts";
import { viewOfManifests, mesh } from "../../support/view.ts";

const web = `
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: main, ports: [{ containerPort: 8080 }], readinessProbe: { httpGet: { path: /up, port: 8080 } } }] }
---
kind: Server
metadata: { name: web }
spec: { podSelector: { matchLabels: { app: web } }, port: 8080, proxyProtocol: HTTP/1 }
---
kind: AuthorizationPolicy
metadata: { name: web }
spec:
  targetRef: { group: policy.linkerd.io, kind: Server, name: web }
  requiredAuthenticationRefs: [{ kind: ServiceAccount, name: client }]
`;

const route = (kind: string, parent: string, namespace = "shop"): string => `
---
kind: ${kind}
metadata: { name: read-only, namespace: ${namespace} }
spec: { parentRefs: [${parent}] }
`;

const toWeb = "{ group: policy.linkerd.io, kind: Server, name: web }";
const clients = ["client.shop from everywhere"];

describe("core/policy/routes", () => {
  const rows: readonly [claim: string, objects: string, allowed: readonly string[]][] = [
    ["no route: who is authorized", "", clients],
    ["a route of the Server: nobody", route("HTTPRoute", toWeb), []],
    ["one of the Gateway API: nobody", route("GatewayHTTPRoute", toWeb), []],
    ["one for gRPC: nobody", route("GatewayGRPCRoute", toWeb), []],
    ["a route of another Server", route("HTTPRoute", toWeb.replace("web", "api")), clients],
    ["a route of a Service", route("GatewayHTTPRoute", "{ kind: Service, name: web }"), clients],
    [
      "a route in another namespace",
      route("HTTPRoute", toWeb.replace("name", "namespace: shop, name"), "lab"),
      clients,
    ],
    ["a route without parents", route("HTTPRoute", ""), clients],
  ];
  for (const [claim, objects, allowed] of rows)
    it(`lets in: ${claim}`, () => {
      const server = serverOf(viewOfManifests(web + objects), 8080);
      expect(server.authorizations?.map(who)).to.deep.equal(allowed);
      // What kubelet asks gets in all the same.
      expect(server.protocol?.http1?.routes?.[1]?.authorizations?.map(who)).to.deep.equal(["anyone from everywhere"]);
    });

  it("says so of the route", () => {
    const view = viewOfManifests(web + route("HTTPRoute", toWeb));
    const issues = view.policies("HTTPRoute", "shop").flatMap((each) => policyIssues(view, mesh, each).map(issueText));
    expect(issues).to.deep.equal([
      "spec.parentRefs: attached to Server web: weft does not read routes, so its ports let nobody in but kubelet's probes",
    ]);
  });
});
