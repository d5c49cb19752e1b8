/**
 * An annotation never blocks a pod: values at the edges for every row of the annotations, injected and created as a dry
 * run. A real API server takes them all.
 */
import { expect } from "chai";
import { inject } from "../../src/core/inject/inject.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { edgePods } from "../core/inject/settings/annotation-edges.ts";
import { asking, installation, plain, requestFor } from "../support/injection.ts";
import { messageOf } from "./harness/cluster.ts";
import type { Cluster } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const namespace = "edges";
const inNamespace = { metadata: { name: "web", namespace } };

/** Further pods whose own fields bound what weft may add. */
const bounded: readonly [name: string, pod: JsonObject][] = [
  ...(["cpu", "memory"] as const).flatMap((name): readonly [string, JsonObject][] =>
    [
      { requests: { [name]: "1Gi" } },
      { limits: { [name]: "1Gi" } },
      { requests: { [name]: "1Gi" }, limits: { [name]: "1Gi" } },
    ].flatMap((resources): readonly [string, JsonObject][] => [
      [
        `${JSON.stringify(resources)} of the pod and of its container`,
        asking({
          ...inNamespace,
          annotations: {
            "config.linkerd.io/proxy-cpu-limit": "100m",
            "config.linkerd.io/proxy-memory-request": "20Mi",
          },
          spec: { resources },
          containers: [{ name: "app", image: "app:1", resources: { requests: { [name]: "1Gi" } } }],
        }),
      ],
      [
        `${JSON.stringify(resources)} of the pod`,
        asking({
          ...inNamespace,
          annotations: {
            "config.linkerd.io/proxy-cpu-request": "100m",
            "config.linkerd.io/proxy-memory-limit": "2Gi",
            "config.linkerd.io/proxy-ephemeral-storage-limit": "2Gi",
          },
          spec: { resources },
        }),
      ],
    ]),
  ),
  ...["CAP_SYS_ADMIN", "SYS_ADMIN", "cap_sys_admin", "ALL"].map((add): [string, JsonObject] => [
    `${add} of the first container`,
    asking({
      ...inNamespace,
      containers: [{ name: "app", image: "app:1", securityContext: { capabilities: { add: [add] } } }],
    }),
  ]),
];

const owners = [64, 100, 253].map((length) => `${"x-".repeat(126).slice(0, length - 1)}x`);

describeOnApi("values of annotations, on an API server", (api) => {
  before(() => api().namespace(namespace));

  /** What the API server says to the pod with the proxy in it; empty: it takes it. */
  const refusal = async (cluster: Cluster, pod: JsonObject, owner = "web"): Promise<string> => {
    const injection = inject(
      requestFor(pod, { installation: installation(), owner: { kind: "deployment", name: owner } }),
    );
    if (injection.kind !== "injected") return injection.kind;
    const answer = await cluster.create(plain(injection.object), { dryRun: true });
    return answer.status === 201 ? "" : `${answer.status} ${messageOf(answer)}`;
  };

  const refused = async (pods: readonly (readonly [name: string, pod: JsonObject])[]): Promise<readonly string[]> => {
    const found: string[] = [];
    const rest = [...pods];
    const one = async (): Promise<void> => {
      for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
        const [name, pod] = next;
        const why = await refusal(api(), pod);
        if (why !== "") found.push(`${name}: ${why}`);
      }
    };
    await Promise.all(Array.from({ length: 4 }, one));
    return found;
  };

  it(`make ${edgePods.length} pods, and none of them is refused`, async () => {
    expect(await refused(edgePods.map(({ name, pod }) => [name, pod]))).to.deep.equal([]);
  }).timeout(300_000);

  for (const [name, pod] of bounded) {
    it(`${name}: is no obstacle`, async () => expect(await refusal(api(), pod)).to.equal(""));
  }

  for (const owner of owners) {
    it(`an owner with a name of ${owner.length} characters is no obstacle`, async () =>
      expect(await refusal(api(), asking(inNamespace), owner)).to.equal(""));
  }
});
