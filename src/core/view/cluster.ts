/** The cluster as destinations and policies ask for it. What they are made of is a function of this and nothing else. */
import type {
  NamespaceView,
  NodeView,
  PodView,
  PolicyKind,
  PolicyState,
  PolicyView,
  ServiceView,
  SharedKind,
  SliceView,
} from "./objects.ts";

/** Lists are in the order of names, so that equal clusters give equal answers. */
export interface ClusterView {
  readonly pod: (namespace: string, name: string) => PodView | undefined;
  /** Living pods of the pod network that have this address: one, but for moments. */
  readonly podsAt: (ip: string) => readonly PodView[];
  /** Living pods with a port on the node that has this address: of the host's network, or by a `hostPort`. */
  readonly podsOnHost: (ip: string) => readonly PodView[];
  readonly podsIn: (namespace: string) => readonly PodView[];
  /**
   * The same in parts, of which there are several in a namespace of many pods. A pod stays in its part: what is made of
   * the others need not be made again for it.
   */
  readonly podParts: (namespace: string) => number;
  readonly podsInPart: (namespace: string, part: number) => readonly PodView[];
  readonly service: (namespace: string, name: string) => ServiceView | undefined;
  /** The Service that has this cluster IP. */
  readonly serviceAt: (ip: string) => ServiceView | undefined;
  readonly servicesIn: (namespace: string) => readonly ServiceView[];
  readonly slice: (namespace: string, name: string) => SliceView | undefined;
  readonly slicesOf: (namespace: string, service: string) => readonly SliceView[];
  readonly node: (name: string) => NodeView | undefined;
  readonly namespace: (name: string) => NamespaceView | undefined;
  readonly policy: (kind: PolicyKind, namespace: string, name: string) => PolicyView | undefined;
  /** Of a policy; undefined: it is not there. */
  readonly policyState: (kind: PolicyKind, namespace: string, name: string) => PolicyState | undefined;
  readonly policies: (kind: PolicyKind, namespace: string) => readonly PolicyView[];
  /** Kinds of which not all objects of a namespace are known, as there is no room for them. */
  readonly leftOut: (namespace: string) => readonly SharedKind[];
  /** Of all namespaces. */
  readonly everyPolicy: (kind: PolicyKind) => readonly PolicyView[];
  /**
   * What `make` gives, made once for all who ask under this key, which says all that it depends on but the cluster. Who
   * asks is made anew when this is another value, not whenever what it was made of changes.
   */
  readonly shared: <Value>(key: string, make: (view: ClusterView) => Value) => Value;
  /**
   * To be called after some work whose result is remembered, such as by `perObject`: it may throw, and what asked for the
   * work asks for it again when the process has looked at its sockets.
   */
  readonly rest: () => void;
}
