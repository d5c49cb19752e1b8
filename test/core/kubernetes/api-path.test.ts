import { expect } from "chai";
import { collectionPath, isApiPath, objectPath } from "../../../src/core/kubernetes/api-path.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";

const replicaSets = { apiVersion: "apps/v1", plural: "replicasets" };
const label63 = "a".repeat(63);
const noNamespace = (shown: string): string => `namespace: ${shown} is not the name of a namespace (DNS label)`;
const noName = (shown: string): string => `name: ${shown} is not the name of an object (DNS subdomain)`;

describe("a path of the Kubernetes API", () => {
  const rows: readonly [namespace: string | undefined, name: string, expected: string][] = [
    ["shop", "web-7d4b9", "/apis/apps/v1/namespaces/shop/replicasets/web-7d4b9"],
    [undefined, "web.v2", "/apis/apps/v1/replicasets/web.v2"],
    [label63, "a".repeat(253), `/apis/apps/v1/namespaces/${label63}/replicasets/${"a".repeat(253)}`],
    [`${label63}a`, "web", noNamespace(`"${"a".repeat(59)}…"`)],
    ["a.b", "web", noNamespace('"a.b"')],
    ["", "web", noNamespace('""')],
    ["..", "web", noNamespace('".."')],
    ["Shop", "web", noNamespace('"Shop"')],
    ["shop/pods/web/exec?command=sh#", "web", noNamespace('"shop/pods/web/exec?command=sh#"')],
    ["shop", "", noName('""')],
    ["shop", ".", noName('"."')],
    ["shop", "..", noName('".."')],
    ["shop", "a..b", noName('"a..b"')],
    ["shop", "a/b", noName('"a/b"')],
    ["shop", "a?dryRun=All", noName('"a?dryRun=All"')],
    ["shop", "a#", noName('"a#"')],
    ["shop", "%2e%2e", noName('"%2e%2e"')],
    ["shop", "a\n", noName(String.raw`"a\n"`)],
    ["shop", "\ud800", noName(String.raw`"\ud800"`)],
    ["shop", "a".repeat(254), noName(`"${"a".repeat(59)}…"`)],
    ["shop", "__proto__", noName('"__proto__"')],
  ];
  for (const [namespace, name, expected] of rows) {
    it(`of ${JSON.stringify([namespace, name]).slice(0, 60)} is ${expected.slice(0, 70)}`, () => {
      const made = objectPath({ ...replicaSets, namespace }, name);
      expect("path" in made ? made.path : issueText(made.issue)).to.equal(expected);
      expect(!("path" in made) || isApiPath(made.path)).to.equal(true);
    });
  }

  it("of the core group has another root", () => {
    expect(collectionPath({ apiVersion: "v1", plural: "events", namespace: "shop" })).to.deep.equal({
      path: "/api/v1/namespaces/shop/events",
    });
  });
});

describe("what can be asked for", () => {
  const rows: readonly [path: string, is: boolean][] = [
    ["/", true],
    ["/version", true],
    ["/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node", true],
    ["/api/v1/namespaces/weft/pods/weft-1:9995/proxy/readyz", true],
    ["", false],
    ["version", false],
    ["//version", false],
    ["/api/v1//pods", false],
    ["/api/v1/namespaces/", false],
    ["/api/v1/..", false],
    ["/api/v1/./pods", false],
    ["/api/v1/%2e%2e/pods", false],
    ["/api/v1/pods?watch=true", false],
    ["/api/v1/pods#", false],
    ["/api/v1/pods\\..", false],
    ["/api/v1/pods ", false],
    ["/api/v1/pods\r\nx: y", false],
    ["/api/v1/ü", false],
  ];
  for (const [path, is] of rows) it(`${JSON.stringify(path)}: ${is}`, () => expect(isApiPath(path)).to.equal(is));
});
