/**
 * `weft check` from the API server's answers to its text: whole outputs in `test/golden/check.*` (`make golden` writes
 * what comes out).
 */
import { expect } from "chai";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { objectsAt } from "../../../src/core/base/json/read.ts";
import type { Report } from "../../../src/core/checks/run.ts";
import { checksText } from "../../../src/core/print/checks.ts";
import type { CheckFormat } from "../../../src/core/print/checks.ts";
import { checkedAfter, checkedBefore } from "../../support/check-asked.ts";
import {
  addLinkerd,
  change,
  emptyCluster,
  healthyCluster,
  material,
  namespace,
  put,
} from "../../support/check-cluster.ts";
import type { FakeCluster, Material } from "../../support/check-cluster.ts";

/** One thing of every kind: a doubt with a command, a failure with its followers left out. */
function broken(made: Material): FakeCluster {
  const cluster = healthyCluster(made);
  put(cluster, namespace("late", { "linkerd.io/inject": "enabled" }));
  const path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/weft-injector";
  change(cluster, path, (object) => ({
    ...object,
    webhooks: objectsAt(object, "webhooks").map((each) => ({ ...each, clientConfig: { url: "https://weft.example" } })),
  }));
  cluster.answers.set("POST /api/v1/namespaces/default/pods", undefined);
  return cluster;
}

function besideLinkerd(made: Material): FakeCluster {
  const cluster = emptyCluster();
  addLinkerd(cluster, made);
  put(cluster, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "linkerd-proxy-injector-webhook-config" },
    webhooks: [{ name: "linkerd-proxy-injector.linkerd.io" }],
  });
  return cluster;
}

/** A user who may not do much. */
function forbidding(made: Material, paths: RegExp): FakeCluster {
  const cluster = healthyCluster(made);
  cluster.forbids = paths;
  return cluster;
}

describe("weft check, whole outputs", () => {
  let made: Material;
  before(async () => {
    made = await material();
  });

  const rows: readonly [file: string, format: CheckFormat, report: () => Promise<Report>][] = [
    ["check.healthy.txt", "table", () => checkedAfter(healthyCluster(made))],
    ["check.not-installed.txt", "table", () => checkedAfter(emptyCluster())],
    ["check.pre.txt", "table", () => checkedBefore(emptyCluster())],
    ["check.pre-adopt.txt", "table", () => checkedBefore(besideLinkerd(made), true)],
    ["check.pre-beside.txt", "table", () => checkedBefore(besideLinkerd(made))],
    ["check.forbidden.txt", "table", () => checkedAfter(forbidding(made, /./))],
    [
      "check.own-namespace.txt",
      "short",
      () => checkedAfter(forbidding(made, /^(?!.*\/namespaces\/(weft|linkerd|default)\/)/)),
    ],
    ["check.broken.txt", "short", () => checkedAfter(broken(made))],
    ["check.broken.json", "json", () => checkedAfter(broken(made))],
  ];
  for (const [file, format, report] of rows) {
    it(`prints ${file}`, async () => {
      const path = fileURLToPath(new URL(`../../golden/${file}`, import.meta.url));
      const text = checksText(await report(), format, undefined);
      if (process.env["UPDATE_GOLDEN"] === "1") await writeFile(path, text);
      expect(text).to.equal(await readFile(path, "utf8"));
    });
  }

  it("is coloured on a terminal", async () => {
    const text = checksText(await checkedAfter(healthyCluster(made)), "table", "\u001B[");
    expect(text).to.include("\u001B[32m√\u001B[39m can query the Kubernetes API\n");
    expect(text.endsWith("Status check results are \u001B[32m√\u001B[39m\n")).to.equal(true);
  });

  it("prints the last line alone in short form when all is well", async () => {
    const text = checksText(await checkedAfter(healthyCluster(made)), "short", undefined);
    expect(text).to.equal("Status check results are √\n");
  });

  it("keeps nothing: whatever it writes is a review of rights or a dry run", async () => {
    const cluster = healthyCluster(made);
    await checkedAfter(cluster);
    await checkedBefore(cluster);
    const writing = cluster.api.calls.filter(({ method }) => method !== "GET");
    expect(writing.length).to.be.greaterThan(20);
    for (const { path, query } of writing) {
      expect(query?.["dryRun"] === "All" || path.endsWith("accessreviews"), path).to.equal(true);
    }
  });
});
