import { expect } from "chai";
import { tapQuery } from "../../src/web/tap-query.ts";

describe("tap query", () => {
  const rows: readonly [claim: string, query: string, expected: unknown][] = [
    [
      "a workload",
      "resource=deployment/web&namespace=shop",
      { value: { resource: "deployment/web", namespace: "shop", path: undefined, method: undefined } },
    ],
    [
      "with matches",
      "resource=pod/web-1.a&namespace=shop&path=/a%20b&method=GET",
      { value: { resource: "pod/web-1.a", namespace: "shop", path: "/a b", method: "GET" } },
    ],
    [
      "empty matches are none",
      "resource=deployment/web&namespace=shop&path=&method=",
      { value: { resource: "deployment/web", namespace: "shop", path: undefined, method: undefined } },
    ],
    ["no resource", "namespace=shop", { issue: 'resource: "" is none, expected one such as deployment/web' }],
    [
      "a resource that would be a flag",
      "resource=--all&namespace=shop",
      { issue: 'resource: "--all" is none, expected one such as deployment/web' },
    ],
    [
      "a path in the place of a name",
      "resource=deployment/../x&namespace=shop",
      { issue: 'resource: "deployment/../x" is none, expected one such as deployment/web' },
    ],
    ["no namespace", "resource=deployment/web", { issue: 'namespace: "" is not the name of a namespace' }],
  ];
  for (const [claim, query, expected] of rows)
    it(claim, () => expect(tapQuery(new URLSearchParams(query))).to.deep.equal(expected));
});
