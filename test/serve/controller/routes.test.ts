import { expect } from "chai";
import { tellClosingRoutes } from "../../../src/serve/controller/routes.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { policyView } from "../../../src/core/view/from-objects.ts";
import { liveCluster } from "../../../src/core/view/live.ts";
import { createLog } from "../../../src/observe/log.ts";

const route = (name: string, server: string): JsonObject => ({
  metadata: { name, namespace: "shop" },
  spec: { parentRefs: [{ group: "policy.linkerd.io", kind: "Server", name: server }], rules: [{ matches: [1] }] },
});

describe("routes that close Servers", () => {
  it("are told when they appear, each once", () => {
    const live = liveCluster((run) => run());
    let text = "";
    const log = createLog({
      level: "info",
      format: "plain",
      sink: { write: (line: string) => void (text += line) },
      now: () => new Date(0),
    });
    const told = (): readonly string[] => {
      const lines = text
        .split("\n")
        .flatMap((line) => /route="([^:]+): closes Server (\w+),/.exec(line)?.slice(1).join(" ") ?? []);
      text = "";
      return lines;
    };
    const put = (kind: "Server" | "HTTPRoute" | "GatewayHTTPRoute", object: JsonObject): void =>
      live.index.apply(kind, `shop/${(object["metadata"] as { name: string }).name}`, policyView(kind)(object));
    put("HTTPRoute", route("a", "api"));
    const end = tellClosingRoutes(live, log);
    expect(told()).to.deep.equal([]);
    put("Server", { metadata: { name: "api", namespace: "shop" }, spec: {} });
    expect(told()).to.deep.equal(["HTTPRoute shop/a api"]);
    put("GatewayHTTPRoute", route("b", "api"));
    expect(told()).to.deep.equal(["HTTPRoute.gateway.networking.k8s.io shop/b api"]);
    live.index.apply("HTTPRoute", "shop/a", undefined);
    expect(told()).to.deep.equal([]);
    put("HTTPRoute", route("a", "api"));
    expect(told()).to.deep.equal(["HTTPRoute shop/a api"]);
    end();
    live.index.apply("HTTPRoute", "shop/a", undefined);
    put("HTTPRoute", route("a", "api"));
    expect(told()).to.deep.equal([]);
  });
});
