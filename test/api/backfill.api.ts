/** `weft backfill`: the mirrored label on namespaces that were there before weft, and its removal afterwards. */
import { expect } from "chai";
import { mirrorLabel } from "../../src/core/registration/entries.ts";
import type { Cluster } from "./harness/cluster.ts";
import { weftCommand } from "./harness/command.ts";
import { describeOnApi } from "./harness/on-api.ts";

describeOnApi("weft backfill", (api) => {
  const namespaces = {
    "backfill-enabled": { inject: "enabled", label: undefined, expected: "enabled" },
    "backfill-ingress": { inject: "ingress", label: "enabled", expected: "ingress" },
    "backfill-disabled": { inject: "disabled", label: "enabled", expected: undefined },
    "backfill-right": { inject: "enabled", label: "enabled", expected: "enabled" },
    "backfill-plain": { inject: undefined, label: undefined, expected: undefined },
  } as const;
  const flags = [`--namespaces=${Object.keys(namespaces).join(",")}`];

  before(async () => {
    for (const [name, { inject, label }] of Object.entries(namespaces)) {
      await api().namespace(name, {
        annotations: inject === undefined ? {} : { "linkerd.io/inject": inject },
        labels: label === undefined ? {} : { [mirrorLabel]: label },
      });
    }
  });

  const labels = (): Promise<readonly (string | undefined)[]> =>
    Promise.all(Object.keys(namespaces).map((name) => labelOf(api(), name)));

  it("as a dry run changes nothing and says what it would", async () => {
    const { code, stdout } = await weftCommand(api(), ["backfill", "--dry-run", ...flags]);
    expect(code).to.equal(0);
    expect(stdout).to.include("namespace/backfill-enabled");
    expect(await labels()).to.deep.equal(Object.values(namespaces).map(({ label }) => label));
  });

  it("sets the label of every namespace that was there before", async () => {
    const { code, stdout } = await weftCommand(api(), ["backfill", ...flags]);
    expect(code).to.equal(0);
    expect(stdout.trim().split("\n")).to.have.lengthOf(3);
    expect(await labels()).to.deep.equal(Object.values(namespaces).map(({ expected }) => expected));
  });

  it("takes every label away again", async () => {
    const { code } = await weftCommand(api(), ["backfill", "--remove", ...flags]);
    expect(code).to.equal(0);
    expect(await labels()).to.deep.equal(Object.values(namespaces).map(() => undefined));
  });
});

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

const labelOf = async (cluster: Cluster, namespace: string): Promise<string | undefined> =>
  ((await cluster.get(`/api/v1/namespaces/${namespace}`)) as unknown as Labelled).metadata.labels?.[mirrorLabel];
