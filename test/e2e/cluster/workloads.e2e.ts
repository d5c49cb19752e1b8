/** Pods that their namespace's annotation meshes, made by each kind of workload. */
import { expect } from "chai";
import { containerNames as names } from "../../../src/core/mesh/sidecar.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { apply, deleteNamespaces, eventually, kubectl, patience, read } from "./kubectl.ts";
import {
  containerNames,
  eventsOn,
  isReady,
  job,
  namespace,
  pod,
  podNamed,
  podsOf,
  service,
  set,
  statusOf,
} from "./objects.ts";
import type { Event, Pod } from "./objects.ts";

const meshed = "e2e-workloads";
const plain = "e2e-not-asked";

const serve = { args: ["serve", "8080"] };
const call = { args: ["call", "http://web:8080/"], labels: { run: "once" } };

describe("workloads of a namespace that asks for the proxy", () => {
  before(async () => {
    await apply([namespace(meshed, { "linkerd.io/inject": "enabled" }), namespace(plain)]);
    const objects = [
      service(meshed, "web"),
      set("Deployment", meshed, "web", serve, { replicas: 2 }),
      set("StatefulSet", meshed, "store", serve, { serviceName: "store" }),
      { apiVersion: "batch/v1", kind: "Job", ...job("once", call) },
      // The next full minute is waited for while the others start.
      {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: "minutely" },
        spec: { schedule: "* * * * *", jobTemplate: job("minutely", { ...call, labels: { run: "minutely" } }) },
      },
      set("Deployment", plain, "not-asked", serve),
      pod(plain, "asked", { ...serve, annotations: { "linkerd.io/inject": "enabled" } }),
      pod(meshed, "opted-out", { ...serve, annotations: { "linkerd.io/inject": "disabled" } }),
    ];
    await apply(objects.map((object) => within(meshed, object)));
  });
  after(() => deleteNamespaces(meshed, plain));

  const rows: readonly [kind: string, name: string, replicas: number][] = [
    ["deployment", "web", 2],
    ["statefulset", "store", 1],
  ];
  for (const [kind, name, replicas] of rows) {
    it(`${kind}: pods get ready with init container and sidecar`, async () => {
      await kubectl(["-n", meshed, "rollout", "status", `${kind}/${name}`, patience]);
      const pods = await podsOf(meshed, `app=${name}`);
      expect(pods).to.have.length(replicas);
      for (const each of pods) {
        expectMeshed(each);
        expect(isReady(each)).to.equal(true);
        expect(statusOf(each, names.proxy)).to.deep.include({ ready: true, started: true, restartCount: 0 });
        expect(each.metadata?.labels).to.include({ [`linkerd.io/proxy-${kind}`]: name });
      }
    });
  }

  it("job: completes, and its proxy ends with it", async () => {
    await kubectl(["-n", meshed, "wait", "--for=condition=Complete", patience, "job/once"]);
    await expectEnded("run=once", "linkerd.io/proxy-job", "once");
  });

  it("cronjob: its job completes, and the pod names the cronjob", async () => {
    const [first] = await eventually(async () => {
      const { items } = await read<{ readonly items: readonly Pod[] }>("pods", "-n", meshed, "-l", "run=minutely");
      expect(items).to.not.deep.equal([]);
      return items;
    });
    const owner = first?.metadata?.ownerReferences?.[0]?.name ?? "";
    await kubectl(["-n", meshed, "wait", "--for=condition=Complete", patience, `job/${owner}`]);
    await expectEnded(`job-name=${owner}`, "linkerd.io/proxy-cronjob", "minutely");
  });

  it("a pod that asked by itself gets the proxy, in a namespace that did not", async () => {
    await kubectl(["-n", plain, "wait", "--for=condition=Ready", patience, "pod/asked"]);
    expectMeshed(await podNamed(plain, "asked"));
  });

  it("a pod that did not ask stays as it was written", async () => {
    await kubectl(["-n", plain, "rollout", "status", "deployment/not-asked", patience]);
    const [{ metadata, spec } = {}] = await podsOf(plain, "app=not-asked");
    expect(spec?.initContainers).to.equal(undefined);
    expect(spec?.containers?.map(({ name }) => name)).to.deep.equal(["app"]);
    expect(metadata?.annotations).to.equal(undefined);
    expect(Object.keys(metadata?.labels ?? {})).to.have.members(["app", "pod-template-hash"]);
  });

  it("a pod that opted out gets no proxy", async () => {
    expect(containerNames(await podNamed(meshed, "opted-out"))).to.deep.equal(["app"]);
  });

  const owners: readonly [kind: string, name: string][] = [
    ["Deployment", "web"],
    ["StatefulSet", "store"],
    ["Job", "once"],
    ["CronJob", "minutely"],
  ];
  for (const [kind, name] of owners) {
    it(`the ${kind} has an event that says so`, () =>
      eventually(async () => {
        const ours = (await eventsOn(meshed, kind, name)).filter(fromWeft);
        expect(ours.map(({ type, reason }) => [type, reason])).to.deep.include(["Normal", "Injected"]);
      }));
  }

  it("there is none on the owner of pods that nobody asked to mesh", async () => {
    expect((await eventsOn(plain, "Deployment", "not-asked")).filter(fromWeft)).to.deep.equal([]);
  });
});

const within = (name: string, object: JsonObject): JsonObject => ({
  ...object,
  metadata: { namespace: name, ...(object["metadata"] as JsonObject) },
});

/** Under the name that Linkerd's injector has. */
const fromWeft = ({ source }: Event): boolean => source?.component === "weft-injector";

function expectMeshed(each: Pod): void {
  expect(containerNames(each)).to.deep.equal([names.init, names.proxy, "app"]);
  expect(statusOf(each, names.init)?.state?.terminated?.exitCode).to.equal(0);
}

/** Of a pod that ran to its end: so did the proxy, by itself, with the application's success. */
async function expectEnded(selector: string, label: string, owner: string): Promise<void> {
  const [ended] = await podsOf(meshed, selector);
  if (ended === undefined) throw new Error(`no pod with ${selector}`);
  expectMeshed(ended);
  expect(ended.status?.phase).to.equal("Succeeded");
  expect(statusOf(ended, names.proxy)?.state?.terminated?.exitCode).to.equal(0);
  expect(ended.metadata?.labels).to.include({ [label]: owner });
}
