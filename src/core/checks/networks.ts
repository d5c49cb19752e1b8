/** Whether what the cluster has lies within `clusterNetworks`: proxies ask for no address outside of these. */
import type { JsonObject } from "../base/json/json.ts";
import { splitList } from "../base/scalars/ports.ts";
import { at, nameOf, namespacedName, objectsAt, textAt, textsAt } from "../base/json/read.ts";
import { addressBytes, isWithin, parseCidr } from "../base/scalars/subnets.ts";
import type { Cidr } from "../base/scalars/subnets.ts";
import { skipped, warningIf, given } from "./check.ts";
import type { Check, Outcome } from "./check.ts";
import type { AddressFacts, Addressed, Facts } from "./facts.ts";
import { cut } from "./lines.ts";
import { hasEnded } from "./pods.ts";
import { valuesIn } from "./settings.ts";

const orOne = (several: readonly string[], one: string): readonly string[] => (several.length > 0 ? several : [one]);

/** What of an object's addresses are of the cluster's networks: none of a pod on its node's. */
export const addressed = {
  nodes: (node: JsonObject): Addressed => ({
    name: `node ${nameOf(node)}`,
    addresses: orOne(textsAt(node, "spec", "podCIDRs"), textAt(node, "spec", "podCIDR")),
  }),
  pods: (pod: JsonObject): Addressed => {
    const isAside = at(pod, "spec", "hostNetwork") === true || hasEnded(pod);
    const ips = objectsAt(pod, "status", "podIPs").map((each) => textAt(each, "ip"));
    return { name: `pod ${namespacedName(pod)}`, addresses: isAside ? [] : orOne(ips, textAt(pod, "status", "podIP")) };
  },
  services: (service: JsonObject): Addressed => ({
    name: `Service ${namespacedName(service)}`,
    addresses: orOne(textsAt(service, "spec", "clusterIPs"), textAt(service, "spec", "clusterIP")),
  }),
} as const satisfies Readonly<Record<keyof AddressFacts, (object: JsonObject) => Addressed>>;

const row = (of: keyof AddressFacts, what: string): Check<Facts> => ({
  id: `cluster-networks-${of}`,
  says: `clusterNetworks contain ${what}`,
  needs: ["settings"],
  about:
    "A proxy asks for nothing at an address outside of `clusterNetworks`: what is there gets plain text, without identity, and policies that want one refuse it. Add the network to the value, and restart the pods.",
  look: ({ addresses, settings }) =>
    given(settings, (configMap) => given(addresses[of], (found) => outside(found, asked(configMap)))),
});

export const networkChecks: readonly Check<Facts>[] = [
  row("nodes", "the pod networks of all nodes"),
  row("pods", "all pods"),
  row("services", "all Services"),
];

/** What proxies ask for addresses in. */
interface Asked {
  readonly networks: readonly Cidr[];
  /** They listen on IPv6, too. */
  readonly ipv6: boolean;
}

function asked(configMap: JsonObject): Asked {
  const values = valuesIn(configMap);
  const value = "value" in values ? values.value : null;
  const networks = splitList(textAt(value, "clusterNetworks")).flatMap((text) => parseCidr(text) ?? []);
  return { networks, ipv6: at(value, "disableIPv6") === false };
}

function outside(found: readonly Addressed[], { networks, ipv6 }: Asked): Outcome {
  if (networks.length === 0 || found.every(({ addresses }) => addresses.every((each) => each === ""))) return skipped;
  const isWithinOne = (text: string): boolean => {
    const found = cidrOf(text);
    // `None`, of a headless Service, is none.
    if (found === undefined) return true;
    return networks.some((each) => each.prefix <= found.prefix && isWithin(found.network, each));
  };
  const isIpv4Alone = !ipv6 && networks.every(({ family }) => family === 4);
  return warningIf(
    cut(
      found.flatMap(({ name, addresses }) => {
        // What has an address of both families is reached by that of IPv4 then.
        const isAside = isIpv4Alone && addresses.some((each) => cidrOf(each)?.family === 4);
        const strays = addresses.filter((each) => !isWithinOne(each) && !(isAside && each.includes(":")));
        return strays.length === 0 ? [] : [`${name}: ${strays.join(", ")}`];
      }),
    ),
  );
}

const cidrOf = (text: string): Cidr | undefined => parseCidr(text.includes("/") ? text : `${text}/${bitsOf(text)}`);

const bitsOf = (address: string): number => 8 * (addressBytes(address)?.length ?? 0);
