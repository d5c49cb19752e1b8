/** `weft check --proxy`: one thing wrong with the pods of a mesh, and what is told of it. */
import { expect } from "chai";
import { checkedAfter, checkedProxies, findings } from "../../support/check-asked.ts";
import { material } from "../../support/check-cluster.ts";
import type { Material } from "../../support/check-cluster.ts";
import { emptyMesh, meshedOf, shopMesh } from "../../support/data-plane.ts";

describe("weft check --proxy", () => {
  let made: Material;
  before(async () => {
    made = await material();
  });

  it("finds nothing where every pod is as it would be now", async () => {
    const mesh = await emptyMesh(made);
    mesh.add(meshedOf(mesh.mesh.installation, { name: "web-1", of: "web" }));
    const { categories, success } = await checkedProxies(mesh.cluster);
    const own = categories.find(({ name }) => name === "weft-data-plane");
    expect(own?.results.map(({ description, result }) => [description, result])).to.deep.equal([
      ["the pods of the mesh can be looked at", "success"],
      ["no pod with a proxy is stuck", "success"],
      ["proxies look for this control plane", "success"],
      ["proxies trust the stored trust anchors, and no others", "success"],
      ["proxies are of the version that pods get now", "success"],
      ["pods with a proxy were restarted since their settings changed", "success"],
      ["pods that ask for a proxy have one", "success"],
      ["no pod asks for a proxy in vain", "success"],
    ]);
    expect(success).to.equal(true);
  });

  it("tells each thing once, with what mends it", async () => {
    const { cluster } = await shopMesh(made);
    const before = new Set(findings(await checkedAfter(cluster)).map(([description]) => description));
    const report = await checkedProxies(cluster);
    const own = findings(report).filter(([description]) => !before.has(description));
    expect(own).to.deep.equal([
      [
        "× no pod with a proxy is stuck",
        "shop deployment/cart (1 pod): stuck in Init: linkerd-init waits (CrashLoopBackOff), ended last with exit code 1",
      ],
      ["× proxies trust the stored trust anchors, and no others", own[1]?.[1] ?? ""],
      [
        "‼ proxies are of the version that pods get now",
        "shop deployment/stock (2 pods): runs proxy:edge-24.1.1; made now it would run proxy:edge-26.8.3",
      ],
      [
        "‼ pods with a proxy were restarted since their settings changed",
        "shop deployment/stock (2 pods): not restarted since its settings changed: LINKERD2_PROXY_LOG of linkerd-proxy",
      ],
      [
        "× pods that ask for a proxy have one",
        "shop deployment/mail (2 pods): made before its namespace asked",
        "shop deployment/news (1 pod): made while the webhook was away",
        "shop pod/tool (1 pod): made while the webhook was away",
      ],
      ["‼ no pod asks for a proxy in vain", "shop daemonset/agent (1 pod): left out: hostNetwork is enabled"],
    ]);
    expect(own[1]?.[1]).to.match(/^shop statefulset\/pay \(1 pod\): does not trust anchor [0-9a-f]{12}$/);
    const hints = report.categories.flatMap(({ results }) =>
      results.map(({ description, hint }) => [description, hint]),
    );
    expect(Object.fromEntries(hints)).to.include({
      "no pod with a proxy is stuck":
        "run kubectl -n shop logs cart-7f9-a -c linkerd-init --previous; see weft help check#proxy-stuck",
      "pods that ask for a proxy have one": "run weft restart --missed; see weft help check#pods-missed",
    });
  });

  it("does not send whoever has missed pods that nobody makes again to weft restart", async () => {
    const { cluster } = await shopMesh(made);
    for (const name of ["mail-7f9-a", "mail-7f9-b", "news-7f9-a"])
      cluster.api.remove(`/api/v1/namespaces/shop/pods/${name}`);
    const results = (await checkedProxies(cluster)).categories.flatMap((category) => category.results);
    expect(results.find(({ description }) => description === "pods that ask for a proxy have one")?.hint).to.equal(
      "run kubectl -n shop get pod tool -o yaml | kubectl replace --force -f -; see weft help check#pods-missed",
    );
  });

  it("says nothing of pods that it may not list", async () => {
    const { cluster } = await shopMesh(made);
    cluster.forbids = /^\/api\/v1\/pods$/;
    const report = await checkedProxies(cluster);
    // That pods may not be listed is told once, where they are needed first.
    expect(report.categories.map(({ name }) => name)).not.to.include("weft-data-plane");
    expect(findings(report).flat().join("\n")).to.match(/Pods could not be read/);
  });
});
