/** The policies of `docs/routes.md` can be read, and hold. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { policyIssues } from "../../src/core/policy/linkerd.ts";
import { policyKinds } from "../../src/core/view/objects.ts";
import { serverOf, who } from "../core/policy/answers.ts";
import { viewOfManifests, mesh } from "../support/view.ts";

const page = readFileSync(new URL("../../docs/routes.md", import.meta.url), "utf8");
const policies = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);
const pod = "{ kind: Pod, metadata: { name: web, labels: { app: api } }, spec: { containers: [] } }\n";

describe("docs/routes.md", () => {
  const view = viewOfManifests([pod, ...policies].join("---\n"));

  it("shows policies of which nothing is wrong", () => {
    const kinds = policyKinds.filter((kind) => view.policies(kind, "shop").length > 0);
    expect(kinds).to.deep.equal(["Server", "AuthorizationPolicy", "HTTPLocalRateLimitPolicy", "HTTPRoute"]);
    for (const kind of kinds)
      for (const policy of view.policies(kind, "shop")) expect(policyIssues(view, mesh, policy)).to.deep.equal([]);
  });
  it("shows a route by which the client that it names gets in, and a limit", () => {
    const { protocol, authorizations } = serverOf(view, 8080);
    expect(authorizations).to.deep.equal([]);
    expect(protocol?.http1?.routes?.map((route) => route.authorizations?.map(who))).to.deep.equal([
      ["web.shop from everywhere"],
    ]);
    expect(protocol?.http1?.local_rate_limit?.overrides).to.have.length(1);
  });
});
