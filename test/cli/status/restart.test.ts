/** `weft restart --missed` against an API server in memory; what controllers do there happens while it waits. */
import { expect } from "chai";
import { CommandFailure } from "../../../src/cli/io.ts";
import { run } from "../../../src/cli/program.ts";
import { restart } from "../../../src/cli/status/restart.ts";
import type { RestartAsked } from "../../../src/cli/status/restart.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { parseDuration } from "../../../src/core/base/scalars/duration.ts";
import { textAt } from "../../../src/core/base/json/read.ts";
import type { AskApi } from "../../../src/kube/api.ts";
import { material, now, put } from "../../support/check-cluster.ts";
import type { Material } from "../../support/check-cluster.ts";
import { deployment, emptyMesh, meshedOf, podOf, restartableMesh } from "../../support/data-plane.ts";
import type { DataPlaneCluster } from "../../support/data-plane.ts";
import { recordingIo } from "../../support/recording-io.ts";

const minute = parseDuration("1m") ?? expect.fail("a minute is a duration");

const pathOf = (name: string): string => `/apis/apps/v1/namespaces/shop/deployments/${name}`;

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: readonly string[];
}

/** `onWait`: what happens meanwhile. */
async function restarted(
  { cluster: { api }, reach }: DataPlaneCluster,
  onWait: (restarted: readonly string[]) => void,
  changes: Partial<RestartAsked> = {},
  {
    signal = new AbortController().signal,
    ask = api.ask,
  }: { readonly signal?: AbortSignal; readonly ask?: AskApi } = {},
): Promise<Ran> {
  const io = recordingIo({ signal });
  let time = now.getTime();
  const world = {
    ask,
    reach,
    io,
    now: () => new Date(time),
    wait: async (milliseconds: number) => {
      time += milliseconds;
      onWait(["mail", "news"].filter((name) => isRestarted(api.stored(pathOf(name)))));
    },
  };
  const asked = { wanted: { namespace: undefined, selector: "" }, timeout: minute, dryRun: false, ...changes };
  const failed = await restart(world, asked).then(
    () => [],
    (error: unknown) => (error instanceof CommandFailure ? error.lines : Promise.reject(error)),
  );
  return { ...io.written, failed };
}

const isRestarted = (object: JsonObject | undefined): boolean =>
  textAt(object, "spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt") !== "";

/** As the Deployment's controller, and weft, do it. */
function rolls({ cluster: { api }, add, mesh }: DataPlaneCluster, name: string): void {
  for (const old of ["a", "b"]) api.remove(`/api/v1/namespaces/shop/pods/${name}-7f9-${old}`);
  add(meshedOf(mesh.installation, { name: `${name}-7f9-new`, of: name }));
}

const left =
  "weft: shop pod/tool is left as it is: kubectl -n shop get pod tool -o yaml | kubectl replace --force -f -\n";

describe("weft restart --missed", () => {
  let made: Material;
  before(async () => {
    made = await material();
  });

  /** Nothing is ready until it was waited for once. */
  const unready = (mesh: DataPlaneCluster, name: string): void =>
    put(mesh.cluster, { ...deployment(name), status: { updatedReplicas: 1, replicas: 1, availableReplicas: 0 } });

  it("rolls the workloads of missed pods, one after the other", async () => {
    const mesh = await restartableMesh(made);
    for (const name of ["mail", "news"]) unready(mesh, name);
    const seen: string[] = [];
    const ran = await restarted(mesh, (names) => {
      seen.push(names.join("+"));
      for (const name of names) {
        const object = mesh.cluster.api.stored(pathOf(name)) ?? {};
        put(mesh.cluster, { ...object, status: { updatedReplicas: 1, replicas: 1, availableReplicas: 1 } });
        rolls(mesh, name);
      }
    });
    expect(seen).to.deep.equal(["mail", "mail+news"]);
    expect(ran).to.deep.equal({
      stdout: "shop deployment/mail: restarted\nshop deployment/news: restarted\n2 of 3 workloads restarted\n",
      stderr: left,
      failed: [],
    });
  });

  it("stops at one that does not get ready", async () => {
    const mesh = await restartableMesh(made);
    unready(mesh, "mail");
    expect(await restarted(mesh, () => undefined)).to.deep.include({
      stdout: "shop deployment/mail: restarted\n",
      failed: [
        "shop deployment/mail: not ready after 1m0s: 0 of 1 pods are ready",
        "not restarted: shop deployment/news",
      ],
    });
    expect(isRestarted(mesh.cluster.api.stored(pathOf("news")))).to.equal(false);
  });

  it("stops where the new pods have no proxy either", async () => {
    const mesh = await restartableMesh(made);
    expect(await restarted(mesh, () => undefined)).to.deep.include({
      failed: [
        "shop deployment/mail: its new pods have no proxy either: see weft check",
        "not restarted: shop deployment/news",
      ],
    });
  });

  it("changes nothing in a dry run, and prints the commands", async () => {
    const mesh = await restartableMesh(made);
    const ran = await restarted(mesh, () => undefined, { dryRun: true });
    expect(ran).to.deep.equal({
      stdout: "kubectl -n shop rollout restart deployment/mail\nkubectl -n shop rollout restart deployment/news\n",
      stderr: left,
      failed: [],
    });
    expect(mesh.cluster.api.calls.filter(({ method }) => method !== "GET")).to.deep.equal([]);
  });

  it("prints in a dry run what it would do, and not more", async () => {
    const mesh = await restartableMesh(made);
    put(mesh.cluster, deployment("mail", { paused: true }));
    mesh.cluster.api.remove(pathOf("news"));
    expect(await restarted(mesh, () => undefined, { dryRun: true })).to.deep.include({
      stdout: "",
      stderr: `${left}weft: shop deployment/mail is left as it is: it is paused\nweft: shop deployment/news is left as it is: it is not there\n`,
    });
  });

  it("restarts nothing more once it is to stop, whatever it does then", async () => {
    const mesh = await restartableMesh(made);
    const ending = new AbortController();
    const ask: AskApi = (call) => {
      // The new pods are looked at then, and the next one would follow.
      if (call.method === "PATCH") {
        rolls(mesh, "mail");
        ending.abort();
      }
      return mesh.cluster.api.ask(call);
    };
    const ran = await restarted(mesh, () => undefined, {}, { signal: ending.signal, ask });
    expect(ran.failed).to.deep.equal(["shop deployment/news: stopped before it was restarted"]);
    expect(isRestarted(mesh.cluster.api.stored(pathOf("news")))).to.equal(false);
  });

  it("says which pods a partition keeps", async () => {
    const mesh = await emptyMesh(made);
    put(mesh.cluster, {
      ...deployment("db", { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } }),
      kind: "StatefulSet",
      status: { updatedReplicas: 1, readyReplicas: 2, updateRevision: "b", currentRevision: "a" },
    });
    mesh.add(
      podOf({ name: "db-0", of: "db", kind: "StatefulSet" }),
      meshedOf(mesh.mesh.installation, { name: "db-1", of: "db", kind: "StatefulSet" }),
    );
    expect(await restarted(mesh, () => undefined)).to.deep.equal({
      stdout: "shop statefulset/db: restarted\n1 of 1 workloads restarted\n",
      stderr: "weft: shop statefulset/db: its partition keeps 1 pod as before, without a proxy\n",
      failed: [],
    });
  });

  it("leaves what is paused as it is", async () => {
    const mesh = await restartableMesh(made);
    put(mesh.cluster, deployment("mail", { paused: true }));
    rolls(mesh, "news");
    expect(await restarted(mesh, () => undefined)).to.deep.include({
      stdout: "nothing was restarted\n",
      stderr: `${left}weft: shop deployment/mail is left as it is: it is paused\n`,
    });
  });

  it("tells what may not be changed", async () => {
    const mesh = await restartableMesh(made);
    mesh.cluster.answers.set(`PATCH ${pathOf("mail")}`, { status: 403, body: { message: "you may not" } });
    expect(await restarted(mesh, () => undefined)).to.deep.include({ failed: [`${pathOf("mail")}: you may not`] });
  });

  const usage: readonly (readonly [args: readonly string[], stderr: string])[] = [
    [[], "say what to restart: --missed"],
    [["--missed", "--timeout", "soon"], '--timeout: "soon" is not a duration such as 90s or 5m'],
  ];
  for (const [args, stderr] of usage) {
    it(`tells what is wrong with ${args.join(" ") || "no flags"}`, async () => {
      const io = recordingIo();
      expect(await run(["restart", ...args], io)).to.equal(2);
      expect(io.written.stderr).to.equal(`weft: ${stderr}\n`);
    });
  }
});
