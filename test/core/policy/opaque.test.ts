import { expect } from "chai";
import { isOpaqueForClient, isOpaqueOnPod, isOpaqueOnService } from "../../../src/core/policy/opaque.ts";
import { viewOfManifests, mesh } from "../../support/view.ts";
import { walkthrough } from "./walkthrough.ts";

const annotations = (own: string): string => (own === "" ? "" : `, annotations: { ${own} }`);

const pod = (own = "", namespace = "") =>
  viewOfManifests(`
kind: Namespace
metadata: { name: shop${annotations(namespace)} }
---
kind: Pod
metadata: { name: web, labels: { app: web }${annotations(own)} }
spec: { containers: [{ name: main, ports: [{ containerPort: 8080, name: app }, { containerPort: 3306, name: db }] }] }
`);

const service = (own: string, namespace: string, port: string) =>
  viewOfManifests(`
kind: Namespace
metadata: { name: shop${annotations(namespace)} }
---
kind: Service
metadata: { name: web${annotations(own)} }
spec: { clusterIP: 10.2.0.9, selector: { app: web }, ports: [${port}] }
`);

const list = (text: string): string => `config.linkerd.io/opaque-ports: "${text}"`;
const all = (text: string): string => `linkerd.io/enable-opaque-ports: "${text}"`;

describe("core/policy/opaque", () => {
  const podRows: readonly [claim: string, own: string, namespace: string, port: number, opaque: boolean][] = [
    ["the default list holds for a pod that says nothing", "", "", 3306, true],
    ["and for no other port", "", "", 8080, false],
    ["the pod's list replaces it", list("8080"), "", 3306, false],
    ["a number", list("8080"), "", 8080, true],
    ["a range", list("1000,8000-8100"), "", 8080, true],
    ["a container's port name", list("app"), "", 8080, true],
    ["the name of another port", list("db"), "", 8080, false],
    ["an unusable entry is left out", list("nonsense,8080"), "", 8080, true],
    ["an empty list: none", list(""), list("8080"), 3306, false],
    ["the namespace's list", "", list("8080"), 8080, true],
    ["the namespace's list replaces the default one", "", list("8080"), 3306, false],
    ["the pod's list before the namespace's", list("3306"), list("8080"), 8080, false],
    ["the switch: every port", all("true"), "", 8080, true],
    ["the pod's list before its switch", `${list("3306")}, ${all("true")}`, "", 8080, false],
    ["the pod's switch before the namespace's list", all("true"), list("3306"), 8080, true],
    ["the namespace's list before its switch", "", `${list("3306")}, ${all("true")}`, 8080, false],
    ["the namespace's switch", "", all("true"), 8080, true],
    ["the pod's switch turns the namespace's off", all("false"), all("true"), 8080, false],
    ["the default list stays with the switch off", all("false"), "", 3306, true],
    ["the proxy's own ports never are", all("true"), "", 4191, false],
    ["nor are they where the pod moves them", `${all("true")}, config.linkerd.io/admin-port: "5191"`, "", 5191, false],
  ];
  for (const [claim, own, namespace, port, opaque] of podRows)
    it(`pod: ${claim}`, () => {
      const view = pod(own, namespace);
      const [web] = view.podsIn("shop");
      expect(web && isOpaqueOnPod(view, mesh, web, port)).to.equal(opaque);
    });

  const serviceRows: readonly [string, string, string, string, number, boolean][] = [
    ["the default list by its port", "", "", "{ port: 3306, targetPort: 80 }", 3306, true],
    ["the default list by the pod's port", "", "", "{ port: 80, targetPort: 3306 }", 80, true],
    ["nothing else", "", "", "{ port: 80, targetPort: 8080 }", 80, false],
    ["its list, by its port", list("80"), "", "{ port: 80, targetPort: 8080 }", 80, true],
    ["its list is not of the pod's ports", list("8080"), "", "{ port: 80, targetPort: 8080 }", 80, false],
    ["its list, by the port's name", list("db"), "", "{ name: db, port: 80, targetPort: 8080 }", 80, true],
    ["the namespace's list", "", list("80"), "{ port: 80, targetPort: 8080 }", 80, true],
    ["its list before the namespace's", list("81"), list("80"), "{ port: 80, targetPort: 8080 }", 80, false],
  ];
  for (const [claim, own, namespace, port, number, opaque] of serviceRows)
    it(`Service: ${claim}`, () => {
      const view = service(own, namespace, port);
      const web = view.service("shop", "web");
      expect(web && isOpaqueOnService(view, mesh, web, number)).to.equal(opaque);
    });

  describe("by a NetworkPolicy", () => {
    const view = viewOfManifests(walkthrough);
    const onPod = (name: string, port: number): boolean | undefined => {
      const found = view.pod("shop", name);
      return found && isOpaqueOnPod(view, mesh, found, port);
    };

    it("ingress ports of the pods behind the Service", () => {
      expect([onPod("backend-1", 8080), onPod("frontend-1", 9090)]).to.deep.equal([true, true]);
    });
    it("no other port, and no other pod", () => {
      expect([onPod("backend-1", 9090), onPod("frontend-1", 8080)]).to.deep.equal([false, false]);
    });
    it("egress ports, beside `to` or in it, for the pods that leave", () => {
      const clients = ["backend-1", "frontend-1"].map((name) => ({ namespace: "shop", pod: name }));
      expect(clients.map((client) => isOpaqueForClient(view, client, 8080))).to.deep.equal([true, true]);
      expect(clients.map((client) => isOpaqueForClient(view, client, 9090))).to.deep.equal([false, false]);
    });
    it("nothing for a client that is not known", () => {
      expect(isOpaqueForClient(view, undefined, 8080)).to.equal(false);
      expect(isOpaqueForClient(view, { namespace: "shop", pod: "gone" }, 8080)).to.equal(false);
    });

    const behind = (targetPort: string, listed: number, pods = true) =>
      viewOfManifests(`
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.2.0.9, selector: { app: web }, ports: [{ port: 80, targetPort: ${targetPort} }, { port: 81, targetPort: 9 }] }
---
kind: NetworkPolicy
metadata: { name: only }
spec: { targetRef: { kind: Service, name: web }, ingress: [{ ports: [{ port: ${listed}, protocol: TCP }] }] }
${
  pods
    ? `---
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: main, ports: [{ containerPort: 8080, name: app }] }] }`
    : ""
}`);
    const rows: readonly [string, ReturnType<typeof behind>, readonly number[], readonly number[]][] = [
      ["a policy that lists the Service's port", behind("8080", 80), [80], [80, 8080]],
      ["a policy that lists the pod's port", behind("8080", 8080), [80], [8080]],
      ["a target port by name, the Service's port listed", behind("app", 80), [80], [80, 8080]],
      ["a target port by name, the pod's port listed", behind("app", 8080), [80], [8080]],
      ["a name that no pod has", behind("nothing", 8080), [], [8080]],
    ];
    for (const [claim, each, ofService, ofPod] of rows)
      it(claim, () => {
        const [web, one] = [each.service("shop", "web"), each.pod("shop", "web")];
        const ports = [80, 81, 8080];
        expect(ports.filter((port) => web && isOpaqueOnService(each, mesh, web, port))).to.include.members(ofService);
        expect(web && isOpaqueOnService(each, mesh, web, 81)).to.equal(false);
        expect(ports.filter((port) => one && isOpaqueOnPod(each, mesh, one, port))).to.deep.equal(ofPod);
      });

    it("a Service without pods is opaque already where its target is a number", () => {
      const empty = behind("8080", 8080, false);
      const web = empty.service("shop", "web");
      expect(web && isOpaqueOnService(empty, mesh, web, 80)).to.equal(true);
    });
  });
});
