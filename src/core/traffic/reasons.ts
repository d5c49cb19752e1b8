/**
 * Whether a connection is secured by mutual TLS, by the labels of its sample. Only `tls="true"` says that it is: a reason
 * that nobody knows, or none at all, never does.
 */
import { quoted } from "../base/text/quote.ts";
import { clipped } from "./ends.ts";
import type { SampleLabels } from "./page.ts";

export interface Reason {
  /** The label's own word, such as `no_tls_from_remote`. */
  readonly label: string;
  /** For people. */
  readonly text: string;
}

interface Known {
  readonly text: string;
  /** What it means, and what to do. */
  readonly hint: string;
}

const known: ReadonlyMap<string, Known> = new Map([
  [
    "not_provided_by_service_discovery",
    {
      text: "Not Provided By Service Discovery",
      hint: "the target has no identity: its pods are not meshed (weft status --missed), it is outside of the cluster, or the port is in its skip-inbound-ports",
    },
  ],
  [
    "no_tls_from_remote",
    {
      text: "No TLS From Remote",
      hint: "callers that are not meshed, or whose connections go past their proxy (skip-outbound-ports); weft tap shows their addresses",
    },
  ],
  [
    "port_skipped",
    {
      text: "Port Skipped",
      hint: "the port is opaque and was called by somebody who is not meshed: plain text, or TLS of the applications' own",
    },
  ],
  ["loopback", { text: "Loopback", hint: "the pod called itself: it does not leave the pod" }],
  ["disabled", { text: "Disabled", hint: "identity is turned off in this proxy" }],
  [
    "opaque",
    {
      text: "TLS For Another Name",
      hint: "TLS of the applications' own, which the proxy passes on: it is not the mesh's, and proves nobody's identity",
    },
  ],
  [
    "no_client_certificate",
    {
      text: "No Client Certificate",
      hint: "encrypted, but the caller proved no identity: a client of TLS that is not of the mesh",
    },
  ],
]);

/** Undefined: it is secured. */
export function reasonOf(labels: SampleLabels): Reason | undefined {
  const { tls = "", no_tls_reason: why = "", direction, client_id: client = "", sni = "" } = labels;
  if (tls === "true") {
    return direction === "inbound" && client === "" ? reason("no_client_certificate") : undefined;
  }
  if (why !== "") return reason(clipped(why));
  if (tls === "opaque") return { label: tls, text: `${reason(tls).text} (${unknownText(clipped(sni))})` };
  return reason(tls === "" ? "no_tls_label" : clipped(tls));
}

const reason = (label: string): Reason => ({ label, text: known.get(label)?.text ?? unknownText(label) });

/** The mark is weft's own. */
const unknownText = (label: string): string => (label.includes("√") ? quoted(label) : label);

/** Undefined: of a word that nobody knows nobody knows what to do. */
export const hintOf = (label: string): string | undefined => known.get(label)?.hint;
