import { expect } from "chai";
import { explain } from "../../../../src/core/inject/explain.ts";
import { readInstallation } from "../../../../src/core/inject/settings/installation.ts";
import type { Annotations, Json } from "../../../../src/core/base/json/json.ts";
import {
  asking,
  containerIn,
  injectedInto,
  installation,
  memberAt,
  requestFor,
  sha256,
  values,
  variableIn,
  warningsFor,
} from "../../../support/injection.ts";

const config = (name: string): string => `config.linkerd.io/${name}`;
const resourcesWith = (annotations: Annotations, changes: Readonly<Record<string, Json>> = {}) => {
  const pod = asking({ annotations });
  const around = { installation: installation(changes) };
  const after = injectedInto(pod, around);
  return {
    resources: containerIn(after, "linkerd-proxy")?.["resources"],
    init: memberAt(containerIn(after, "linkerd-init"), "resources"),
    most: variableIn(after, "CORES_MAX"),
    lines: warningsFor(pod, around),
  };
};

describe("S-59: a request above its limit", () => {
  it("raises the limit, by two annotations, and the most workers with it", () => {
    const both = { [config("proxy-cpu-request")]: "2500m", [config("proxy-cpu-limit")]: "100m" };
    const raised = { limits: { cpu: "2500m" }, requests: { cpu: "2500m" } };
    expect(resourcesWith(both)).to.deep.equal({
      resources: raised,
      init: raised,
      most: "3",
      lines: [
        'pod/web: config.linkerd.io/proxy-cpu-limit: the request of "2500m" is over the limit of "100m", which is raised to "2500m"',
      ],
    });
  });

  it("raises the installation's limit, by one annotation", () => {
    const one = { [config("proxy-memory-request")]: "1Gi" };
    const { resources, lines } = resourcesWith(one, { "proxy.resources.memory.limit": "250Mi" });
    expect(resources).to.deep.equal({ limits: { memory: "1Gi" }, requests: { memory: "1Gi" } });
    expect(lines).to.deep.equal([
      'pod/web: config.linkerd.io/proxy-memory-request: the request of "1Gi" is over the limit of "250Mi", which is raised to "1Gi"',
    ]);
  });

  it("raises a limit that one annotation puts below the installation's request", () => {
    const one = { [config("proxy-ephemeral-storage-limit")]: "1Mi" };
    const { resources } = resourcesWith(one, { "proxy.resources.ephemeral-storage.request": "1Gi" });
    expect(resources).to.deep.equal({
      limits: { "ephemeral-storage": "1Gi" },
      requests: { "ephemeral-storage": "1Gi" },
    });
  });

  it("is said of an installation when it is loaded, and its pods are made all the same", () => {
    const changes = { "proxy.resources.cpu": { request: "1", limit: "0.5" } };
    const read = readInstallation({ values: values(changes), sha256 });
    expect("value" in read ? read.value.warnings : []).to.deep.include.members([
      {
        at: "proxy.resources.cpu.limit",
        message: 'is too low: the request of "1" is over the limit of "0.5", which is raised to "1"',
      },
    ]);
    expect(resourcesWith({}, changes)).to.deep.include({ resources: { limits: { cpu: "1" }, requests: { cpu: "1" } } });
  });

  it("so are amounts that nobody means, and skips of all traffic", () => {
    const changes = {
      "proxy.resources.memory": { request: "20", limit: "" },
      "proxyInit.ignoreInboundPorts": "1-65535",
    };
    const read = readInstallation({ values: values(changes), sha256 });
    expect("value" in read ? read.value.warnings : []).to.deep.include.members([
      { at: "proxy.resources.memory.request", message: '"20" is 20 bytes; did you mean 20Mi?' },
      {
        at: "proxyInit.ignoreInboundPorts",
        message: '"1-65535" is every port: all inbound traffic bypasses the proxy, and the mesh',
      },
    ]);
  });

  it("is not a request that is equal in other words", () => {
    const both = { [config("proxy-memory-request")]: "1Gi", [config("proxy-memory-limit")]: "1073741824" };
    expect(resourcesWith(both).lines).to.deep.equal([]);
  });

  it("is told by explain beside the annotation", () => {
    const both = { [config("proxy-cpu-request")]: "1", [config("proxy-cpu-limit")]: "100m" };
    const told = explain(requestFor(asking({ annotations: both })));
    const limit = told.annotations.find(({ annotation }) => annotation === config("proxy-cpu-limit"));
    expect(limit?.warning).to.match(/is raised to "1"$/);
    expect(limit?.changes[0]).to.deep.equal({ setting: "proxy.resources.cpu.limit", before: "unset", after: '"1"' });
  });
});
