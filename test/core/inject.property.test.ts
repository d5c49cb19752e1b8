/** What holds for every pod, however odd or hostile: each property over arbitrary pods, annotations and settings. */
import { expect } from "chai";
import fc from "fast-check";
import { excessOf } from "../../src/core/inject/settings/annotation-settings.ts";
import { inject } from "../../src/core/inject/inject.ts";
import type { Injection, Operation } from "../../src/core/inject/outcome/injection.ts";
import { concernsInjection } from "../../src/core/inject/messages/unknown-keys.ts";
import { warningLines } from "../../src/core/inject/messages/warnings.ts";
import { inheritedKeys, keys, labels } from "../../src/core/mesh/annotations.ts";
import { isList } from "../../src/core/base/json/json.ts";
import type { Annotations, Json, JsonObject } from "../../src/core/base/json/json.ts";
import { runs } from "../support/properties.ts";
import { annotations, arbitraryPod, installations, text, useless } from "../support/arbitrary-pod.ts";
import { containerIn, itemsAt, memberAt, objectOr, patched, plain, requestFor } from "../support/injection.ts";

/** The annotations that weft writes; all others are the user's. */
const ownedAnnotations: ReadonlySet<string> = new Set([
  keys.createdBy,
  keys.proxyVersionWritten,
  keys.trustRootHash,
  keys.opaquePorts,
  ...inheritedKeys,
]);
const isOwnedLabel = (key: string): boolean =>
  key === labels.controlPlaneNamespace || key === labels.workloadNamespace || key.startsWith(labels.ownerPrefix);

const lists = ["initContainers", "containers", "volumes"] as const;
const owner = fc.record({
  kind: fc.constantFrom("pod", "deployment", "cronjob", "rollout", "__proto__"),
  name: text,
});
const leftovers = ["linkerd-network-validator", "linkerd-debug", "linkerd-init"];
/** Pods of which few ask, in namespaces that may say anything. */
const anyRequest = fc
  .record({ object: arbitraryPod({ leftovers }), namespace: annotations, owner, installation: installations })
  .map(({ object, namespace, ...others }) =>
    requestFor(object, { namespace: { name: "shop", annotations: namespace }, ...others }),
  );
const asked = (own: Annotations): Annotations => ({ ...own, [keys.inject]: "enabled" });
/** Pods that ask and get the proxy. */
const askingRequest = fc
  .record({
    object: arbitraryPod({ annotations: annotations.map(asked), leftovers: leftovers.slice(0, 2) }),
    namespace: annotations.map(({ [keys.inject]: _, ...others }) => others),
    owner,
    installation: installations,
  })
  .map(({ object, namespace, ...others }) =>
    requestFor(object, { namespace: { name: "shop", annotations: namespace }, ...others }),
  );

const request = fc.oneof(anyRequest, askingRequest);

const patchOf = (injection: Injection): readonly Operation[] => ("patch" in injection ? injection.patch : []);

describe("any pod", () => {
  it("has an outcome, whose patch applies and makes the object that is told", () => {
    fc.assert(
      fc.property(request, (asking) => {
        const before = JSON.stringify(asking.object);
        const injection = inject(asking);
        if (injection.kind === "refused" || injection.kind === "faulted") throw new Error(JSON.stringify(injection));
        if ("object" in injection) {
          expect(patched(asking.object, injection.patch)).to.deep.equal(plain(injection.object));
        }
        expect(JSON.stringify(asking.object)).to.equal(before);
      }),
      runs(100),
    );
  });

  it("is none the wiser for annotations of its namespace that do not concern injection", () => {
    fc.assert(
      fc.property(request, (asking) => {
        const { annotations: all, ...namespace } = asking.namespace;
        const kept = Object.fromEntries(Object.entries(all).filter(([key]) => concernsInjection(key)));
        expect(inject({ ...asking, namespace: { ...namespace, annotations: kept } })).to.deep.equal(inject(asking));
      }),
      runs(100),
    );
  });

  it("gets insertions, and the annotations and labels that weft owns, and nothing else", () => {
    fc.assert(
      fc.property(request, (asking) => {
        const foreign = patchOf(inject(asking)).filter((operation) => !isOwnedOperation(operation, asking.object));
        expect(foreign).to.deep.equal([]);
      }),
      runs(100),
    );
  });

  it("keeps what it had, in order, to the letter", () => {
    fc.assert(
      fc.property(request, (asking) => {
        const injection = inject(asking);
        const after = "object" in injection ? plain(injection.object) : asking.object;
        expect(JSON.stringify(withoutOwned(after, asking.object))).to.equal(
          JSON.stringify(withoutOwned(plain(asking.object), asking.object)),
        );
      }),
      runs(100),
    );
  });

  it("has warnings of one line that begin with its name, within the API server's limits", () => {
    fc.assert(
      fc.property(request, (asking) => {
        const injection = inject(asking);
        if (!("warnings" in injection)) return;
        const { subject, warnings } = injection;
        const lines = warningLines(subject, warnings);
        for (const line of lines) {
          expect(line).to.match(/^pod(\/|: )/);
          expect(line).not.to.match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
          expect(line.length).to.be.at.most(256);
        }
        expect(lines.join("").length).to.be.at.most(4096);
        const ranks = warnings.map(({ rank }) => rank);
        expect(ranks).to.deep.equal(ranks.toSorted((a, b) => a - b));
      }),
      runs(100),
    );
  });
});

describe("any pod that asks", () => {
  it("gets weft's containers and volumes, once, each in its place", () => {
    fc.assert(
      fc.property(askingRequest, (asking) => {
        const injection = inject(asking);
        if (injection.kind !== "injected") return fc.pre(false);
        const { settings } = asking.installation;
        const before = plain(asking.object);
        const after = plain(injection.object);
        const init = settings.cniEnabled ? "linkerd-network-validator" : "linkerd-init";
        const present = new Set(["initContainers", "containers"].flatMap((list) => namesOf(before, list)));
        const wanted = (name: string): string[] => (present.has(name) ? [] : [name]);
        const hasDebug = containerIn(after, "linkerd-debug") !== undefined;
        const debug = hasDebug ? wanted("linkerd-debug") : [];
        const own = { init: namesOf(before, "initContainers"), app: namesOf(before, "containers") };
        const behind = own.init.indexOf(init) + 1;
        const isNative = addedTo(before, after, "initContainers").includes("linkerd-proxy");
        const isFirst = namesOf(after, "containers")[0] === "linkerd-proxy";
        const native = {
          init: [...own.init.slice(0, behind), ...wanted(init), "linkerd-proxy", ...own.init.slice(behind)],
          app: [...own.app, ...debug],
        };
        const withAwait = { init: [...own.init, ...wanted(init)], app: ["linkerd-proxy", ...own.app, ...debug] };
        const withoutAwait = { init: withAwait.init, app: [...own.app, ...debug, "linkerd-proxy"] };
        const expected = isNative ? native : isFirst ? withAwait : withoutAwait;
        expect({ init: namesOf(after, "initContainers"), app: namesOf(after, "containers") }).to.deep.equal(expected);
        const program = containerIn(after, "linkerd-init")?.["command"];
        const isLinkerds = !settings.cniEnabled && program !== undefined && !/"(nft|sh)"/.test(JSON.stringify(program));
        expect(addedTo(before, after, "volumes")).to.deep.equal([
          ...(!isLinkerds ? [] : ["linkerd-proxy-init-xtables-lock"]),
          "linkerd-identity-end-entity",
          ...(settings["proxy.tracing.enabled"] ? ["linkerd-podinfo"] : []),
          ...(settings["identity.serviceAccountTokenProjection"] ? ["linkerd-identity-token"] : []),
        ]);
      }),
      runs(100),
    );
  });

  it("gets nothing privileged that the settings do not ask for", () => {
    fc.assert(
      fc.property(askingRequest, (asking) => {
        const injection = inject(asking);
        if (injection.kind !== "injected") return fc.pre(false);
        const after = plain(injection.object);
        const { settings } = asking.installation;
        const first = objectOr(
          memberAt(plain(asking.object), "spec", "containers", 0, "securityContext", "capabilities"),
        );
        const extra = textsIn(first["add"]);
        const added = new Set(["initContainers", "containers"].flatMap((list) => addedTo(asking.object, after, list)));
        for (const name of added) {
          const context = objectOr(containerIn(after, name)?.["securityContext"]);
          const isInit = name === "linkerd-init";
          const mayEscalate = isInit && (settings["proxyInit.privileged"] || settings["proxyInit.runAsRoot"]);
          if (!mayEscalate)
            expect([context["privileged"] ?? false, context["allowPrivilegeEscalation"] ?? false]).to.deep.equal([
              false,
              false,
            ]);
          const allowed = isInit ? ["NET_ADMIN", "NET_RAW", ...extra] : name === "linkerd-proxy" ? extra : [];
          expect(
            textsIn(objectOr(context["capabilities"])["add"]).filter((each) => !allowed.includes(each)),
          ).to.deep.equal([]);
        }
        expect(hostAccess(after)).to.deep.equal(hostAccess(asking.object));
      }),
      runs(80),
    );
  });

  it("gets the same structure whatever useless text its annotations hold", () => {
    // Any text is as good as another here, but one that is too long to be read; lists of ports are made of the entries
    // that can be used.
    const annotated = fc.constantFrom(
      ...inheritedKeys,
      keys.closeWaitTimeout,
      keys.enableOpaquePorts,
      "resource.opentelemetry.io/a",
    );
    const structure = fc
      .record({
        of: fc.uniqueArray(annotated, { maxLength: 6 }),
        pod: arbitraryPod({ annotations: fc.constant({}) }),
        installation: installations,
      })
      .chain(({ of, ...others }) => {
        const filled = fc.tuple(
          ...of.map((key) =>
            useless.filter((value) => excessOf(key, value) === undefined).map((value) => [key, value] as const),
          ),
        );
        return fc.record({ one: filled, other: filled, ...mapValues(others) });
      });
    fc.assert(
      fc.property(structure, fc.boolean(), ({ one, other, pod, installation }, isInherited) => {
        const structureWith = (pairs: readonly (readonly [string, string])[]): unknown => {
          const hostile = Object.fromEntries(pairs);
          const own = isInherited ? asked({}) : asked(hostile);
          const injection = inject(
            requestFor(
              { ...pod, metadata: { ...objectOr(pod["metadata"]), annotations: own } },
              { installation, namespace: { name: "shop", annotations: isInherited ? withoutInject(hostile) : {} } },
            ),
          );
          return {
            kind: injection.kind,
            operations: patchOf(injection).map(({ op, path }) => [op, path]),
            environment: "object" in injection ? variableNames(plain(injection.object)) : [],
          };
        };
        expect(structureWith(one)).to.deep.equal(structureWith(other));
      }),
      runs(60),
    );
  });
});

/** Is this an insertion, or a write to what weft owns? */
function isOwnedOperation({ op, path }: Operation, object: JsonObject): boolean {
  if (op === "remove") return false;
  const [, ...at] = path.split("/").map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const [parent, map, key] = at;
  if (parent === "metadata" && key !== undefined) {
    return (map === "annotations" && ownedAnnotations.has(key)) || (map === "labels" && isOwnedLabel(key));
  }
  const before = memberAt(object, ...at);
  const isEmpty = before === undefined || before === null;
  if (parent === "metadata") return isEmpty;
  const isList = parent === "spec" && lists.some((list) => list === map);
  return isList && (key === undefined ? isEmpty : op === "add");
}

/** The object without weft's annotations and labels, and without the items that `before` does not have. */
function withoutOwned(object: JsonObject, before: JsonObject): JsonObject {
  const metadata = objectOr(object["metadata"]);
  const kept = (map: Json | undefined, isOwned: (key: string) => boolean): JsonObject =>
    Object.fromEntries(Object.entries(objectOr(map)).filter(([key]) => !isOwned(key)));
  // A list that is empty or null is as good as absent.
  const spec = Object.fromEntries(
    Object.entries(objectOr(object["spec"])).flatMap(([key, value]) => {
      if (!lists.some((list) => list === key)) return [[key, value]];
      const own = isList(value) ? value.filter((item) => isIn(memberAt(before, "spec", key), item)) : [];
      return own.length === 0 ? [] : [[key, own]];
    }),
  );
  return {
    ...object,
    metadata: {
      ...metadata,
      annotations: kept(metadata["annotations"], (key) => ownedAnnotations.has(key)),
      labels: kept(metadata["labels"], isOwnedLabel),
    },
    spec,
  };
}

const isIn = (list: Json | undefined, item: Json): boolean =>
  isList(list) && list.some((each) => JSON.stringify(each) === JSON.stringify(item));

const namesOf = (object: JsonObject, list: string): readonly string[] =>
  itemsAt(object, "spec", list).map((item) => String(item["name"]));

/** Names of the items that came to a list. */
const addedTo = (before: JsonObject, after: JsonObject, list: string): readonly string[] => {
  const had = memberAt(plain(before), "spec", list);
  return itemsAt(after, "spec", list)
    .filter((item) => !isIn(had, item))
    .map((item) => String(item["name"]));
};

const textsIn = (list: Json | undefined): readonly string[] => (isList(list) ? list.map(String) : []);

/** What opens the node to a pod. */
const hostAccess = (object: JsonObject): readonly unknown[] => [
  ...["hostNetwork", "hostPID", "hostIPC"].map((field) => memberAt(object, "spec", field)),
  itemsAt(object, "spec", "volumes").filter((volume) => Object.hasOwn(volume, "hostPath")),
];

const variableNames = (object: JsonObject): readonly (Json | undefined)[] =>
  itemsAt(containerIn(object, "linkerd-proxy"), "env").map(({ name }) => name);

const withoutInject = ({ [keys.inject]: _, ...others }: Annotations): Annotations => others;

const mapValues = <Values extends object>(values: Values): { [Key in keyof Values]: fc.Arbitrary<Values[Key]> } =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fc.constant(value)])) as {
    [Key in keyof Values]: fc.Arbitrary<Values[Key]>;
  };
