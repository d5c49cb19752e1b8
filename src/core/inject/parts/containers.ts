/** What the containers that weft adds have in common: image, resources, capabilities, ids. */
import type { JsonObject } from "../../base/json/json.ts";
import type { Container, CapabilityLists } from "../../mesh/models.ts";
import { jsonInteger } from "../../base/scalars/numbers.ts";
import type { Warning } from "../outcome/injection.ts";
import type { PodView, TokenMount } from "../pod/pod-view.ts";
import { tokenMountPath } from "../../kubernetes/service-account.ts";
import type { Settings, PodSettings, ResourceName } from "../settings/settings.ts";
import { resourceNames } from "../settings/settings.ts";

/** A container as it is written into the pod. */
export type NewContainer = Container & { readonly name: string };

/** `VER` of the contract: the proxy's version, else Linkerd's. */
export const proxyVersion = (settings: PodSettings): string =>
  settings["proxy.image.version"] === "" ? settings.linkerdVersion : settings["proxy.image.version"];

/** Image and pull policy that proxy, init and validator share. */
export const proxyImage = (settings: PodSettings): { readonly image: string; readonly imagePullPolicy: string } => ({
  image: `${settings["proxy.image.name"]}:${proxyVersion(settings)}`,
  imagePullPolicy:
    settings["proxy.image.pullPolicy"] === "" ? settings.imagePullPolicy : settings["proxy.image.pullPolicy"],
});

type Resources = { readonly resources?: NonNullable<Container["resources"]> };

/** Of the proxy, of Linkerd's init container and of its validator. */
export const resources = (settings: Settings): Resources =>
  resourcesOf((name, which) => settings[`proxy.resources.${name}.${which}`]);

/** Limits and requests, each with what is set; `{}` when nothing is. */
export function resourcesOf(text: (name: ResourceName, which: "limit" | "request") => string): Resources {
  const part = (which: "limit" | "request"): Readonly<Record<string, string>> =>
    Object.fromEntries(
      resourceNames.map((name) => [name, text(name, which)] as const).filter(([, each]) => each !== ""),
    );
  const limits = part("limit");
  const requests = part("request");
  const filled = (map: Readonly<Record<string, string>>): boolean => Object.keys(map).length > 0;
  if (!filled(limits) && !filled(requests)) return {};
  return { resources: { ...(filled(limits) ? { limits } : {}), ...(filled(requests) ? { requests } : {}) } };
}

/** Capabilities of the proxy: the first container's, else the settings' (S-48). */
export const proxyCapabilities = (pod: PodView, settings: PodSettings): CapabilityLists | undefined =>
  withoutAdmin(pod.containers[0]?.capabilities ?? settings["proxy.capabilities"]);

/**
 * Without the capability that stands for nearly all others: beside `allowPrivilegeEscalation: false` Kubernetes refuses
 * it, though in one spelling alone (core/v1, ValidateSecurityContext), and what weft adds has no use for it.
 */
export const withoutAdmin = (lists: CapabilityLists | undefined): CapabilityLists | undefined =>
  lists?.add.some(isAdmin) === true ? { ...lists, add: lists.add.filter((name) => !isAdmin(name)) } : lists;

const isAdmin = (capability: string): boolean => /^(cap_)?sys_admin$/i.test(capability);

/** A capability that what weft adds does not get. */
export function capabilityWarnings(pod: PodView, settings: PodSettings): readonly Warning[] {
  const [first] = pod.containers;
  const ofSettings = { lists: settings["proxy.capabilities"], about: "proxy.capabilities", of: "proxy.capabilities" };
  const { lists, about, of } =
    first?.capabilities === undefined
      ? ofSettings
      : { lists: first.capabilities, about: "spec.containers", of: `container ${first.name}` };
  return (lists?.add ?? [])
    .filter(isAdmin)
    .map((name) => ({ about, rank: 3, text: `${name} of ${of} is not given to what weft adds, as others are` }));
}

/** The member `capabilities` of a security context; left out when there is nothing to say. */
export function capabilities(lists: CapabilityLists | undefined): { readonly capabilities?: JsonObject } {
  if (lists === undefined || lists.add.length + lists.drop.length === 0) return {};
  const { add, drop } = lists;
  return { capabilities: { ...(add.length > 0 ? { add } : {}), ...(drop.length > 0 ? { drop } : {}) } };
}

/** The application's token mount, copied into the new containers (S-50; a container with it saves a second call). */
export const tokenMounts = (mount: TokenMount | undefined): readonly JsonObject[] =>
  mount === undefined ? [] : [{ mountPath: tokenMountPath, name: mount.name, readOnly: mount.readOnly }];

/** An id or a port as a JSON number, every digit kept. */
export const whole = (value: number | bigint): number =>
  // Beyond 2^53 it is a JSON.rawJSON object, which is a number wherever it is written.
  (typeof value === "bigint" ? jsonInteger(value) : value) as number;
