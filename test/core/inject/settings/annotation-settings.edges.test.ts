/** An annotation never blocks a pod: nothing that weft makes of a value is refused by Kubernetes' validation. */
import { expect } from "chai";
import { annotationRows } from "../../../../src/core/inject/settings/annotation-settings.ts";
import { inject } from "../../../../src/core/inject/inject.ts";
import { edgePods, edges } from "./annotation-edges.ts";
import { asking, installation, plain, requestFor, warningsFor } from "../../../support/injection.ts";
import { refusals } from "./validation.ts";

describe("values at the edges", () => {
  it("are there for every annotation", () => {
    const without = annotationRows.filter(({ annotation }) => (edges[annotation] ?? []).length < 2);
    expect(without.map(({ annotation }) => annotation)).to.deep.equal([]);
  });

  const settings: readonly [claim: string, installed: ReturnType<typeof installation>][] = [
    ["with the chart's settings", installation()],
    [
      "with limits and requests of the installation",
      installation({
        "proxy.resources": {
          cpu: { request: "100m", limit: "200m" },
          memory: { request: "20Mi", limit: "250Mi" },
          "ephemeral-storage": { request: "1Gi", limit: "2Gi" },
        },
        "proxyInit.mode": "nft",
        "proxyInit.image.name": "init",
        "proxyInit.runAsRoot": true,
      }),
    ],
  ];
  for (const [claim, installed] of settings) {
    it(`make no pod that is refused, ${claim}`, () => {
      const refused = edgePods.flatMap(({ name, pod }) => {
        const injection = inject(requestFor(pod, { installation: installed }));
        if (injection.kind !== "injected") return [`${name}: ${injection.kind}`];
        return refusals(plain(injection.object)).map((what) => `${name}: ${what}`);
      });
      expect(refused).to.deep.equal([]);
    });
  }

  it("are told where they are not used", () => {
    const silent = edgePods
      .filter(({ annotations }) => Object.values(annotations).some((value) => value === "-1" || value === "always"))
      .filter(({ pod }) => warningsFor(pod).length === 0);
    // Below 0 there is no group.
    expect(silent.map(({ name }) => name).filter((name) => !name.includes("proxy-gid"))).to.deep.equal([]);
  });

  it("would be refused by the model otherwise", () => {
    const broken = asking({
      containers: [
        {
          name: "app",
          image: " x",
          imagePullPolicy: "always",
          env: [{ name: "A=B" }, { name: "A", valueFrom: {} }],
          securityContext: { runAsUser: 2 ** 31, runAsGroup: -1 },
          resources: { limits: { cpu: "1" }, requests: { cpu: "2", memory: "-1" } },
        },
      ],
    });
    expect(refusals(broken)).to.have.length(8);
  });
});
