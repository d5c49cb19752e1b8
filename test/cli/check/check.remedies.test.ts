/**
 * What `weft check` says to run mends what it found: each row breaks one thing in a cluster at work, the hint is run as it
 * stands, by a shell of the test's own, and the check is well again. What no command can mend names none.
 */
import { expect } from "chai";
import { changeIssuer } from "../../../src/cli/identity/steps.ts";
import { gatherRotation } from "../../../src/cli/identity/gather.ts";
import { run } from "../../../src/cli/program.ts";
import { installedChecks } from "../../../src/core/checks/after.ts";
import type { Result } from "../../../src/core/checks/run.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { splitDocuments } from "../../../src/core/documents/stream.ts";
import { namedPath, objectPath, resources } from "../../../src/core/kubernetes/kinds.ts";
import type { Kind } from "../../../src/core/kubernetes/kinds.ts";
import { nameOf } from "../../../src/core/install/print.ts";
import { isList, isObject } from "../../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { objectsAt, textAt } from "../../../src/core/base/json/read.ts";
import { checkedAfter } from "../../support/check-asked.ts";
import { change, healthyCluster, material, namespace, now, ownCluster, put } from "../../support/check-cluster.ts";
import type { FakeCluster, Material } from "../../support/check-cluster.ts";
import { answerOver } from "../../support/check-http.ts";
import { base64, kubeconfig, listening } from "../../support/listening.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { recordingIo } from "../../support/recording-io.ts";

const at = (kind: Kind, name: string, inNamespace = "weft"): string => namedPath(kind, name, inNamespace);
const lost =
  (...paths: readonly string[]) =>
  (cluster: FakeCluster): void =>
    paths.forEach((path) => cluster.api.remove(path));
const withoutRules =
  (kind: Kind, name: string) =>
  (cluster: FakeCluster): void =>
    change(cluster, at(kind, name), (object) => ({ ...object, rules: [] }));

type Break = (cluster: FakeCluster, made: Material) => void;

const { deployments, services, clusterRoles, roles, mutatingWebhooks, validatingWebhooks, secrets, configMaps } =
  resources;

const mended: readonly (readonly [id: string, claim: string, breaks: Break])[] = [
  ["objects", "a Service is gone", lost(at(services, "weft-injector"))],
  ["objects", "the account is gone", lost(at(resources.serviceAccounts, "weft-injector"))],
  ["objects", "the Deployment is gone", lost(at(deployments, "weft-injector"))],
  ["cli-version", "an older weft runs", olderPods],
  ["rights", "a role was emptied", withoutRules(clusterRoles, "weft-injector")],
  ["configurations", "the registration is gone", lost(at(mutatingWebhooks, "weft-injector"))],
  ["configurations", "the advice is gone", lost(at(validatingWebhooks, "weft-advice"))],
  ["entries", "an entry is gone", withoutEntry],
  ["entries", "an entry is another", withTimeout],
  ["disruption-budget", "it is gone", lost(at(resources.podDisruptionBudgets, "weft-injector"))],
  ["certificate-controller", "it is gone", lost(at(deployments, "weft-certificates"))],
  ["certificate-controller-rights", "a role was emptied", withoutRules(roles, "weft-certificates")],
  ["change-guard", "the policy is gone", lost(at(resources.admissionPolicies, "weft-changes-only-ca-bundles"))],
  ["anchor-guard", "its binding is gone", lost(at(resources.admissionPolicyBindings, "weft-keeps-trust-anchors"))],
  ["settings", "they cannot be read", withSettings("proxy: 5")],
  ["settings", "they are gone", lost(at(configMaps, "linkerd-config"))],
  ["control-plane", "a Service is gone", lost(at(services, "linkerd-policy"))],
  ["control-plane", "the Deployment's Service and role are gone", lost(at(services, "linkerd-dst-headless"))],
  ["control-plane-rights", "a role was emptied", withoutRules(clusterRoles, "weft-controller")],
  ["issuer", "it leads to none of the trust anchors", withStrangersIssuer],
  [
    "mirror-labels",
    "a namespace was there before weft",
    (cluster) => put(cluster, namespace("old", { "linkerd.io/inject": "enabled" })),
  ],
];

function olderPods(cluster: FakeCluster): void {
  const metrics = 'weft_build_info{version="0.0.9"} 1\nweft_settings_reload_success 1\n';
  for (const name of ["a", "b", "c"])
    cluster.pages.set(`/api/v1/namespaces/weft/pods/weft-injector-${name}:9995/proxy/metrics`, {
      status: 200,
      body: null,
      text: metrics,
    });
  change(cluster, at(deployments, "weft-injector"), (object) => ({
    ...object,
    metadata: { ...(object["metadata"] as JsonObject), generation: 1 },
  }));
}

function withoutEntry(cluster: FakeCluster): void {
  change(cluster, at(mutatingWebhooks, "weft-injector"), (object) => ({
    ...object,
    webhooks: objectsAt(object, "webhooks").slice(1),
  }));
}

function withTimeout(cluster: FakeCluster): void {
  change(cluster, at(mutatingWebhooks, "weft-injector"), (object) => ({
    ...object,
    webhooks: objectsAt(object, "webhooks").map((webhook, index) =>
      index === 0 ? { ...webhook, matchConditions: [] } : webhook,
    ),
  }));
}

function withSettings(values: string): Break {
  return (cluster) => change(cluster, at(configMaps, "linkerd-config"), (object) => ({ ...object, data: { values } }));
}

function withStrangersIssuer(cluster: FakeCluster, { stranger }: Material): void {
  const data = { "crt.pem": base64(stranger.certificate), "key.pem": base64(stranger.key) };
  change(cluster, at(secrets, "linkerd-identity-issuer"), (object) => ({ ...object, data }));
  // As API servers note it: nobody has changed the bundle for long.
  const managedFields = [{ manager: "kubectl", time: "2026-02-01T00:00:00Z", fieldsV1: { "f:data": {} } }];
  change(cluster, at(configMaps, "linkerd-identity-trust-roots"), (object) => ({
    ...object,
    metadata: { ...(object["metadata"] as JsonObject), managedFields },
  }));
}

/** What is not as it should be about a check; undefined: it is well. */
function foundOf(results: readonly Result[], id: string): Result | undefined {
  return results.find(({ hint }) => hint.endsWith(`#${id}`));
}

const checked = async (cluster: FakeCluster): Promise<readonly Result[]> =>
  (await checkedAfter(cluster)).categories.flatMap(({ results }) => results);

describe("hints of weft check", () => {
  let made: Material;
  let folder: Folder;
  before(async () => {
    made = await material();
    folder = await newFolder();
    await folder.write("anchor.key", made.anchorKey);
  });
  after(() => folder.destroy());

  for (const [id, claim, breaks] of mended) {
    it(`${id}: ${claim}; what it says to run mends it`, async () => {
      const cluster = ownCluster(made);
      expect(foundOf(await checked(cluster), id), "well before").to.equal(undefined);
      breaks(cluster, made);
      const found = foundOf(await checked(cluster), id);
      const [, command = ""] = /^run (.*); see /.exec(found?.hint ?? "") ?? [];
      await shell(cluster, command);
      const after = foundOf(await checked(cluster), id);
      expect(after?.lines, "well again").to.equal(undefined);
    });
  }

  it("name weft install where weft is not installed, or has to go first, and nowhere else", () => {
    const naming = installedChecks
      .flatMap(({ checks }) => checks)
      .filter(({ about }) => about.includes("`weft install"));
    // The third says who wrote the key.
    expect(naming.map(({ id }) => id)).to.have.members(["namespace", "order", "issuer"]);
  });

  it("name weft install for an empty cluster, and taking away first where a registration is left", async () => {
    const cluster = healthyCluster(made);
    cluster.api.remove("/api/v1/namespaces/weft");
    const hint = foundOf(await checked(cluster), "namespace")?.hint ?? "";
    expect(hint).to.include("run weft uninstall | kubectl delete -f - && weft install | kubectl apply -f -;");
  });

  /** `weft … | kubectl apply -f -` and `weft …` alone, as typed. */
  async function shell(cluster: FakeCluster, command: string): Promise<void> {
    const [first = "", second] = command.split(" | ");
    const [program, ...args] = first.split(" ");
    expect(program, `a command of weft's: ${command}`).to.equal("weft");
    if (args.join(" ").startsWith("identity rotate issuer --start")) return rotateIssuer(cluster);
    const server = await listening((request, response) => answerOver(cluster, request, response));
    const ca = { "certificate-authority-data": base64(server.ca) };
    await folder.write("config", kubeconfig(server.url, { cluster: ca }));
    const io = recordingIo({ version: "0.1.0" });
    const exit = await run([...args, "--kubeconfig", folder.at("config")], io);
    await server.close();
    expect(exit, io.written.stderr).to.equal(0);
    if (second === undefined) return;
    expect(second).to.equal("kubectl apply -f -");
    for (const { text } of splitDocuments(io.written.stdout)) applied(cluster, readDocument(text).value as JsonObject);
  }

  /** At the time of the cluster's certificates. */
  async function rotateIssuer(cluster: FakeCluster): Promise<void> {
    const { ask } = cluster.api;
    const gathered = await gatherRotation(ask, "weft", now);
    const world = { ask, io: recordingIo(), namespace: "weft", now, dryRun: false, force: false };
    await changeIssuer(gathered, folder.at("anchor.key"), world);
  }
});

/** As kubectl does: what the manifest does not have stays; entries of lists are told apart by their names. Pods follow. */
function applied(cluster: FakeCluster, object: JsonObject): void {
  const path = objectPath(nameOf(object));
  const merged = merge(cluster.api.stored(path) ?? null, object);
  if (isObject(merged)) put(cluster, atWork(merged));
  if (path !== at(deployments, "weft-injector")) return;
  for (const [place, answer] of cluster.pages)
    if (place.endsWith("/metrics") && place.includes("weft-injector"))
      cluster.pages.set(place, { ...answer, text: (answer.text ?? "").replace("0.0.9", "0.1.0") });
}

/** As controllers leave a Deployment that is new. */
function atWork(object: JsonObject): JsonObject {
  if (object["kind"] !== "Deployment" || object["status"] !== undefined) return object;
  const replicas = (object["spec"] as JsonObject)["replicas"];
  return { ...object, status: { availableReplicas: replicas, updatedReplicas: replicas, observedGeneration: 1 } };
}

function merge(before: Json, after: Json): Json {
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return Object.fromEntries(
      [...keys].map((key) => [key, merge(before[key] ?? null, after[key] ?? before[key] ?? null)]),
    );
  }
  if (!isList(before) || !isList(after)) return after;
  const named = new Map(before.flatMap((item) => (textAt(item, "name") === "" ? [] : [[textAt(item, "name"), item]])));
  return after.map((item) => merge(named.get(textAt(item, "name")) ?? null, item));
}
