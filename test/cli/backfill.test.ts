import { expect } from "chai";
import { backfill } from "../../src/cli/backfill.ts";
import type { Backfill } from "../../src/cli/backfill.ts";
import { CommandFailure } from "../../src/cli/io.ts";
import { run } from "../../src/cli/program.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { mirrorLabel } from "../../src/core/registration/entries.ts";
import { fakeApi } from "../support/api-server.ts";
import type { FakeApi } from "../support/api-server.ts";
import { recordingIo } from "../support/recording-io.ts";

const namespace = (name: string, annotation?: string, label?: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name,
    annotations: annotation === undefined ? {} : { "linkerd.io/inject": annotation },
    labels: { team: "a", ...(label === undefined ? {} : { [mirrorLabel]: label }) },
  },
});

const cluster = (): FakeApi =>
  fakeApi(
    namespace("asks", "enabled"),
    namespace("behind", "ingress", "enabled"),
    namespace("declines", "disabled", "enabled"),
    namespace("fine", "enabled", "enabled"),
    namespace("kube-system", "enabled"),
    namespace("plain"),
    namespace("weft", "enabled"),
  );

const defaultValue: Backfill = { namespace: "weft", chosen: undefined, remove: false, dryRun: false, format: "text" };

async function filled(api: FakeApi, options: Partial<Backfill> = {}) {
  const io = recordingIo();
  const failed = await backfill(api.ask, io, { ...defaultValue, ...options }).then(
    () => [],
    (error: unknown) => (error instanceof CommandFailure ? error.lines : Promise.reject(error)),
  );
  return { ...io.written, failed };
}

const labelsIn = (api: FakeApi): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    ["asks", "behind", "declines", "fine", "kube-system", "plain", "weft"].map((name) => {
      const { labels } = (api.stored(`/api/v1/namespaces/${name}`)?.["metadata"] ?? {}) as JsonObject;
      expect(labels, name).to.include({ team: "a" });
      return [name, (labels as JsonObject)[mirrorLabel]];
    }),
  );

describe("weft backfill", () => {
  it("-o json says what it changed, for programs", async () => {
    const { stdout, stderr, failed } = await filled(cluster(), { format: "json", dryRun: true });
    expect({ stderr, failed }).to.deep.equal({ stderr: "", failed: [] });
    expect(JSON.parse(stdout)).to.deep.equal({
      dryRun: true,
      looked: 7,
      changed: [
        { namespace: "asks", label: "enabled" },
        { namespace: "behind", label: "ingress" },
        { namespace: "declines", label: null },
      ],
      refused: [],
    });
  });

  it("sets the label as the annotation says, where weft looks", async () => {
    const api = cluster();
    const told = await filled(api);
    expect(labelsIn(api)).to.deep.equal({
      asks: "enabled",
      behind: "ingress",
      declines: undefined,
      fine: "enabled",
      "kube-system": undefined,
      plain: undefined,
      weft: undefined,
    });
    expect(told).to.deep.equal({
      stdout: [
        `namespace/asks: ${mirrorLabel}=enabled`,
        `namespace/behind: ${mirrorLabel}=ingress`,
        "namespace/declines: label removed",
        "",
      ].join("\n"),
      stderr: "weft: 3 of 7 namespaces changed\n",
      failed: [],
    });
  });

  it("changes nothing the second time", async () => {
    const api = cluster();
    await filled(api);
    expect((await filled(api)).stderr).to.equal("weft: 0 of 7 namespaces changed\n");
  });

  it("keeps nothing on a dry run", async () => {
    const api = cluster();
    const before = labelsIn(api);
    expect((await filled(api, { dryRun: true })).stderr).to.equal("weft: 3 of 7 namespaces changed, as a dry run\n");
    expect(labelsIn(api)).to.deep.equal(before);
  });

  it("looks at chosen namespaces alone", async () => {
    const api = cluster();
    expect((await filled(api, { chosen: ["behind"] })).stdout).to.equal(`namespace/behind: ${mirrorLabel}=ingress\n`);
  });

  it("removes the label from every namespace that has it", async () => {
    const api = cluster();
    expect((await filled(api, { remove: true })).stderr).to.equal("weft: 3 of 7 namespaces changed\n");
    expect(Object.values(labelsIn(api))).to.deep.equal(Array.from({ length: 7 }, () => undefined));
  });

  it("says when weft puts the label back", async () => {
    const api = cluster();
    api.answerWith((call) =>
      call.method === "PATCH" ? { status: 200, body: namespace("fine", "enabled", "enabled") } : undefined,
    );
    const { failed } = await filled(api, { remove: true, chosen: ["fine"] });
    expect(failed).to.deep.equal([
      "namespace/fine: weft put the label back: it is still registered; first `weft uninstall | kubectl delete -f -`",
    ]);
  });

  it("goes on after a refusal, and tells it in the end", async () => {
    const api = cluster();
    api.answerWith(({ method, path }) =>
      method === "PATCH" && path.endsWith("/asks")
        ? { status: 403, body: { kind: "Status", message: "namespaces is forbidden" } }
        : undefined,
    );
    const { stdout, failed } = await filled(api);
    expect(failed).to.deep.equal(["namespace/asks: namespaces is forbidden"]);
    expect(stdout).to.include("namespace/behind");
  });
});

describe("weft backfill, the command", () => {
  const wrong: readonly [args: readonly string[], stderr: string][] = [
    [["--namespaces", "shop,A_b"], '--namespaces: "A_b" is not the name of a namespace'],
    [["-n", "A_b"], '--namespace: "A_b" is not the name of a namespace'],
  ];
  for (const [args, stderr] of wrong) {
    it(`refuses ${args.join(" ")}`, async () => {
      const io = recordingIo();
      expect(await run(["backfill", ...args], io)).to.equal(2);
      expect(io.written.stderr).to.equal(`weft: ${stderr}\n`);
    });
  }
});
