/** `weft webhook` as a Deployment runs it. */
import { commonArgs, commonMounts, servingArgs } from "./deployment.ts";
import type { Mount, Program } from "./deployment.ts";
import { components, names, paths, ports } from "./names.ts";
import type { InstallOptions } from "./chosen.ts";

export const injector = (options: InstallOptions): Program => ({
  name: names.injector,
  component: components.injector,
  replicas: options.weft.replicas,
  resources: options.weft.resources,
  args: args(options),
  ports: [{ name: "webhook", containerPort: ports.webhook, protocol: "TCP" }],
  mounts: [...commonMounts, ...certificateMounts(options), ...clientCaMounts(options)],
});

function args(options: InstallOptions): readonly string[] {
  const { weft, certificates } = options;
  const [namespace = "", ...common] = commonArgs(options);
  return [
    "webhook",
    namespace,
    `--service=${names.injector}`,
    ...common,
    certificates.kind === "self" ? `--certificates-secret=${names.servedSecret}` : `--tls-dir=${paths.tls}`,
    ...(weft.webhookClientCa === undefined ? [] : [`--client-ca=${paths.clientCa}/${names.clientCaKey}`]),
    `--events=${weft.events}`,
    ...servingArgs(options),
  ];
}

const mountedSecrets = { self: undefined, "cert-manager": names.certManagerSecret, files: names.givenSecret } as const;

function certificateMounts({ certificates }: InstallOptions): readonly Mount[] {
  const secretName = mountedSecrets[certificates.kind];
  return secretName === undefined ? [] : [{ volume: { name: "tls", secret: { secretName } }, path: paths.tls }];
}

function clientCaMounts({ weft }: InstallOptions): readonly Mount[] {
  if (weft.webhookClientCa === undefined) return [];
  return [{ volume: { name: "client-ca", configMap: { name: names.clientCa } }, path: paths.clientCa }];
}
