/**
 * Shapes of what weft writes into pods, from the Kubernetes API reference (core/v1): a misspelt field of a container does
 * not compile. They are weft's own, as users of the library do not have those of client-node; a test compares the two.
 */

export interface Container {
  readonly name?: string | null;
  readonly image?: string | null;
  readonly imagePullPolicy?: string | null;
  readonly command?: readonly string[] | null;
  readonly args?: readonly string[] | null;
  readonly env?: readonly EnvVar[] | null;
  readonly ports?: readonly ContainerPort[] | null;
  readonly volumeMounts?: readonly VolumeMount[] | null;
  readonly resources?: ResourceRequirements | null;
  readonly securityContext?: SecurityContext | null;
  readonly lifecycle?: { readonly postStart?: Handler | null; readonly preStop?: Handler | null } | null;
  readonly livenessProbe?: Probe | null;
  readonly readinessProbe?: Probe | null;
  readonly startupProbe?: Probe | null;
  readonly restartPolicy?: string | null;
  readonly terminationMessagePolicy?: string | null;
}

interface EnvVar {
  readonly name?: string | null;
  readonly value?: string | null;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly apiVersion?: string | null; readonly fieldPath?: string | null } | null;
    readonly resourceFieldRef?: {
      readonly containerName?: string | null;
      readonly divisor?: string | null;
      readonly resource?: string | null;
    } | null;
    readonly configMapKeyRef?: KeySelector | null;
    readonly secretKeyRef?: KeySelector | null;
  } | null;
}

interface KeySelector {
  readonly key?: string | null;
  readonly name?: string | null;
  readonly optional?: boolean | null;
}

interface ContainerPort {
  readonly containerPort?: number | null;
  readonly hostIP?: string | null;
  readonly hostPort?: number | null;
  readonly name?: string | null;
  readonly protocol?: string | null;
}

interface VolumeMount {
  readonly mountPath?: string | null;
  readonly mountPropagation?: string | null;
  readonly name?: string | null;
  readonly readOnly?: boolean | null;
  readonly subPath?: string | null;
}

interface ResourceRequirements {
  readonly limits?: Readonly<Record<string, string>> | null;
  readonly requests?: Readonly<Record<string, string>> | null;
}

interface Handler {
  readonly exec?: { readonly command?: readonly string[] | null } | null;
  readonly httpGet?: HttpGet | null;
}

interface HttpGet {
  readonly host?: string | null;
  readonly path?: string | null;
  /** A number, or the name of a port. */
  readonly port?: number | string | null;
  readonly scheme?: string | null;
}

interface Probe extends Handler {
  readonly failureThreshold?: number | null;
  readonly initialDelaySeconds?: number | null;
  readonly periodSeconds?: number | null;
  readonly successThreshold?: number | null;
  readonly timeoutSeconds?: number | null;
}

export interface SecurityContext {
  readonly allowPrivilegeEscalation?: boolean | null;
  readonly capabilities?: { readonly add?: readonly string[] | null; readonly drop?: readonly string[] | null } | null;
  readonly privileged?: boolean | null;
  readonly readOnlyRootFilesystem?: boolean | null;
  readonly runAsGroup?: number | null;
  readonly runAsNonRoot?: boolean | null;
  readonly runAsUser?: number | null;
  readonly seccompProfile?: { readonly localhostProfile?: string | null; readonly type?: string | null } | null;
}

export interface Volume {
  readonly name?: string | null;
  readonly configMap?: { readonly name?: string | null; readonly optional?: boolean | null } | null;
  readonly downwardAPI?: {
    readonly items?:
      | readonly {
          readonly path?: string | null;
          readonly fieldRef?: { readonly apiVersion?: string | null; readonly fieldPath?: string | null } | null;
        }[]
      | null;
  } | null;
  readonly emptyDir?: { readonly medium?: string | null; readonly sizeLimit?: string | null } | null;
  readonly hostPath?: { readonly path?: string | null; readonly type?: string | null } | null;
  readonly projected?: {
    readonly defaultMode?: number | null;
    readonly sources?:
      | readonly {
          readonly serviceAccountToken?: {
            readonly audience?: string | null;
            readonly expirationSeconds?: number | null;
            readonly path?: string | null;
          } | null;
        }[]
      | null;
  } | null;
}

export interface CapabilityLists {
  readonly add: readonly string[];
  readonly drop: readonly string[];
}
