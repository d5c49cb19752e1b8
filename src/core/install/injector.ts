/** `weft webhook` as a Deployment runs it. */
import type { Choices } from "./choices.ts";
import { commonArgs, servingArgs } from "./deployment.ts";
import type { Mount, Program } from "./deployment.ts";
import { components, configurationNames, names, paths, ports } from "./names.ts";

export const injector = (choices: Choices): Program => ({
  name: names.injector,
  component: components.injector,
  replicas: choices.weft.replicas,
  resources: choices.weft.resources,
  args: args(choices),
  ports: [{ name: "webhook", containerPort: ports.webhook, protocol: "TCP" }],
  mounts: certificateMounts(choices),
});

function args(choices: Choices): readonly string[] {
  const { weft, mesh, certificates } = choices;
  const configurations = configurationNames(mesh.kind === "adopted");
  const [namespace = "", ...common] = commonArgs(choices);
  return [
    "webhook",
    namespace,
    `--service=${names.injector}`,
    ...common,
    ...(certificates.kind === "self"
      ? [
          `--certificates-secret=${names.ownSecret}`,
          `--mutating-configuration=${configurations.mutating}`,
          `--validating-configuration=${configurations.validating}`,
        ]
      : [`--tls-dir=${paths.tls}`]),
    `--events=${weft.events}`,
    ...servingArgs(choices),
  ];
}

const mountedSecrets = { self: undefined, "cert-manager": names.certManagerSecret, files: names.givenSecret } as const;

function certificateMounts({ certificates }: Choices): readonly Mount[] {
  const secretName = mountedSecrets[certificates.kind];
  return secretName === undefined ? [] : [{ volume: { name: "tls", secret: { secretName } }, path: paths.tls }];
}
