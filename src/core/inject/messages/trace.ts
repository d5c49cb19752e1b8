/** How an injection came about: the words of the decision and of `weft explain`. */
import type { InitMode } from "../settings/init-mode.ts";
import type { SkipReason } from "../outcome/reasons.ts";

/** One check of the decision, in the order of the table. */
export interface CheckTrace {
  readonly check: SkipReason;
  /** It holds, and so the pod is not injected. */
  readonly holds: boolean;
  /** What was found, in words. */
  readonly found: string;
}

/** Why an object is not injected, and what its author can do. */
export interface ReasonTrace<Reason extends string = SkipReason> {
  readonly reason: Reason;
  readonly text: string;
  readonly advice: string;
}

/** One annotation that was read: where its value came from and what it changed. */
export interface AnnotationTrace {
  readonly annotation: string;
  readonly value: string;
  readonly from: "pod" | "namespace" | "flag";
  /** What it is for. */
  readonly meaning: string;
  /** False: the value cannot be used, and the settings stay. */
  readonly used: boolean;
  /** Settings that are other than before; none where the value is what was set already. */
  readonly changes: readonly SettingChange[];
  /** What its author should know; absent: all is well. */
  readonly warning?: string;
}

/** Values as texts, as `settingText` writes them. */
export interface SettingChange {
  readonly setting: string;
  readonly before: string;
  readonly after: string;
}

/** A setting that no annotation changed, though one could. */
export interface SettingKept {
  readonly setting: string;
  readonly value: string;
}

export interface OpaquePortsTrace {
  /** As it is, or will be, written on the object; empty: nowhere. */
  readonly annotation: string;
  /** What the proxy gets, port names resolved; absent where there is no proxy. */
  readonly proxy?: string;
  /** The annotation, the switch `linkerd.io/enable-opaque-ports`, or the default list of the settings. */
  readonly from: "pod" | "namespace" | "pod switch" | "namespace switch" | "default";
}

/** `proxyInit.mode`, or the CNI plugin. */
export type RedirectTrace = InitMode | "cni";

export interface ContainerTrace {
  readonly name: string;
  readonly image: string;
  /** `sidecar`: an init container that keeps running (Kubernetes' native sidecar). */
  readonly kind: "init" | "sidecar" | "regular";
  /** By this injection. */
  readonly added: boolean;
}
