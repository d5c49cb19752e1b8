/** What reaches the terminal of somebody who runs kubectl: one line for each thing to know, beginning with kind/name. */
import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { asking, pod, workload } from "./harness/pods.ts";
import { installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const namespace = "warn-shop";
const typo = { "config.linkerd.io/proxy-cpu-limt": "1" };

const job = (kind: "Job" | "CronJob", annotations: JsonObject): JsonObject => {
  const spec = { containers: [{ name: "web", image: "web:1" }], restartPolicy: "Never" };
  const template = { metadata: { annotations }, spec };
  const own = { apiVersion: "batch/v1", kind, metadata: { name: "nightly", namespace } };
  return kind === "Job"
    ? { ...own, spec: { template } }
    : { ...own, spec: { schedule: "0 3 * * *", jobTemplate: { spec: { template } } } };
};

/** Each with what its lines begin with and say. */
const rows: readonly [claim: string, object: JsonObject, lines: readonly RegExp[]][] = [
  [
    "a pod created directly, with a typo",
    pod(namespace, { name: "web", annotations: { ...asking, ...typo } }),
    [/^pod\/web: .*proxy-cpu-limt.*did you mean config\.linkerd\.io\/proxy-cpu-limit\?/],
  ],
  [
    "a pod that asks and cannot be had",
    pod(namespace, { name: "web", annotations: asking, spec: { hostNetwork: true } }),
    [/^pod\/web: .*hostNetwork/],
  ],
  [
    "two things about one pod, the more important one first",
    pod(namespace, { name: "web", annotations: { ...asking, ...typo, "config.linkerd.io/proxy-await": "yes" } }),
    [/^pod\/web: config\.linkerd\.io\/proxy-await: "yes"/, /^pod\/web: .*proxy-cpu-limt/],
  ],
  ["a pod that there is nothing to say about", pod(namespace, { name: "web", annotations: asking }), []],
  ["a pod that never asked", pod(namespace, { name: "web", spec: { hostNetwork: true } }), []],
  [
    "a Deployment with a value that is none",
    workload("Deployment", namespace, { annotations: { ...asking, "config.linkerd.io/proxy-cpu-request": "100 m" } }),
    [/^deployment\/web: config\.linkerd\.io\/proxy-cpu-request: "100 m" is not a Kubernetes quantity/],
  ],
  [
    "a StatefulSet with a typo",
    workload("StatefulSet", namespace, { annotations: { ...asking, ...typo }, spec: {} }),
    [/^statefulset\/web: .*proxy-cpu-limt/],
  ],
  [
    "a DaemonSet in the host's network",
    workload("DaemonSet", namespace, { annotations: asking, spec: { hostNetwork: true } }),
    [/^daemonset\/web: .*hostNetwork/],
  ],
  ["a Job with a typo", job("Job", { ...asking, ...typo }), [/^job\/nightly: .*proxy-cpu-limt/]],
  ["a CronJob with a typo", job("CronJob", { ...asking, ...typo }), [/^cronjob\/nightly: .*proxy-cpu-limt/]],
  [
    "a Namespace with a typo",
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "warn-new", annotations: { ...asking, ...typo } } },
    [/^namespace\/warn-new: .*proxy-cpu-limt/],
  ],
  [
    "a Namespace that enforces Pod Security",
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: "warn-new",
        annotations: asking,
        labels: { "pod-security.kubernetes.io/enforce": "restricted" },
      },
    },
    [/^namespace\/warn-new: .*restricted/],
  ],
  [
    "a Service with a port list that is none",
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "db", namespace, annotations: { "config.linkerd.io/opaque-ports": "mysql" } },
      spec: { ports: [{ port: 3306 }] },
    },
    [/^service\/db: .*mysql/],
  ],
];

describeOnApi("warnings in kubectl's output", (api) => {
  let weft: Weft;

  before(async () => {
    weft = await installWeft(api(), { namespace: "warn-weft", certificates: "files" });
    await api().namespace(namespace);
  });
  after(() => weft?.end());

  const warned = async (object: JsonObject, ...args: readonly string[]): Promise<readonly string[]> => {
    const input = JSON.stringify(object);
    const { code, stderr } = await api().kubectl(["apply", "-f", "-", ...args], { input });
    const lines = stderr.split("\n").filter((line) => line !== "");
    expect(code, stderr).to.equal(0);
    for (const line of lines) expect(line).to.match(/^Warning: /);
    return lines.map((line) => line.slice("Warning: ".length));
  };

  for (const [claim, object, expected] of rows) {
    it(`${claim}: ${expected.length} lines`, async () => {
      const lines = await warned(object, "--dry-run=server");
      expect(lines, lines.join("\n")).to.have.lengthOf(expected.length);
      for (const [at, pattern] of expected.entries()) expect(lines[at]).to.match(pattern);
      for (const line of lines) expect(line.length).to.be.at.most(256);
    });
  }

  it("what is applied again without a change is not told again; a changed template is", async () => {
    const deployment = workload("Deployment", namespace, { name: "again", annotations: { ...asking, ...typo } });
    expect(await warned(deployment)).to.have.lengthOf(1);
    expect(await warned(deployment)).to.have.lengthOf(0);
    const changed = workload("Deployment", namespace, {
      name: "again",
      annotations: { ...asking, ...typo, note: "new" },
    });
    expect(await warned(changed)).to.have.lengthOf(1);
  });
});
