import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { connect } from "../../src/kube/connect.ts";
import type { KubeApi, WatchEvent } from "../../src/kube/api.ts";
import { httpApi } from "./api-http.ts";
import type { HttpApi } from "./api-http.ts";

const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "shop" } });

describe("kube/api-http", () => {
  let http: HttpApi;
  let kube: KubeApi;
  const folder = mkdtempSync(join(tmpdir(), "weft-"));
  before(async () => {
    http = await httpApi([pod("web")]);
    writeFileSync(join(folder, "config"), http.kubeconfig);
    const read = await connect({ kubeconfig: join(folder, "config"), env: {} });
    if ("issues" in read) throw new Error(JSON.stringify(read.issues));
    kube = read.value;
  });
  after(async () => {
    await http.stop();
    rmSync(folder, { recursive: true });
  });

  it("lists, and watches from there", async () => {
    const { body } = await kube.ask({ method: "GET", path: "/api/v1/pods" });
    expect(body).to.have.property("items").with.length(1);
    const events: WatchEvent[] = [];
    const ending = new AbortController();
    const version = (body as { readonly metadata: { readonly resourceVersion: string } }).metadata.resourceVersion;
    const ended = kube.watch(
      { path: "/api/v1/pods", query: { resourceVersion: version } },
      (event) => {
        events.push(event);
        ending.abort();
      },
      ending.signal,
    );
    http.api.put(pod("db"));
    await ended.catch(() => undefined);
    expect(events.map(({ type, object }) => [type, (object["metadata"] as { name: string }).name])).to.deep.equal([
      ["ADDED", "db"],
    ]);
  });

  it("reviews tokens", async () => {
    http.tokens.set("one", "system:serviceaccount:shop:web");
    const review = async (token: string): Promise<unknown> =>
      (
        await kube.ask({
          method: "POST",
          path: "/apis/authentication.k8s.io/v1/tokenreviews",
          body: { spec: { token, audiences: ["identity.l5d.io"] } },
        })
      ).body;
    expect(await review("one")).to.have.nested.property("status.user.username", "system:serviceaccount:shop:web");
    expect(await review("two")).to.have.nested.property("status.authenticated", false);
  });

  it("knows custom resources that a test names", async () => {
    expect((await kube.ask({ method: "GET", path: "/apis/policy.linkerd.io" })).status).to.equal(404);
    http.custom.set("policy.linkerd.io/v1alpha1", ["NetworkPolicy"]);
    const { body } = await kube.ask({ method: "GET", path: "/apis/policy.linkerd.io/v1alpha1" });
    expect(body).to.have.nested.property("resources[0].name", "networkpolicies");
  });
});
