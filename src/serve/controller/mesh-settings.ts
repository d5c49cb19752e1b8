/** What holds for the whole mesh: from Linkerd's values, as injection reads them, so that both say the same. */
import type { Issue } from "../../core/base/text/issue.ts";
import { issuesOf } from "../../core/base/text/result.ts";
import { parsePortRange, splitList } from "../../core/base/scalars/ports.ts";
import { parseCidr } from "../../core/base/scalars/subnets.ts";
import type { Cidr } from "../../core/base/scalars/subnets.ts";
import { defaultPolicies, isDefaultPolicy } from "../../core/mesh/default-policy.ts";
import { domainsOf } from "../../core/mesh/control-plane.ts";
import { defaultProxyPorts } from "../../core/mesh/proxy-ports.ts";
import { meshValues } from "../../core/view/mesh-values.ts";
import type { MeshValues } from "../../core/view/mesh-values.ts";
import type { MeshView } from "../../core/view/mesh.ts";
import type { FileSource, Origin, Parsed } from "../../files/reloaded.ts";
import type { ControllerOptions } from "./flags.ts";
import { inFile } from "../../core/cluster/values-file.ts";
import type { InstallationLoaded } from "../installation.ts";
import { installationOf } from "../installation.ts";

export interface MeshLoaded {
  readonly view: MeshView;
  /** Of the settings' text, in hexadecimal; blank: they are the default ones. */
  readonly sha256: string;
}

/** The settings file as a mesh, or the chart's default values. */
export function meshSource(
  {
    settings,
    controlPlaneNamespace,
    probeNetworks,
  }: Pick<ControllerOptions, "settings" | "controlPlaneNamespace" | "probeNetworks">,
  origin?: Origin,
): FileSource<MeshLoaded> {
  return {
    paths: settings === undefined ? [] : [settings],
    origin,
    parse: ([text]) => {
      const file = settings === undefined || text === undefined ? undefined : { name: settings, text };
      const loaded = installationOf({ settings: file, trustAnchors: undefined, controlPlaneNamespace });
      if ("issues" in loaded) return loaded;
      const view = meshView(loaded.value, probeNetworks);
      if ("issues" in view) return { issues: inFile(file?.name ?? "default values", view.issues) };
      return { value: { view: view.value, sha256: loaded.value.settingsSha256 } };
    },
  };
}

/** Everything in the values that cannot be used, each with its path. Blank values are the chart's usual ones. */
export function meshView(
  { installation: { settings, controlPlaneNamespace }, values }: Pick<InstallationLoaded, "installation" | "values">,
  probeNetworks: readonly Cidr[] | undefined,
): Parsed<MeshView> {
  const own = meshValues(values);
  const issues: Issue[] = [...issuesOf(own)];
  const { probeNetworks: probeNetworksInValues, ...heeded } = "issues" in own ? noValues : own.value;
  const read = <Value>(at: string, texts: readonly string[], parse: (text: string) => Value | undefined, is: string) =>
    texts.flatMap((text) => {
      const value = parse(text);
      if (value === undefined) issues.push({ at, message: `${JSON.stringify(text)} is not ${is}` });
      return value === undefined ? [] : [value];
    });
  const domains = domainsOf(settings);
  const policy = settings["proxy.defaultInboundPolicy"] || "all-unauthenticated";
  const [defaultInboundPolicy = "all-unauthenticated"] = read(
    "proxy.defaultInboundPolicy",
    [policy],
    (text) => (isDefaultPolicy(text) ? text : undefined),
    `a policy: expected one of ${defaultPolicies.join(", ")}`,
  );
  const view: MeshView = {
    controlPlaneNamespace,
    ...domains,
    clusterNetworks: read("clusterNetworks", splitList(settings.clusterNetworks), parseCidr, "a network in CIDR form"),
    ipv6: !settings.disableIPv6,
    defaultInboundPolicy,
    opaquePorts: read(
      "proxy.opaquePorts",
      splitList(settings["proxy.opaquePorts"]),
      parsePortRange,
      "a port or a range",
    ),
    probeNetworks: probeNetworks ?? probeNetworksInValues ?? everywhere,
    proxyPorts: {
      inbound: Number(settings["proxy.ports.inbound"]) || defaultProxyPorts.inbound,
      admin: Number(settings["proxy.ports.admin"]) || defaultProxyPorts.admin,
      control: Number(settings["proxy.ports.control"]) || defaultProxyPorts.control,
    },
    ...heeded,
  };
  return issues.length > 0 ? { issues } : { value: view };
}

const noValues: MeshValues = {
  keepAlive: undefined,
  upgradesHttp1: undefined,
  dialsOwnPorts: undefined,
  probeNetworks: undefined,
};

/** As Linkerd's chart has it. */
const everywhere = ["0.0.0.0/0", "::/0"].flatMap((text) => parseCidr(text) ?? []);
