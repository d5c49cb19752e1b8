/**
 * Why a pod is not injected. Codes are Linkerd's metric labels, texts its event messages; the last two are
 * weft's own.
 */
export const skipReasonTexts = {
  host_network_enabled: "hostNetwork is enabled",
  sidecar_already_exists: "pod has a sidecar injected already",
  unsupported_resource: "this resource kind is unsupported",
  injection_enable_annotation_absent:
    'neither the namespace nor the pod have the annotation "linkerd.io/inject:enabled"',
  injection_disable_annotation_present: 'pod has the annotation "linkerd.io/inject:disabled"',
  invalid_inject_annotation_at_workload: 'invalid value for annotation "linkerd.io/inject" at workload',
  invalid_inject_annotation_at_ns: 'invalid value for annotation "linkerd.io/inject" at namespace',
  disabled_automount_service_account_token_account:
    'automountServiceAccountToken set to "false", with Values.identity.serviceAccountTokenProjection set to "false"',
  windows_pod: "runs on Windows",
  mirror_pod: "is a mirror pod, which only shows what the kubelet runs from a file",
} as const;

/** Why weft leaves an object alone before anything is read from it. */
export const leftAloneReasons = ["annotations_too_large", "labels_too_large"] as const;
export type LeftAloneReason = (typeof leftAloneReasons)[number];

export type SkipReason = keyof typeof skipReasonTexts;

/** Several reasons as one text, as Linkerd's events and messages join them. */
export const reasonsText = (reasons: readonly SkipReason[]): string =>
  reasons.map((reason) => skipReasonTexts[reason]).join(", ");
