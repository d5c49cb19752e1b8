/** What whoever applies a workload is told at once, by kubectl. */
import { expect } from "chai";
import { apply, deleteNamespaces, kubectl, read } from "./kubectl.ts";
import { namespace, pod, set } from "./objects.ts";
import type { App } from "./objects.ts";

const meshed = "e2e-advice";
const serve = { args: ["serve", "8080"] };
const typo = { ...serve, annotations: { "config.linkerd.io/proxy-cpu-limt": "1" } };
const unusable = { ...serve, annotations: { "config.linkerd.io/proxy-await": "yes" } };

describe("advice at apply time", () => {
  before(() => apply([namespace(meshed, { "linkerd.io/inject": "enabled" })]));
  after(() => deleteNamespaces(meshed));

  const deployment = (name: string, app: App) => set("Deployment", meshed, name, app, { replicas: 0 });
  const rows: readonly [claim: string, object: ReturnType<typeof deployment>, expected: RegExp][] = [
    ["an annotation that looks mistyped", deployment("typo", typo), /^Warning: deployment\/typo: .*proxy-cpu-limit/m],
    ["a value that cannot be used", deployment("unusable", unusable), /^Warning: deployment\/unusable: .*proxy-await/m],
    ["also for a pod of its own", pod(meshed, "typo", typo), /^Warning: pod\/typo: .*proxy-cpu-limit/m],
    [
      "a pod that cannot be meshed",
      deployment("host", { ...serve, spec: { hostNetwork: true } }),
      /^Warning: deployment\/host: .*host_?network/im,
    ],
    [
      "a namespace whose Pod Security refuses the init container",
      {
        ...namespace("e2e-advice-restricted", { "linkerd.io/inject": "enabled" }),
        metadata: {
          name: "e2e-advice-restricted",
          labels: { "pod-security.kubernetes.io/enforce": "restricted" },
          annotations: { "linkerd.io/inject": "enabled" },
        },
      },
      /^Warning: namespace\/e2e-advice-restricted: .*restricted/m,
    ],
  ];
  for (const [claim, object, expected] of rows) {
    it(claim, async () => {
      const { out, complaints } = await kubectl(["apply", "--dry-run=server", "-f", "-"], JSON.stringify(object));
      expect(out).to.include("(server dry run)");
      expect(complaints).to.match(expected);
    });
  }

  it("there is none about what is fine", async () => {
    const { complaints } = await apply([deployment("fine", serve)]);
    expect(complaints).to.equal("");
  });

  it("the namespace's annotation is repeated as a label, and follows it", async () => {
    const label = async (): Promise<unknown> =>
      (await read<{ readonly metadata: { readonly labels: Readonly<Record<string, string>> } }>("namespace", meshed))
        .metadata.labels["weft.linkerd.io/inject"];
    expect(await label()).to.equal("enabled");
    await kubectl(["annotate", "namespace", meshed, "--overwrite", "linkerd.io/inject=disabled"]);
    expect(await label()).to.equal(undefined);
    await kubectl(["annotate", "namespace", meshed, "--overwrite", "linkerd.io/inject=ingress"]);
    expect(await label()).to.equal("ingress");
  });
});
