import { expect } from "chai";
import { routeKinds } from "../../../src/core/view/objects.ts";
import { policyStatus, statusToWrite } from "../../../src/core/policy/status-update.ts";
import { viewOfManifests, mesh } from "../../support/view.ts";

const server = (name: string, protocol = "HTTP/1"): string => `
---
kind: Server
metadata: { name: ${name} }
spec: { podSelector: {}, port: 8080, proxyProtocol: ${protocol} }
`;
const parent = (name: string, more = ""): string =>
  `{ group: policy.linkerd.io, kind: Server, name: ${name}, ${more} }`;
const route = (parents: string, rules = "", kind = "HTTPRoute", name = "r", status = ""): string => `
---
kind: ${kind}
metadata: { name: ${name}, generation: 3 }
spec: { parentRefs: [${parents}], rules: [${rules}] }
${status}
`;
const now = "2026-01-01T00:00:00Z";

interface Written {
  readonly parents: readonly {
    readonly parentRef: { readonly name: string; readonly namespace: string };
    readonly controllerName: string;
    readonly conditions: readonly { readonly status: string; readonly reason: string }[];
  }[];
}

const written = (objects: string) => {
  const view = viewOfManifests(objects);
  const kind = routeKinds.find((each) => view.policy(each, "shop", "r") !== undefined);
  const status = policyStatus(view, mesh, `${kind} shop/r`);
  return status && (statusToWrite(status, now) as Written | undefined);
};
const short = (objects: string) =>
  written(objects)?.parents.map(({ parentRef, conditions: [accepted] }) =>
    [parentRef.namespace, parentRef.name, accepted?.status, accepted?.reason].join(" "),
  );

describe("core/policy/server-parents", () => {
  it("an entry is as the Gateway API has it, in the name of Linkerd's controller", () => {
    expect(written(server("web") + route(parent("web")))).to.deep.equal({
      parents: [
        {
          parentRef: { group: "policy.linkerd.io", kind: "Server", namespace: "shop", name: "web" },
          controllerName: "linkerd.io/policy-controller",
          conditions: [
            {
              type: "Accepted",
              status: "True",
              reason: "Accepted",
              message: "",
              observedGeneration: 3,
              lastTransitionTime: now,
            },
          ],
        },
      ],
    });
  });

  const unreadable = "{ matches: [1] }";
  const rows: readonly [claim: string, objects: string, expected: readonly string[] | undefined][] = [
    [
      "each parent has its own",
      server("web") + route(`${parent("web")}, ${parent("gone")}, ${parent("web")}`),
      ["shop web True Accepted", "shop gone False NoMatchingParent"],
    ],
    [
      "a Server of another namespace is no parent",
      server("web") + route(parent("web", "namespace: lab")),
      ["lab web False NoMatchingParent"],
    ],
    ["one that cannot be read", server("web") + route(parent("web"), unreadable), ["shop web False UnsupportedValue"]],
    [
      "one beside another that cannot be read",
      server("web") + route(parent("web")) + route(parent("web"), unreadable, "HTTPRoute", "other"),
      ["shop web True Accepted"],
    ],
    ["of another protocol", server("web", "gRPC") + route(parent("web")), ["shop web False UnsupportedProtocol"]],
    ["calls", server("web", "gRPC") + route(parent("web"), "", "GatewayGRPCRoute"), ["shop web True Accepted"]],
    ["of the Gateway API", server("web") + route(parent("web"), "", "GatewayHTTPRoute"), ["shop web True Accepted"]],
    ["nothing of other kinds of parents", route("{ name: gateway }, { kind: Service, name: web }"), undefined],
    [
      "entries of others stay, and one of ours that is no parent any more goes",
      route(
        "",
        "",
        "HTTPRoute",
        "r",
        `status: { parents: [{ parentRef: { name: g, namespace: x }, controllerName: o, conditions: [] },
          { parentRef: { name: s, namespace: x }, controllerName: linkerd.io/policy-controller, conditions: [] }] }`,
      ),
      ["x g  "],
    ],
  ];
  for (const [claim, objects, expected] of rows) it(claim, () => expect(short(objects)).to.deep.equal(expected));
});
