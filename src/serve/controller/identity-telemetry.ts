/** What happens to identities, as log lines, metrics and Events. */
import type { MeshIssuer } from "../../certificates/mesh/issuer.ts";
import { refusalRows } from "../../core/identity/refusals.ts";
import type { TokenOwner } from "../../core/identity/token.ts";
import { issueText } from "../../core/base/text/issue.ts";
import type { Issue } from "../../core/base/text/issue.ts";
import type { Certified, Refused } from "../../grpc/identity-service.ts";
import type { EventToSend } from "../../kube/event-sink.ts";
import type { IdentityMetrics } from "../../observe/identity-metrics.ts";
import type { Log } from "../../observe/log.ts";
import { toldLines } from "../told-lines.ts";

export interface ControllerEventsNeeds {
  readonly log: Log;
  readonly metrics: IdentityMetrics;
  readonly now: () => Date;
  readonly record?: ((event: EventToSend) => void) | undefined;
  readonly deployment?: (() => EventToSend["involvedObject"] | undefined) | undefined;
}

export interface ControllerEvents {
  readonly certified: (certified: Certified) => void;
  readonly refused: (refused: Refused) => void;
  /** Issuer or anchors were read again, and are in use. */
  readonly reloaded: (issuer: MeshIssuer, before: MeshIssuer) => void;
  readonly broken: (issues: readonly Issue[]) => void;
}

const component = "weft-controller";

/** Lines about certificates of one namespace, and of all; strangers, whose token was not good, count as one. Metrics count each. */
export const lines = { each: { atOnce: 200, perSecond: 2 }, inAll: { atOnce: 2000, perSecond: 50 } };

export function controllerEvents({ log, metrics, now, record, deployment }: ControllerEventsNeeds): ControllerEvents {
  const milliseconds = (): number => now().getTime();
  const mayTell = { issued: toldLines(lines, milliseconds), refused: toldLines(lines, milliseconds) };
  const onDeployment = (type: EventToSend["type"], reason: string, message: string): void => {
    const involvedObject = deployment?.();
    if (involvedObject !== undefined) record?.({ type, reason, message, component, involvedObject });
  };
  const onServiceAccount = (type: EventToSend["type"], reason: string, message: string, owner: TokenOwner): void => {
    const { namespace, serviceAccount: name, uid } = owner;
    const involvedObject = { apiVersion: "v1", kind: "ServiceAccount", namespace, name, uid };
    record?.({ type, reason, message, component, involvedObject });
  };
  return {
    certified: ({ identity, owner, notAfter, fingerprint, milliseconds }) => {
      metrics.certified("issued", "", milliseconds);
      const expires = notAfter.toISOString();
      const also = mayTell.issued(owner.namespace);
      const fields = { identity, expires, fingerprint, milliseconds: Math.round(milliseconds), ...also };
      if (also !== undefined) log.info("issued a certificate", fields);
      const message = `issued a certificate for ${identity} until ${expires}: ${fingerprint}`;
      onServiceAccount("Normal", "IssuedLeafCertificate", message, owner);
    },
    refused: ({ identity, refusal: { code, reason, message }, owner, milliseconds, error }) => {
      metrics.certified("refused", reason, milliseconds);
      const also = mayTell.refused(owner?.namespace ?? "");
      const fields = { identity: identity.slice(0, 253), code, reason, message, ...also };
      if (also !== undefined) log.warn("refused a certificate", fields, error);
      if (reason === "issuer_invalid") {
        onDeployment("Warning", "IssuerValidationFailed", `${message} (asked by ${identity.slice(0, 253)})`);
      } else if (owner === undefined) {
        // In words of ours alone: strangers could fill the Deployment's share of Events with theirs.
        const { meaning } = refusalRows[reason];
        onDeployment("Warning", "CertificateRefused", `${reason}: ${meaning}; the log says what was asked for`);
      } else onServiceAccount("Warning", "CertificateRefused", `${reason}: ${message}`, owner);
    },
    reloaded: (issuer, before) => {
      if (issuer.fingerprint === before.fingerprint) return;
      const expires = new Date(issuer.validity.notAfter).toISOString();
      log.info("another issuer is in use", { issuer: issuer.subject, fingerprint: issuer.fingerprint, expires });
      onDeployment("Normal", "IssuerUpdated", "another issuer was read, and is in use");
    },
    broken: (issues) => {
      const problems = issues.map(issueText).join("; ");
      onDeployment("Warning", "IssuerUpdateSkipped", `the issuer in use stays, as the new one is broken: ${problems}`);
    },
  };
}
