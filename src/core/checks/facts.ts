/**
 * What is learnt about a cluster before anything is decided: objects as the API server gave them.
 */
import type { PodTrust } from "../identity/rotation.ts";
import type { JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import type { Fact } from "./fact.ts";
import type { Certificate, CertificatesRead } from "../identity/certificate.ts";

/** Everything the checks after installing look at. */
export interface Facts {
  readonly question: Question;
  readonly server: Fact<ServerFacts>;
  /** Objects by the name of their row in `objectRows`. */
  readonly objects: Readonly<Record<ObjectName, Fact<JsonObject>>>;
  readonly pods: Fact<readonly JsonObject[]>;
  readonly endpointSlices: Fact<readonly JsonObject[]>;
  readonly mutating: Fact<readonly JsonObject[]>;
  readonly validating: Fact<readonly JsonObject[]>;
  /** Metadata alone. */
  readonly namespaces: Fact<readonly JsonObject[]>;
  /** What the pods say about themselves. */
  readonly pages: readonly PodPages[];
  /** The ConfigMaps and the Secret that the Deployment names. */
  readonly settings: Fact<JsonObject>;
  readonly trustAnchors: Fact<JsonObject>;
  readonly certificates: Fact<JsonObject>;
  /** Who makes the certificates; undefined: not weft. */
  readonly certificateController: CertificateControllerFacts | undefined;
  /** Of weft's own; undefined: somebody else's is used. */
  readonly controlPlane: ControlPlaneFacts | undefined;
  /** What the policies of the cluster come to; undefined: Linkerd's control plane keeps them. */
  readonly policies: Fact<PoliciesFound> | undefined;
  /** Pods with a proxy of this mesh. */
  readonly meshed: Fact<readonly PodTrust[]>;
  /** That they run with. */
  readonly accounts: Fact<readonly AccountPods[]>;
  /** Lines about their containers that have what is the proxy's. */
  readonly beside: Fact<readonly string[]>;
  /** Lines about annotations from which nothing follows. */
  readonly notTakenUp: Fact<readonly string[]>;
  /** Of the whole cluster. */
  readonly addresses: AddressFacts;
  /** What the webhook's ServiceAccount may do, of what it needs. */
  readonly rights: readonly RightFact[];
  readonly people: PeopleFacts;
  readonly probes: Readonly<Record<ProbeName, Fact<ProbeAnswer>>>;
  readonly tools: Tools;
}

export interface CertificateControllerFacts {
  readonly deployment: Fact<JsonObject>;
  readonly pods: Fact<readonly JsonObject[]>;
  readonly pages: readonly PodPages[];
  readonly rights: readonly RightFact[];
  /** What keeps weft's accounts from changing more than caBundles: the policy, and its binding. */
  readonly guard: readonly Fact<JsonObject>[];
  /** What the webhook's ServiceAccount is not to have. */
  readonly surplus: readonly RightFact[];
}

export interface ControlPlaneFacts {
  readonly deployment: Fact<JsonObject>;
  readonly services: readonly Fact<JsonObject>[];
  readonly pods: Fact<readonly JsonObject[]>;
  readonly pages: readonly PodPages[];
  readonly issuer: Fact<IssuerFound>;
  /** Of each pod that has an address. */
  readonly listeners: readonly ListenerFact[];
  readonly rights: readonly RightFact[];
  /** What keeps the trust anchors from being replaced all at once: the policy, and its binding. */
  readonly guard: readonly Fact<JsonObject>[];
}

/** Lines, each with its object. */
export interface PoliciesFound {
  readonly unheld: readonly string[];
  readonly contested: readonly string[];
  readonly refused: readonly string[];
  readonly notTakenUp: readonly string[];
}

export interface ListenerFact {
  /** Such as `weft-controller-a, port 8086`. */
  readonly at: string;
  /** That proxies expect there. */
  readonly name: string;
  readonly shown: Fact<{ readonly names: readonly string[]; readonly refusal: string | undefined }>;
}

export interface IssuerFound {
  /** Undefined: it cannot be read, which is an issue. */
  readonly certificate: Certificate | undefined;
  /** Fingerprints of the trust anchors that it leads to. */
  readonly anchors: readonly string[];
  /** Everything that keeps it from signing. */
  readonly issues: readonly Issue[];
}

export interface Question {
  /** weft's. */
  readonly namespace: string;
  readonly controlPlaneNamespace: string;
  readonly probeNamespace: string;
  /** Of the command. */
  readonly version: string;
  readonly now: Date;
}

export interface ServerFacts {
  readonly url: string;
  /** Such as `v1.34.2`. */
  readonly version: string;
  /** Its clock, and this machine's around the question; absent when the server does not tell. */
  readonly clock?: { readonly server: Date; readonly before: Date; readonly after: Date };
}

/** Read by name: each is one of weft's own, or of Linkerd's control plane. */
export type ObjectName =
  | "namespace"
  | "serviceAccount"
  | "deployment"
  | "service"
  | "lease"
  | "disruptionBudget"
  | "clusterRole"
  | "clusterRoleBinding"
  | "role"
  | "roleBinding"
  | "linkerdSettings"
  | "linkerdTrustAnchors"
  | "probeNamespace";

export interface PodPages {
  readonly pod: string;
  readonly readyz: Fact<string>;
  readonly metrics: Fact<string>;
}

/** One thing that weft does with its ServiceAccount. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface RightFact {
  readonly right: Right;
  readonly allowed: Fact<boolean>;
}

/** Who may look at the mesh, and tap it. */
export interface PeopleFacts {
  /** What the user of the command may: in all namespaces, and where that is refused in some of those of meshed pods. */
  readonly places: readonly PlaceRights[];
  /** In the control plane's namespace; undefined: it is Linkerd's, and so is who may tap. */
  readonly certify: readonly RightFact[] | undefined;
  /** Whoever else. */
  readonly bound: Fact<readonly Bound[]>;
  /** Namespaces that have the account which is tapped as. */
  readonly accounts: Fact<readonly string[]>;
}

interface PlaceRights {
  /** Undefined: all. */
  readonly namespace: string | undefined;
  readonly look: readonly RightFact[];
  readonly tap: readonly RightFact[];
}

/** To one of weft's roles for people. */
export interface Bound {
  readonly role: string;
  /** Undefined: in all. */
  readonly namespace: string | undefined;
  /** Such as `User ann`. */
  readonly subjects: readonly string[];
}

/** `asks` asks for the proxy and has a typing mistake in an annotation, `quiet` does not ask. */
type ProbeName = "asks" | "quiet";

export interface ProbeAnswer {
  readonly pod: JsonObject;
  /** As kubectl would print them; `undefined`: not known. */
  readonly warnings: readonly string[] | undefined;
}

/** What core cannot do itself, given by the shell. Pure functions all the same. */
export interface Tools {
  readonly sha256: (text: string) => string;
  /** Base64 → text; what is no base64 gives rubbish, which then is no certificate. */
  readonly fromBase64: (text: string) => string;
  readonly readCertificates: (pem: string) => CertificatesRead;
  /** Why a chain, leaf first, does not end at one of these CAs; `undefined`: it does. */
  readonly refusal: (chain: readonly Certificate[], authorities: readonly Certificate[]) => string | undefined;
}

/** A service account, and how many pods with a proxy run with it. */
export interface AccountPods {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pods: number;
}

/** An object, and its addresses, or networks. */
export interface Addressed {
  readonly name: string;
  readonly addresses: readonly string[];
}

export type AddressFacts = Readonly<Record<"nodes" | "pods" | "services", Fact<readonly Addressed[]>>>;
