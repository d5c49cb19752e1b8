/** `weft webhook` as a Deployment runs it. */
import { commonArgs, commonMounts, servingArgs } from "./deployment.ts";
import type { Mount, Program } from "./deployment.ts";
import { components, names, paths, ports } from "./names.ts";
import type { Choices } from "./chosen.ts";

export const injector = (choices: Choices): Program => ({
  name: names.injector,
  component: components.injector,
  replicas: choices.weft.replicas,
  resources: choices.weft.resources,
  args: args(choices),
  ports: [{ name: "webhook", containerPort: ports.webhook, protocol: "TCP" }],
  mounts: [...commonMounts, ...certificateMounts(choices), ...clientCaMounts(choices)],
});

function args(choices: Choices): readonly string[] {
  const { weft, certificates } = choices;
  const [namespace = "", ...common] = commonArgs(choices);
  return [
    "webhook",
    namespace,
    `--service=${names.injector}`,
    ...common,
    certificates.kind === "self" ? `--certificates-secret=${names.servedSecret}` : `--tls-dir=${paths.tls}`,
    ...(weft.webhookClientCa === undefined ? [] : [`--client-ca=${paths.clientCa}/${names.clientCaKey}`]),
    `--events=${weft.events}`,
    ...servingArgs(choices),
  ];
}

const mountedSecrets = { self: undefined, "cert-manager": names.certManagerSecret, files: names.givenSecret } as const;

function certificateMounts({ certificates }: Choices): readonly Mount[] {
  const secretName = mountedSecrets[certificates.kind];
  return secretName === undefined ? [] : [{ volume: { name: "tls", secret: { secretName } }, path: paths.tls }];
}

function clientCaMounts({ weft }: Choices): readonly Mount[] {
  if (weft.webhookClientCa === undefined) return [];
  return [{ volume: { name: "client-ca", configMap: { name: names.clientCa } }, path: paths.clientCa }];
}
