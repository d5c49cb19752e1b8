/** Why an API server did not take a pod, in words that say what to do. The first row that fits. */
export interface RefusalWords {
  readonly text: string;
  /** Not weft's doing: nothing is proven, nothing is wrong. */
  readonly isOthers: boolean;
}

const rows: readonly [pattern: RegExp, words: RefusalWords][] = [
  [
    /failed calling webhook "[^"]*weft\.linkerd\.io"/,
    { text: "the API server could not call weft, and the failure policy is Fail", isOthers: false },
  ],
  [/admission webhook "[^"]*weft\.linkerd\.io" denied/, { text: "weft refused it", isOthers: false }],
  [
    /violates PodSecurity/,
    { text: "the namespace does not admit linkerd-init: choose one by --probe-namespace that does", isOthers: true },
  ],
  [
    /exceeded quota|failed quota/,
    { text: "a quota is used up there: choose another by --probe-namespace", isOthers: true },
  ],
  [
    /serviceaccount "[^"]*" not found/,
    { text: "its ServiceAccount default is not there yet: choose another by --probe-namespace", isOthers: true },
  ],
  [
    /cannot create resource "pods"/,
    { text: "you may not create pods there: choose a namespace by --probe-namespace where you may", isOthers: true },
  ],
  [
    /being terminated|NamespaceTerminating/,
    { text: "the namespace is being deleted: choose another by --probe-namespace", isOthers: true },
  ],
  [
    /failed calling webhook|admission webhook|ValidatingAdmissionPolicy/,
    {
      text: "another webhook or policy refuses it: choose a namespace by --probe-namespace that has none",
      isOthers: true,
    },
  ],
];

export const refusalWords = (text: string): RefusalWords | undefined =>
  rows.find(([pattern]) => pattern.test(text))?.[1];
