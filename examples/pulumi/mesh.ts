/**
 * A resource transform as Pulumi takes it (`pulumi.runtime.registerResourceTransform`): every workload that a program
 * makes gets the proxy. It has the shape alone, so it needs no Pulumi: inputs that are not known yet stay as they are.
 */
import { inject, issueText } from "weft-mesh";
import type { Installation } from "weft-mesh";

export interface ResourceTransformArgs {
  /** Such as `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  readonly name: string;
  readonly props: Record<string, unknown>;
  readonly opts: object;
}

export interface ResourceTransformResult {
  readonly props: Record<string, unknown>;
  readonly opts: object;
}

export const meshed =
  (settings: Installation, namespaceAnnotations: Readonly<Record<string, string>> = {}) =>
  ({ type, name, props, opts }: ResourceTransformArgs): ResourceTransformResult | undefined => {
    const [, apiVersion, kind] = /^kubernetes:([^:]+):([^:]+)$/.exec(type) ?? [];
    if (apiVersion === undefined || kind === undefined) return undefined;
    const object = { ...props, apiVersion: apiVersion.replace(/^core\//, ""), kind };
    const injection = inject(object, { settings, namespace: { annotations: namespaceAnnotations } });
    if ("issues" in injection) throw new Error(`${name}: ${injection.issues.map(issueText).join("; ")}`);
    return "object" in injection ? { props: injection.object, opts } : undefined;
  };
