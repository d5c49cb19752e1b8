import { expect } from "chai";
import { resources } from "../../src/core/kubernetes/kinds.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { askedWithin, mountedConfigMaps, mountedObjects, refusedFor } from "../../src/serve/mounted-objects.ts";
import type { MountedObject, MountedObjects } from "../../src/serve/mounted-objects.ts";
import { fakeApi, status } from "../support/api-server.ts";
import type { FakeApi } from "../support/api-server.ts";
import { base64 } from "../support/listening.ts";
import { manualClock, settled } from "../support/manual-clock.ts";
import type { ManualClock } from "../support/manual-clock.ts";

const namespace = "weft";
const stored = (name: string): string => `/api/v1/namespaces/${namespace}/configmaps/${name}`;
const configMap = (name: string, data: JsonObject, more: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, managedFields: [{ manager: "kubectl" }] },
  data,
  ...more,
});
const settings: MountedObject = { kind: resources.configMaps, name: "settings", paths: ["/etc/settings/values"] };
const anchors: MountedObject = { kind: resources.configMaps, name: "anchors", paths: ["/etc/anchors/ca.crt"] };
const issuer: MountedObject = { kind: resources.secrets, name: "issuer", paths: ["/i/crt.pem", "/i/key.pem"] };

describe("objects that files are mounted from", () => {
  let fake: FakeApi;
  let clock: ManualClock;
  let ending: AbortController;
  let log: string[];
  let changes: number;
  let mounted: MountedObjects;
  const begin = async (objects: readonly MountedObject[] = [settings, anchors]): Promise<void> => {
    clock = manualClock();
    ending = new AbortController();
    log = [];
    changes = 0;
    const say = (message: string): void => void log.push(message);
    const world = { api: fake, namespace, clock, random: () => 0.5, signal: ending.signal };
    mounted = mountedObjects(objects, { ...world, log: { info: say, warn: say } });
    mounted.onChange(() => (changes += 1));
    await settled();
  };
  beforeEach(() => {
    fake = fakeApi(configMap("settings", { values: "one" }), configMap("anchors", { "ca.crt": "a" }));
  });
  afterEach(async () => {
    ending.abort();
    await mounted.ended;
    expect(fake.watches(), "watches left open").to.equal(0);
  });
  const values = () => mounted.found("/etc/settings/values");
  const says = (): string => mounted.check.look().says;

  it("are asked for by their names, and nothing else is", async () => {
    await begin();
    expect(await mounted.asked).to.equal(undefined);
    expect([values(), mounted.found("/etc/anchors/ca.crt"), mounted.found("/elsewhere")]).to.deep.equal([
      { text: "one" },
      { text: "a" },
      undefined,
    ]);
    const selectors = fake.calls.map(({ path, query }) => [path, query?.["fieldSelector"], query?.["watch"]]);
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    expect(selectors).to.have.deep.members(
      ["settings", "anchors"].flatMap((name) =>
        [undefined, "true"].map((watch) => [path, `metadata.name=${name}`, watch]),
      ),
    );
  });

  it("tell of a change, of two that come together once, and the last wins", async () => {
    await begin();
    await clock.advance(1000);
    changes = 0;
    fake.put(configMap("settings", { values: "two" }));
    fake.put(configMap("settings", { values: "three" }));
    fake.put(configMap("anchors", { "ca.crt": "b" }));
    await clock.advance(100);
    expect([values(), mounted.found("/etc/anchors/ca.crt"), changes]).to.deep.equal([
      { text: "three" },
      { text: "b" },
      1,
    ]);
  });

  it("tell nothing where only what is beside the keys changed", async () => {
    await begin();
    await clock.advance(1000);
    changes = 0;
    fake.put(configMap("settings", { values: "one", other: "x" }));
    await clock.advance(1000);
    expect(changes).to.equal(0);
  });

  const found: readonly [claim: string, object: JsonObject, file: unknown][] = [
    ["bytes", configMap("settings", {}, { binaryData: { values: base64("näme") } }), { text: "näme" }],
    ["text without its mark", configMap("settings", { values: "\uFEFFone" }), { text: "one" }],
    [
      "no key",
      configMap("settings", { valeus: "one" }),
      { issue: { at: "ConfigMap settings", message: "has no key values" } },
    ],
    ["no data", configMap("settings", {}), { issue: { at: "ConfigMap settings", message: "has no key values" } }],
    [
      "a key that every object has",
      configMap("settings", { toString: "x" }),
      { issue: { at: "ConfigMap settings", message: "has no key values" } },
    ],
    [
      "bytes that are no text",
      configMap("settings", {}, { binaryData: { values: "/w==" } }),
      { issue: { at: "ConfigMap settings, key values", message: "is not UTF-8 text" } },
    ],
  ];
  for (const [claim, object, file] of found) {
    it(`are what a kubelet would write: ${claim}`, async () => {
      fake.put(object);
      await begin();
      expect(values()).to.deep.equal(file);
    });
  }

  it("may be Secrets", async () => {
    fake.put({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "issuer", namespace },
      data: { "crt.pem": base64("c"), "key.pem": base64("k") },
    });
    await begin([issuer]);
    expect(issuer.paths.map((path) => mounted.found(path))).to.deep.equal([{ text: "c" }, { text: "k" }]);
  });

  it("are said to be gone when they are deleted, and are there again", async () => {
    await begin();
    fake.remove(stored("settings"));
    await clock.advance(100);
    expect(values()).to.deep.equal({ issue: { at: "ConfigMap settings", message: "is not there" } });
    fake.put(configMap("settings", { values: "again" }));
    await clock.advance(100);
    expect(values()).to.deep.equal({ text: "again" });
  });

  it("are listed again when the API server has forgotten what happened", async () => {
    await begin();
    fake.freeze();
    fake.put(configMap("settings", { values: "missed" }));
    fake.compact();
    await clock.advance(5 * 60_000);
    expect(values()).to.deep.equal({ text: "missed" });
  });

  it("stay as they were heard of while the API server is away", async () => {
    await begin();
    fake.answerWith(() => {
      throw new Error("connect ECONNREFUSED");
    });
    fake.endWatches(new Error("read ECONNRESET"));
    await clock.advance(2 * refusedFor);
    expect(values()).to.deep.equal({ text: "one" });
    expect(log).to.deep.equal(
      ["settings", "anchors"].map(
        (name) => `ConfigMap ${name} cannot be watched, trying again: what was heard of it stays in use`,
      ),
    );
    expect(says()).to.match(/^ConfigMap settings, heard of \d+ s ago \(connect ECONNREFUSED\); ConfigMap anchors, /);
    expect(mounted.staleness()).to.equal((2 * refusedFor) / 1000);
  });

  const refused = (): void => fake.answerWith(() => status(403, "Forbidden", "configmaps is forbidden"));

  it("leave it to the files where the right is missing, and say so", async () => {
    refused();
    await begin();
    expect([await mounted.asked, values(), changes, mounted.ready()]).to.deep.equal([undefined, undefined, 0, true]);
    expect(log[0]).to.equal(
      "ConfigMap settings cannot be watched, trying again: its files are in use, which follow it a minute or two later",
    );
    expect(says()).to.match(/^ConfigMap settings by its files \(.*HTTP 403: configmaps is forbidden\); /);
    expect(mounted.staleness()).to.equal(Infinity);
    fake.answerWith(() => undefined);
    await clock.advance(60_000);
    expect([values(), log.at(-1)]).to.deep.equal([{ text: "one" }, "ConfigMap anchors is watched again"]);
  });

  it("leave it to the files again when the right is gone for long, and not before the files are as new", async () => {
    await begin();
    refused();
    fake.endWatches();
    await clock.advance(refusedFor - 30_000);
    expect(values()).to.deep.equal({ text: "one" });
    changes = 0;
    await clock.advance(90_000);
    expect([values(), changes > 0]).to.deep.equal([undefined, true]);
    fake.answerWith(() => undefined);
    await clock.advance(40 * 60_000);
    expect(values()).to.deep.equal({ text: "one" });
  });

  it("stay as they were heard of where it refuses once and is away then", async () => {
    await begin();
    refused();
    fake.endWatches();
    await clock.advance(5000);
    fake.answerWith(() => {
      throw new Error("connect ECONNREFUSED");
    });
    await clock.advance(2 * refusedFor);
    expect(values()).to.deep.equal({ text: "one" });
    // Refused from now on: the time before does not count.
    refused();
    await clock.advance(refusedFor - 30_000);
    expect(values()).to.deep.equal({ text: "one" });
    await clock.advance(90_000);
    expect(values()).to.equal(undefined);
  });

  it("keep nobody waiting who starts while nobody answers", async () => {
    fake.answerWith(
      ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("given up")))),
    );
    await begin();
    let isAsked = false;
    void mounted.asked.then(() => (isAsked = true));
    await clock.advance(askedWithin - 1);
    expect(isAsked).to.equal(false);
    await clock.advance(1);
    expect(isAsked).to.equal(true);
    // Whoever served before may have used newer ones.
    expect([mounted.ready(), mounted.check.look().fails]).to.deep.equal([false, true]);
  });

  it("are those that flags name with their files", () => {
    const flags = { settings: "/s/values", settingsConfigMap: "s", trustAnchors: "/a/ca.crt" };
    const { configMaps: kind } = resources;
    expect(mountedConfigMaps({ ...flags, trustAnchorsConfigMap: undefined })).to.deep.equal([
      { kind, name: "s", paths: ["/s/values"] },
    ]);
    expect(mountedConfigMaps({ ...flags, settings: undefined, trustAnchorsConfigMap: "a" })).to.deep.equal([
      { kind, name: "a", paths: ["/a/ca.crt"] },
    ]);
  });
});
