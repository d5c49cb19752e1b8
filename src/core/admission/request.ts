/** What an API server asks of a webhook. */
import type { JsonObject } from "../base/json/json.ts";

export interface AdmissionRequest {
  /** The answer repeats it. */
  readonly apiVersion: ReviewVersion;
  readonly uid: string;
  readonly kind: { readonly group: string; readonly kind: string };
  /** Plural and lower case, such as `deployments`; empty when the request does not say. */
  readonly resource: string;
  readonly namespace: string;
  /** `CREATE`, `UPDATE` …; empty when the request does not say. */
  readonly operation: string;
  readonly subResource: string;
  readonly dryRun: boolean;
  /** Nothing is missing that every API server says, whoever asks it. */
  readonly complete: boolean;
  /** The object as it came; `undefined` when there is none, as in DELETE. */
  readonly object: JsonObject | undefined;
  /** The object as it is stored, in UPDATE and DELETE. */
  readonly oldObject: JsonObject | undefined;
}

export const reviewVersions = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"] as const;

export type ReviewVersion = (typeof reviewVersions)[number];
