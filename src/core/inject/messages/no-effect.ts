/** Annotations that are read, but that nothing follows from in this pod: a table of when and why. */
import { keys } from "../../mesh/annotations.ts";
import type { Annotations } from "../../base/json/json.ts";
import { annotationsNotTakenUp } from "../../mesh/not-taken-up.ts";
import { initMode } from "../settings/init-mode.ts";
import type { Warning } from "../outcome/injection.ts";
import { knownKeys } from "./unknown-keys.ts";
import { isZero } from "../../base/scalars/numbers.ts";
import type { PodSettings } from "../settings/settings.ts";

interface Rule {
  readonly annotation: string;
  readonly holds: (settings: PodSettings, effective: Annotations) => boolean;
  readonly why: string;
}

const rules: readonly Rule[] = [
  // The others there are no injector's to read: weft check names them.
  ...annotationsNotTakenUp
    .filter(({ key, on }) => knownKeys.has(key) && on.includes("pod"))
    .map(({ key, why }) => ({ annotation: key, holds: () => true, why })),
  ...[keys.initMode, keys.skipOutboundSubnets].map((annotation) => ({
    annotation,
    holds: (settings: PodSettings) => settings.cniEnabled,
    why: "with cniEnabled the CNI plugin makes the rules",
  })),
  {
    annotation: keys.skipOutboundSubnets,
    holds: (settings) => !settings.cniEnabled && initMode(settings) === "linkerd",
    why: `Linkerd's init container cannot do it; ${keys.initMode}: nft can`,
  },
  {
    annotation: keys.proxyWaitBeforeExitSeconds,
    holds: (settings) => settings["proxy.nativeSidecar"] && !isZero(settings["proxy.waitBeforeExitSeconds"]),
    why: "a native sidecar outlives the application by itself",
  },
  ...[keys.debugImage, keys.debugImageVersion, keys.debugImagePullPolicy].map((annotation) => ({
    annotation,
    holds: (settings: PodSettings) => !settings.debugSidecar,
    why: `there is no debug container without ${keys.enableDebugSidecar}: "true"`,
  })),
  ...[keys.proxyEnableNativeSidecarBeta, keys.proxyEnableNativeSidecarAlpha].map((annotation) => ({
    annotation,
    holds: (_: PodSettings, effective: Annotations) => Object.hasOwn(effective, keys.proxyEnableNativeSidecar),
    why: `${keys.proxyEnableNativeSidecar} is there and wins, also from the namespace`,
  })),
];

/** Warnings for annotations of this pod that change nothing. */
export const noEffectWarnings = (
  own: Annotations,
  effective: Annotations,
  settings: PodSettings,
): readonly Warning[] =>
  Object.keys(own).some((key) => ruled.has(key))
    ? rules.flatMap(({ annotation, holds, why }) =>
        Object.hasOwn(own, annotation) && holds(settings, effective)
          ? [{ about: annotation, rank: 3 as const, text: `${annotation} has no effect: ${why}` }]
          : [],
      )
    : [];

const ruled: ReadonlySet<string> = new Set(rules.map(({ annotation }) => annotation));
