/** What the serving certificate comes from: Secrets that weft fills, cert-manager's objects, or the given files. */
import type { JsonObject } from "../base/json/json.ts";
import { meta } from "./meta.ts";
import { commonLabels, components, names } from "./names.ts";
import type { InstallOptions } from "./chosen.ts";

export function certificateObjects(options: InstallOptions): readonly JsonObject[] {
  const { namespace, certificates } = options;
  switch (certificates.kind) {
    case "self":
      return [
        // All are there from the start and empty: then weft needs no right to create Secrets or Leases.
        { apiVersion: "v1", kind: "Secret", metadata: meta(names.servedSecret, namespace), type: "Opaque" },
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: meta(names.caSecret, namespace, components.certificates),
          type: "Opaque",
        },
        {
          apiVersion: "coordination.k8s.io/v1",
          kind: "Lease",
          metadata: meta(names.certificates, namespace, components.certificates),
        },
      ];
    case "cert-manager":
      return certManagerObjects(options);
    case "files":
      return [
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: meta(names.givenSecret, namespace),
          type: "kubernetes.io/tls",
          data: { "tls.crt": certificates.certificate, "tls.key": certificates.key },
        },
      ];
  }
}

/** Tells cert-manager's cainjector where the caBundle comes from. */
export const certManagerAnnotations = (namespace: string) => ({
  "cert-manager.io/inject-ca-from": `${namespace}/${names.injector}`,
});

const apiVersion = "cert-manager.io/v1";
const selfSigned = "weft-self-signed";
const ca = "weft-ca";

/** Without an issuer a CA of its own signs, so that renewing the leaf leaves the caBundle as it is. */
function certManagerObjects({ namespace, weft }: InstallOptions): readonly JsonObject[] {
  const issuer = weft["certificates.issuer"];
  return [
    ...(issuer === undefined ? caObjects(namespace) : []),
    {
      apiVersion,
      kind: "Certificate",
      metadata: meta(names.injector, namespace),
      spec: {
        secretName: names.certManagerSecret,
        secretTemplate: { labels: commonLabels },
        dnsNames: [`${names.injector}.${namespace}.svc`],
        usages: ["server auth"],
        duration: "2160h",
        renewBefore: "720h",
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        issuerRef: { kind: "Issuer", group: "cert-manager.io", name: ca, ...issuer },
      },
    },
  ];
}

const caObjects = (namespace: string): readonly JsonObject[] => [
  { apiVersion, kind: "Issuer", metadata: meta(selfSigned, namespace), spec: { selfSigned: {} } },
  {
    apiVersion,
    kind: "Certificate",
    metadata: meta(ca, namespace),
    spec: {
      secretName: names.certManagerCaSecret,
      secretTemplate: { labels: commonLabels },
      commonName: `${ca}.${namespace}`,
      isCA: true,
      usages: ["cert sign", "crl sign"],
      duration: "87600h",
      privateKey: { algorithm: "ECDSA", size: 256 },
      issuerRef: { kind: "Issuer", group: "cert-manager.io", name: selfSigned },
    },
  },
  {
    apiVersion,
    kind: "Issuer",
    metadata: meta(ca, namespace),
    spec: { ca: { secretName: names.certManagerCaSecret } },
  },
];
