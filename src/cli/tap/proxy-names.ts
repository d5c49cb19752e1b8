/** What a pod's proxy says of itself, at its admin port: whom it lets tap, and whom it believes. */
import { environmentPage, proxyNamesIn, tapIdentityBeside } from "../../core/mesh/tap.ts";
import type { ProxyNames } from "../../core/mesh/tap.ts";
import type { Json } from "../../core/base/json/json.ts";
import { firstLineOf } from "../../core/base/text/words.ts";
import type { TapPod } from "../../core/traffic/tap/pods.ts";
import { ForwardRefused } from "../../kube/forward.ts";
import { pageAt, pageLimits, pageWithin } from "../../kube/pod-pages.ts";
import { mebibyte } from "../../kube/room.ts";
import { names } from "../../core/install/names.ts";
import { bindingCommand } from "../../core/install/people-rights.ts";
import type { TapWorld } from "./world.ts";

export type Tappable =
  | { readonly kind: "tappable"; readonly identity: string; readonly names: ProxyNames }
  /** `why` follows the pod's name. */
  | { readonly kind: "not"; readonly why: string; readonly help?: string };

export async function tappable({ forward }: TapWorld, pod: TapPod, signal: AbortSignal): Promise<Tappable> {
  if (pod.disabled) return { kind: "not", why: "tap is disabled by its annotation or its namespace's" };
  try {
    return judged(await environmentOf(forward, pod, signal), pod);
  } catch (error) {
    const isRight = error instanceof ForwardRefused && error.status === 403;
    return {
      kind: "not",
      why: firstLineOf(error),
      ...(isRight
        ? {
            help: `an administrator lets somebody look: ${bindingCommand(pod.view.namespace, "clusterrole", names.viewer)}`,
          }
        : {}),
    };
  }
}

/** A few variables, of which the bundle of trust anchors is the longest: a ConfigMap has no more. */
const ofEnvironment = { most: mebibyte, mostValues: 1000 };

async function environmentOf(
  forward: TapWorld["forward"],
  { view, ports }: TapPod,
  signal: AbortSignal,
): Promise<Json> {
  const open = (within: AbortSignal): ReturnType<typeof forward> => forward(view, ports.admin, within);
  const how = { limits: { ...pageLimits(), ...ofEnvironment }, within: pageWithin };
  return JSON.parse(await pageAt(open, { path: environmentPage, times: 1 }, how, signal)) as Json;
}

function judged(page: Json, { view }: TapPod): Tappable {
  const names = proxyNamesIn(page);
  if (names === undefined) return { kind: "not", why: "its proxy does not say who it is" };
  const { lets, own } = names;
  if (lets === undefined)
    return {
      kind: "not",
      why: "was injected before tap was on, or where its namespace has it off: restart it",
    };
  const identity = tapIdentityBeside(own);
  // The token is one of this namespace: a certificate for another name is never made of it.
  const isHere = own.split(".")[1] === view.namespace;
  return lets === identity && isHere
    ? { kind: "tappable", identity, names }
    : { kind: "not", why: `this pod's proxy lets only ${lets} tap` };
}
