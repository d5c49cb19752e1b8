import { expect } from "chai";
import { inject } from "../../../src/core/inject/inject.ts";
import type { Patch } from "../../../src/core/inject/outcome/injection.ts";
import type { Annotations, Json, JsonObject } from "../../../src/core/base/json/json.ts";
import {
  asking,
  exposing,
  injectedInto,
  itemsAt,
  memberAt,
  objectOr,
  patched,
  pod,
  requestFor,
  variableIn,
} from "../../support/injection.ts";

const key = "config.linkerd.io/opaque-ports";
const env = '[{"name":"LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION","value":"mine"}]';

/** Operations of a second call, after `edit`. */
const secondCall = (
  object: JsonObject,
  edit: (object: JsonObject) => JsonObject,
  namespace: Annotations = {},
): { readonly before: JsonObject; readonly patch: Patch; readonly after: JsonObject } => {
  const request = requestFor(object, { namespace: { name: "shop", annotations: namespace } });
  const before = edit(injectedInto(object, { namespace: request.namespace }));
  const second = inject({ ...request, object: before });
  if (second.kind !== "updated") throw new Error(second.kind);
  return { before, patch: second.patch, after: patched(before, second.patch) };
};

const withContainer =
  (container: JsonObject, place: "first" | "last" = "last") =>
  (object: JsonObject): JsonObject => {
    const spec = objectOr(object["spec"]);
    const containers = itemsAt(spec, "containers");
    return {
      ...object,
      spec: { ...spec, containers: place === "last" ? [...containers, container] : [container, ...containers] },
    };
  };

const seen = (object: JsonObject): readonly (Json | undefined)[] => [
  memberAt(object, "metadata", "annotations", key),
  variableIn(object, "INBOUND_PORTS"),
  variableIn(object, "INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION"),
];

describe("a second call for a pod that weft's webhook injected", () => {
  const defaults = "25,587,3306,4444,5432,6379,9300,11211";
  const sidecar = { ...exposing(5432, 81), name: "added" };
  const rows: readonly [
    claim: string,
    own: Annotations,
    ports: readonly number[],
    namespace: Annotations,
    place: "first" | "last",
    seen: readonly (Json | undefined)[],
  ][] = [
    ["weft's own list follows the ports", {}, [3306], {}, "last", ["3306,5432", "3306,5432,81", "3306,5432"]],
    ["also when the container came first", {}, [3306], {}, "first", ["5432,3306", "3306,5432,81", "5432,3306"]],
    ["a list is made where nothing matched before", {}, [80], {}, "last", ["5432", "5432,80,81", "5432"]],
    ["the user's list stays", { [key]: "9000" }, [3306], {}, "last", ["9000", "3306,5432,81", "9000"]],
    ["the user's empty list stays", { [key]: "" }, [3306], {}, "last", ["", "3306,5432,81", undefined]],
    ["the namespace's list stays", {}, [3306], { [key]: "7" }, "last", ["7", "3306,5432,81", "7"]],
    [
      "all ports stay all ports",
      { "linkerd.io/enable-opaque-ports": "true" },
      [80],
      {},
      "last",
      ["1-65535", "5432,80,81", "1-65535"],
    ],
  ];
  for (const [claim, annotations, ports, namespace, place, expected] of rows) {
    it(claim, () => {
      const { after } = secondCall(
        asking({ annotations, containers: [exposing(...ports)] }),
        withContainer(sidecar, place),
        namespace,
      );
      expect(seen(after)).to.deep.equal(expected);
    });
  }

  it("names of ports that came with another container are known now", () => {
    const named = { name: "added", ports: [{ containerPort: 7, name: "late" }] };
    const { after } = secondCall(asking({ annotations: { [key]: "late,80" } }), withContainer(named));
    expect(variableIn(after, "INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION")).to.equal("7,80");
  });

  it("changes nothing where no ports came", () => {
    expect(secondCall(asking(), (object) => object).patch).to.deep.equal([]);
    expect(secondCall(asking(), withContainer({ name: "added" })).patch).to.deep.equal([]);
  });

  it("replaces values of single variables and nothing else", () => {
    const { patch } = secondCall(asking(), withContainer({ ...exposing(81), name: "added" }));
    expect(patch).to.have.length(1);
    expect(patch[0]).to.include({ op: "replace", value: "8080,81" });
    expect(patch[0]?.path).to.match(/^\/spec\/initContainers\/1\/env\/\d+\/value$/);
  });

  it("leaves a variable of the user's own alone, and in its place behind weft's", () => {
    const off = { [key]: "", "config.linkerd.io/proxy-additional-env": env };
    const mine = (object: JsonObject): Json | undefined =>
      variableIn(object, "INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION");
    expect(mine(secondCall(asking({ annotations: off }), (object) => object).after)).to.equal("mine");
    const named = { name: "added", ports: [{ containerPort: 7, name: "late" }] };
    const late = { [key]: "late", "config.linkerd.io/proxy-additional-env": env };
    const { after } = secondCall(asking({ annotations: late }), withContainer(named));
    const values = itemsAt(after, "spec", "initContainers", 1, "env")
      .filter(({ name }) => name === "LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION")
      .map(({ value }) => value);
    expect(values).to.deep.equal(["7", "mine"]);
  });

  it("keeps what another webhook did to weft's own containers, its removals too", () => {
    const edit = (object: JsonObject): JsonObject => {
      const spec = objectOr(object["spec"]);
      const [init, proxy, ...others] = itemsAt(spec, "initContainers");
      const changed = { ...proxy, resources: { limits: { cpu: "2" } }, env: itemsAt(proxy, "env").slice(3), extra: 1 };
      return withContainer(sidecar)({
        ...object,
        spec: { ...spec, initContainers: [{ ...init, image: "mirror/init" }, changed, ...others] },
      });
    };
    const { before, after } = secondCall(asking(), edit);
    // What follows is taken back; the rest must be as the other webhook left it.
    const followed = /^LINKERD2_PROXY_INBOUND_PORTS(_DISABLE_PROTOCOL_DETECTION)?$/;
    const others = (object: JsonObject): readonly Json[] =>
      itemsAt(object, "spec", "initContainers").map((container) => ({
        ...container,
        env: itemsAt(container, "env").filter(({ name }) => !followed.test(String(name))),
      }));
    expect(others(after)).to.deep.equal(others(before));
    expect(itemsAt(after, "spec", "containers")).to.deep.equal(itemsAt(before, "spec", "containers"));
    expect(seen(after)).to.deep.equal(["5432", "5432,8080,81", "5432"]);
  });

  it("the whole default list is used again when nothing matches", () => {
    const { after } = secondCall(asking(), withContainer({ name: "added" }));
    expect(seen(after)).to.deep.equal([undefined, "8080", defaults]);
  });
});

describe("pods with a proxy that weft's webhook did not make", () => {
  const proxy = { name: "linkerd-proxy", env: [{ name: "LINKERD2_PROXY_INBOUND_PORTS", value: "1" }] };
  for (const createdBy of ["linkerd/proxy-injector edge-26.8.3", "weft/cli 1.0.0", "weft/webhook", ""]) {
    it(`created by ${JSON.stringify(createdBy)}: a sidecar already exists`, () => {
      const object = asking({ annotations: { "linkerd.io/created-by": createdBy }, containers: [proxy] });
      expect(inject(requestFor(object))).to.deep.include({ kind: "skipped", reasons: ["sidecar_already_exists"] });
    });
  }

  it("created by weft, but without the proxy: injected as any other", () => {
    const copied = pod({
      annotations: { "linkerd.io/inject": "enabled", "linkerd.io/created-by": "weft/webhook 0.9.0" },
    });
    expect(inject(requestFor(copied)).kind).to.equal("injected");
  });
});
