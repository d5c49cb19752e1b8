/**
 * The namespace annotation and its mirrored label, with weft running: in one request, whoever edits, and in time for
 * the pods that follow.
 */
import { expect } from "chai";
import { mirrorLabel } from "../../src/core/registration/entries.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { eventually, good } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { isMeshed, pod } from "./harness/pods.ts";
import { installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const inject = "linkerd.io/inject";

/** A namespace as it is, what is merged into it, and the label that it comes back with. */
const edits: readonly [claim: string, annotation: string | undefined, patch: JsonObject, label: string | undefined][] =
  [
    ["is annotated", undefined, { annotations: { [inject]: "enabled" } }, "enabled"],
    ["is annotated otherwise", "enabled", { annotations: { [inject]: "ingress" } }, "ingress"],
    ["declines", "enabled", { annotations: { [inject]: "disabled" } }, undefined],
    ["gets a value that is none", "enabled", { annotations: { [inject]: "true" } }, undefined],
    ["loses its annotation", "enabled", { annotations: { [inject]: null } }, undefined],
    ["loses its label by hand", "enabled", { labels: { [mirrorLabel]: null } }, "enabled"],
    ["gets another label by hand", "enabled", { labels: { [mirrorLabel]: "disabled" } }, "enabled"],
    ["gets the label without the annotation", undefined, { labels: { [mirrorLabel]: "enabled" } }, undefined],
    ["gets another label of its own", "enabled", { labels: { team: "shop" } }, "enabled"],
  ];

describeOnApi("the mirrored label", (api) => {
  let weft: Weft;
  let count = 0;

  before(async () => {
    weft = await installWeft(api(), { namespace: "mirror-weft", certificates: "files" });
  });
  after(() => weft?.end());

  const made = async (
    annotation: string | undefined,
  ): Promise<{ readonly name: string; readonly made: JsonObject }> => {
    count += 1;
    const name = `mirror-${count}`;
    const annotations = annotation === undefined ? {} : { [inject]: annotation };
    return { name, made: await api().namespace(name, { annotations }) };
  };
  const merged = async (name: string, metadata: JsonObject): Promise<JsonObject> => {
    const call = { path: `/api/v1/namespaces/${name}`, contentType: "application/merge-patch+json" };
    return good(await api().ask({ method: "PATCH", ...call, body: { metadata } }), "patch");
  };

  for (const [annotation, label] of [
    ["enabled", "enabled"],
    ["ingress", "ingress"],
    ["disabled", undefined],
    ["true", undefined],
    ["", undefined],
    [undefined, undefined],
  ] as const) {
    it(`a namespace created with ${annotation ?? "no annotation"} has ${label ?? "none"} in the answer`, async () => {
      expect(labelOf((await made(annotation)).made)).to.equal(label);
    });
  }

  for (const [claim, annotation, patch, label] of edits) {
    it(`a namespace that ${claim} has ${label ?? "none"} in the answer`, async () => {
      const { name } = await made(annotation);
      expect(labelOf(await merged(name, patch))).to.equal(label);
    });
  }

  it("a pod created at once in a new namespace that asks is meshed, 10 times of 10", async () => {
    for (let time = 0; time < 10; time += 1) {
      const { name } = await made("enabled");
      expect(isMeshed(good(await api().create(pod(name)), "pod"))).to.equal(true);
    }
  });

  // The API server selects by a cache of namespaces of its own, which is some milliseconds behind its answers.
  it("so is a pod in a namespace annotated a moment ago, and no pod after the annotation is gone", async () => {
    const { name } = await made(undefined);
    const meshed = async (): Promise<boolean> => isMeshed(good(await api().create(pod(name), { dryRun: true }), "pod"));
    for (let time = 0; time < 5; time += 1) {
      for (const [value, expected] of [
        ["enabled", true],
        [null, false],
      ] as const) {
        await merged(name, { annotations: { [inject]: value } });
        await eventually(`${value}, time ${time}`, meshed, (is) => is === expected, { within: 1000, every: 10 });
      }
    }
  });

  it("a dry run shows the label and keeps nothing", async () => {
    const { name } = await made(undefined);
    const path = `/api/v1/namespaces/${name}`;
    const body = { metadata: { annotations: { [inject]: "enabled" } } };
    const query = { dryRun: "All" };
    const answer = await api().ask({ method: "PATCH", path, query, body, contentType: "application/merge-patch+json" });
    expect(labelOf(good(answer, "patch"))).to.equal("enabled");
    expect(labelOf((await api().get(path)) ?? {})).to.equal(undefined);
  });
});

const labelOf = (namespace: JsonObject): Json | undefined =>
  (namespace as { metadata?: { labels?: JsonObject } }).metadata?.labels?.[mirrorLabel];
