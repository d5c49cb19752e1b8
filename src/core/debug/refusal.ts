/** What the API server did not let a user do in a pod: its words, and what would help. */

export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** The API server's. */
  readonly words: string;
}

interface Place {
  readonly pod: string;
  readonly namespace: string;
}

type Step = "get" | "add" | "exec";

const done: Readonly<Record<Step, string>> = {
  get: "cannot be read",
  add: "gets no debug container",
  exec: "cannot be looked into",
};

const needed: Readonly<Record<Step, string>> = {
  get: "get on pods",
  add: "patch on pods/ephemeralcontainers",
  exec: "get and create on pods/exec",
};

/** A line each. Whatever was refused left nothing behind. */
export function refusalLines(step: Step, { pod, namespace }: Place, { status, words }: Refusal): readonly string[] {
  const first = `${namespace}/${pod} ${done[step]}: ${words}`;
  if (status !== 403) return [first];
  if (!words.includes("violates PodSecurity")) {
    return [
      first,
      `it needs ${needed[step]} in namespace ${namespace}; ClusterRole weft-debug has all that weft debug needs`,
    ];
  }
  return [
    first,
    "nothing was added to the pod",
    words.includes("non-default capabilities")
      ? "without --net-raw it may be admitted: most runtimes give NET_RAW by themselves"
      : "whatever can capture packets is refused there: it has to be root, or to have NET_RAW",
    `without a container: weft edges -n ${namespace} and weft tap pod/${pod} -n ${namespace}; or capture on the pod's node`,
  ];
}
