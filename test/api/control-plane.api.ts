/**
 * weft's own control plane as a real API server sees it: the definition of NetworkPolicy takes what it should and
 * refuses the rest, and a rotation of the trust anchor goes its way in the objects that are there.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { gatherRotation } from "../../src/cli/identity/gather.ts";
import { addAnchor, changeIssuer, dropAnchors } from "../../src/cli/identity/steps.ts";
import type { StepWorld } from "../../src/cli/identity/steps.ts";
import { CommandFailure } from "../../src/cli/io.ts";
import { run } from "../../src/cli/program.ts";
import { controllerClusterRules, controllerOwnRules } from "../../src/core/install/controller-rights.ts";
import { asObject } from "../../src/core/base/json/edit.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { recordingIo } from "../support/recording-io.ts";
import { eventually, good } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { sha256 } from "../../src/files/sha256.ts";

const namespace = "own-plane";
const minute = 60_000;

describeOnApi("weft's own control plane", (api) => {
  const keyFile = (name: string): string => join(api().plane.folder, name);
  const weft = async (args: readonly string[]) => {
    const io = recordingIo({ version: "1.0.0" });
    const exit = await run([...args, "--kubeconfig", api().adminKubeconfig], io);
    return { exit, ...io.written };
  };

  before(async () => {
    const io = recordingIo({ version: "1.0.0" });
    const file = keyFile("first-anchor.key");
    expect(await run(["install", "--namespace", namespace, "--anchor-key-file", file], io)).to.equal(0);
    const { code, stderr } = await api().kubectl(["apply", "-f", "-"], { input: io.written.stdout });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    await api().namespace("own-plane-shop", {});
  });
  after(async () => {
    const { stdout } = await weft(["uninstall", "--force"]);
    await api().kubectl(["delete", "--wait=false", "-f", "-"], { input: stdout });
    const definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/networkpolicies.policy.linkerd.io";
    await eventually("the definition is gone", async () => (await api().get(definition)) === undefined);
  });

  it("is left as it is by weft upgrade, its CAs too", async () =>
    expect(await weft(["upgrade", "--exit-code"])).to.include({ exit: 0, stdout: "" }));

  it("may do what it needs", async () => {
    const rights = [
      ...controllerClusterRules.flatMap((rule) => rule.verbs.map((verb) => ({ ...rule, verb }))),
      ...controllerOwnRules.flatMap((rule) => rule.verbs.map((verb) => ({ ...rule, verb, namespace }))),
    ];
    for (const { apiGroup, resource, verb, named, ...rest } of rights) {
      const [name = "", subresource] = resource.split("/");
      const body = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: {
          user: `system:serviceaccount:${namespace}:weft-controller`,
          resourceAttributes: {
            group: apiGroup,
            resource: name,
            verb,
            ...(subresource === undefined ? {} : { subresource }),
            ...(named === undefined ? {} : { name: named[0] ?? "" }),
            ...("namespace" in rest ? { namespace } : {}),
          },
        },
      };
      const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
      const review = good(await api().ask({ method: "POST", path, body }), `${verb} ${resource}`);
      expect(asObject(review["status"])?.["allowed"], `${verb} ${resource}`).to.equal(true);
    }
  });

  // What else its definition takes and refuses: network-policy.api.ts.
  it("takes a NetworkPolicy, and refuses one without target", async () => {
    const path = "/apis/policy.linkerd.io/v1alpha1/namespaces/own-plane-shop/networkpolicies";
    await eventually("they are served", async () => (await api().ask({ method: "GET", path })).status === 200);
    const ingress = [{ from: [{ selector: { matchLabels: { app: "frontend" } } }], ports: [{ port: 8080 }] }];
    const create = (name: string, spec: JsonObject) =>
      api().create({
        apiVersion: "policy.linkerd.io/v1alpha1",
        kind: "NetworkPolicy",
        metadata: { name, namespace: "own-plane-shop" },
        spec,
      });
    good(await create("good", { targetRef: { kind: "Service", name: "backend" }, ingress }), "policy");
    const { status, body } = await create("bad", { ingress });
    expect(status).to.equal(422);
    expect(JSON.stringify(body)).to.include("spec.targetRef: Required value");
  });

  describe("changes its trust anchor", () => {
    // Not when this file is read: other files may take longer than what is waited for here.
    let start = 0;
    before(() => {
      start = Date.now();
    });
    const world = (now: number): StepWorld => ({
      ask: api().ask,
      io: recordingIo(),
      namespace,
      now: new Date(now),
      dryRun: false,
      force: false,
    });
    const gathered = (now: number) => gatherRotation(api().ask, namespace, new Date(now));
    const refused = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => "",
        (error: unknown) => (error instanceof CommandFailure ? error.lines.join("\n") : Promise.reject(error)),
      );
    const bundle = async (): Promise<string> => {
      const found = await api().get(`/api/v1/namespaces/${namespace}/configmaps/linkerd-identity-trust-roots`);
      return String(asObject(found?.["data"])?.["ca-bundle.crt"]);
    };
    const meshed = async (name: string): Promise<void> =>
      void good(await api().create(meshedPod(name, await bundle())), name);

    it("adds a new one, keeping its key", async () => {
      await meshed("before");
      const file = keyFile("second-anchor.key");
      const { exit, stdout } = await weft(["identity", "rotate", "anchor", "--start", "--anchor-key-file", file]);
      expect(exit).to.equal(0);
      expect(stdout).to.match(/^a new trust anchor joins the bundle/);
      expect((await bundle()).match(/BEGIN/g)).to.have.length(2);
      expect(readFileSync(file, "utf8")).to.include("PRIVATE KEY");
      const status = await weft(["identity", "status"]);
      expect(status.stdout).to.match(
        /1 with trust-root-sha256 [0-9a-f]{12}: of own-plane-shop pod\/before \(1\); without /,
      );
    });

    it("refuses another issuer while a pod does not trust the new anchor, and names the pod", async () => {
      const args = ["identity", "rotate", "issuer", "--start", "--anchor-key-file", keyFile("second-anchor.key")];
      const { exit, stderr } = await weft(args);
      expect(exit).to.equal(1);
      expect(stderr)
        .to.match(/bundle: was changed \d+ s ago/)
        .and.to.match(/own-plane-shop pod\/before: 1 pod does not/);
    });

    it("takes the issuer when pods were made anew, and weft upgrade leaves it", async () => {
      const path = "/api/v1/namespaces/own-plane-shop/pods/before";
      await api().ask({ method: "DELETE", path, query: { gracePeriodSeconds: "0" } });
      await meshed("after");
      const now = start + 10 * minute;
      await changeIssuer(await gathered(now), keyFile("second-anchor.key"), world(now));
      expect(await weft(["upgrade", "--exit-code"])).to.include({ exit: 0, stdout: "" });
    });

    it("drops the old one a day later, and no earlier", async () => {
      const early = start + 23 * 60 * minute;
      expect(await refused(gathered(early).then((found) => dropAnchors(found, world(early))))).to.match(
        /it takes \d+ h|min more/,
      );
      const late = start + 25 * 60 * minute;
      await dropAnchors(await gathered(late), world(late));
      expect((await bundle()).match(/BEGIN/g)).to.have.length(1);
      const { stdout } = await weft(["identity", "status"]);
      expect(stdout)
        .to.match(/above the issuer\nissuer/)
        .and.to.match(/none is under way/);
    });

    it("can begin again", async () => {
      const now = start + 26 * 60 * minute;
      await addAnchor(await gathered(now), keyFile("third-anchor.key"), world(now));
      expect((await bundle()).match(/BEGIN/g)).to.have.length(2);
    });
  });
});

/** What injection makes of a pod, as far as trust goes. */
const meshedPod = (name: string, anchors: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: "own-plane-shop",
    labels: { "linkerd.io/control-plane-ns": namespace },
    annotations: { "linkerd.io/trust-root-sha256": sha256(anchors) },
  },
  spec: {
    containers: [
      {
        name: "linkerd-proxy",
        image: "proxy",
        env: [{ name: "LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS", value: anchors }],
      },
    ],
  },
});
