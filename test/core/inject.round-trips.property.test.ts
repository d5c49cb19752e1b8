/** What holds when injection is done again, undone, or done another way: over arbitrary pods and settings. */
import { expect } from "chai";
import fc from "fast-check";
import { changedAt, without } from "../../src/core/base/json/edit.ts";
import { inject } from "../../src/core/inject/inject.ts";
import { injectManually } from "../../src/core/inject/manual.ts";
import { uninject } from "../../src/core/inject/uninject.ts";
import { keys } from "../../src/core/mesh/annotations.ts";
import { isObject } from "../../src/core/base/json/json.ts";
import type { Annotations, Json, JsonObject } from "../../src/core/base/json/json.ts";
import { runs } from "../support/properties.ts";
import { annotations, arbitraryPod, installations, text } from "../support/arbitrary-pod.ts";
import { itemsAt, memberAt, objectOr, patched, plain, requestFor } from "../support/injection.ts";

const asked = (own: Annotations): Annotations => ({ ...own, [keys.inject]: "enabled" });
const leftovers = ["linkerd-network-validator", "linkerd-debug"];
/** Pods that ask, in namespaces with annotations of all sorts. */
const askingRequest = fc
  .record({
    object: arbitraryPod({ annotations: annotations.map(asked), leftovers }),
    namespace: annotations.map(({ [keys.inject]: _, ...others }) => others),
    installation: installations,
  })
  .map(({ object, namespace, installation }) =>
    requestFor(object, { namespace: { name: "shop", annotations: namespace }, installation }),
  );

describe("injecting twice", () => {
  it("changes nothing", () => {
    fc.assert(
      fc.property(askingRequest, (request) => {
        const first = inject(request);
        if (first.kind !== "injected") return fc.pre(false);
        const second = inject({ ...request, object: plain(first.object) });
        expect([second.kind, "patch" in second && second.patch]).to.deep.equal(["updated", []]);
      }),
      runs(80),
    );
  });

  it("after another webhook: only the proxy's ports follow, and foreign edits stay, to weft's own parts too", () => {
    const another = fc.record({
      appended: fc.array(
        fc.record({ name: text, ports: fc.array(fc.record({ containerPort: fc.constantFrom(3306, 81) })) }),
      ),
      variable: fc.record({ name: fc.constantFrom("A", "LINKERD2_PROXY_LOG"), value: text }),
      memory: fc.constantFrom("10Mi", "1Gi"),
    });
    fc.assert(
      fc.property(askingRequest, another, (request, edits) => {
        const first = inject(request);
        if (first.kind !== "injected") return fc.pre(false);
        const edited = editedByAnother(plain(first.object), edits);
        const second = inject({ ...request, object: edited });
        if (second.kind !== "updated") throw new Error(second.kind);
        const after = patched(edited, second.patch);
        expect(withoutFollowing(after)).to.deep.equal(withoutFollowing(edited));
        const third = inject({ ...request, object: after });
        expect("patch" in third && third.patch).to.deep.equal([]);
      }),
      runs(80),
    );
  });
});

describe("uninjecting what was injected", () => {
  /** What a user writes who leaves it to the namespace to ask: nothing that uninject takes for weft's. */
  const usersPod = arbitraryPod({
    annotations: annotations.map((own) =>
      Object.fromEntries(
        Object.entries(own).filter(([key]) => !key.startsWith("linkerd.io") || key === keys.enableOpaquePorts),
      ),
    ),
  });
  const byNamespace = { name: "shop", annotations: { [keys.inject]: "enabled" } };

  it("gives what the user wrote back, through the webhook", () => {
    fc.assert(
      fc.property(usersPod, installations, (object, installation) => {
        const injection = inject(requestFor(object, { installation, namespace: byNamespace }));
        if (injection.kind !== "injected") return fc.pre(false);
        // The opaque ports are an annotation for users, too, and stay.
        expect(filled(withoutOpaquePorts(uninject(plain(injection.object)).object, object))).to.deep.equal(
          filled(plain(object)),
        );
      }),
      runs(60),
    );
  });

  it("gives what the user wrote back, by hand", () => {
    fc.assert(
      fc.property(usersPod, installations, (object, installation) => {
        const injection = injectManually({ object, installation, added: {}, createdBy: "weft/cli 1.0.0" });
        if (injection.kind !== "injected") throw new Error(JSON.stringify(injection));
        expect(filled(withoutOpaquePorts(uninject(plain(injection.object)).object, object))).to.deep.equal(
          filled(plain(object)),
        );
      }),
      runs(60),
    );
  });
});

describe("injecting by hand", () => {
  it("gives the webhook's containers and volumes, where the namespace says nothing", () => {
    const noDefaults = (object: JsonObject): boolean =>
      !/"containerPort":(3306|5432|11211)/.test(JSON.stringify(object));
    const pods = arbitraryPod({ annotations: annotations.map(asked), leftovers }).filter(noDefaults);
    fc.assert(
      fc.property(pods, installations, (object, installation) => {
        const webhook = inject(requestFor(object, { installation }));
        const manual = injectManually({ object, installation, added: {}, createdBy: "weft/cli 1.0.0" });
        if (webhook.kind !== "injected" || manual.kind !== "injected") return fc.pre(false);
        for (const list of ["initContainers", "containers", "volumes"]) {
          expect(itemsAt(plain(manual.object), "spec", list)).to.deep.equal(
            itemsAt(plain(webhook.object), "spec", list),
          );
        }
      }),
      runs(60),
    );
  });
});

interface ForeignEdits {
  readonly appended: readonly JsonObject[];
  readonly variable: JsonObject;
  readonly memory: string;
}

/** Containers at the end, one more variable and other resources in the proxy. */
function editedByAnother(object: JsonObject, { appended, variable, memory }: ForeignEdits): JsonObject {
  const spec = objectOr(object["spec"]);
  const edit = (container: JsonObject): JsonObject =>
    container["name"] === "linkerd-proxy"
      ? { ...container, resources: { limits: { memory } }, env: [variable, ...itemsAt(container, "env"), variable] }
      : container;
  return {
    ...object,
    spec: {
      ...spec,
      initContainers: itemsAt(spec, "initContainers").map(edit),
      containers: [...itemsAt(spec, "containers").map(edit), ...appended],
    },
  };
}

/** The object without what may follow: two variables of the proxy and the opaque-ports annotation. */
function withoutFollowing(object: JsonObject): JsonObject {
  const following = new Set([
    "LINKERD2_PROXY_INBOUND_PORTS",
    "LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION",
  ]);
  const withoutFollowers = (container: JsonObject): JsonObject =>
    container["name"] === "linkerd-proxy"
      ? { ...container, env: itemsAt(container, "env").filter(({ name }) => !following.has(String(name))) }
      : container;
  const spec = objectOr(object["spec"]);
  return withoutOpaquePorts(
    {
      ...object,
      spec: {
        ...spec,
        initContainers: itemsAt(spec, "initContainers").map(withoutFollowers),
        containers: itemsAt(spec, "containers").map(withoutFollowers),
      },
    },
    {},
  );
}

/** The object without the opaque-ports annotation, unless `before` has it. */
function withoutOpaquePorts(object: JsonObject, before: JsonObject): JsonObject {
  const isOwn = Object.hasOwn(objectOr(memberAt(before, "metadata", "annotations")), keys.opaquePorts);
  return changedAt(object, ["metadata", "annotations"], (annotations) =>
    without(objectOr(annotations), (key) => key === keys.opaquePorts && !isOwn),
  );
}

/** The object with null, empty maps and empty lists left out, which mean the same as nothing. */
function filled(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => filled(item));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, filled(member ?? null)] as const);
  const isEmpty = (member: Json): boolean =>
    member === null || (typeof member === "object" && Object.keys(member).length === 0);
  return Object.fromEntries(entries.filter(([, member]) => !isEmpty(member)));
}
