/** `weft controller` as a Deployment runs it. Nothing in it is injected: its Services speak TLS themselves. */
import { commonArgs, commonMounts, servingArgs } from "./deployment.ts";
import type { Program } from "./deployment.ts";
import { controlPlaneServices } from "../mesh/control-plane.ts";
import { components, names, paths } from "./names.ts";
import type { InstallOptions, LeafDurations } from "./chosen.ts";

export const controller = (options: InstallOptions, leaf: LeafDurations): Program => ({
  name: names.controller,
  component: components.controller,
  replicas: controllerReplicas(options),
  resources: options.weft["controller.resources"],
  args: [
    "controller",
    ...commonArgs(options),
    `--issuer-dir=${paths.issuer}`,
    `--issuer-secret=${names.issuer}`,
    `--identity-lifetime=${leaf.lifetime}`,
    `--identity-clock-skew=${leaf.clockSkew}`,
    `--identity-spiffe=${options.weft["identity.spiffe"]}`,
    ...servingArgs(options),
  ],
  ports: controlPlaneServices.map(({ port }) => ({ name: port.name, containerPort: port.number, protocol: "TCP" })),
  mounts: [...commonMounts, { volume: { name: "issuer", secret: { secretName: names.issuer } }, path: paths.issuer }],
});

/** As many as there are of the webhook, unless something else is said. */
const controllerReplicas = ({ weft }: Pick<InstallOptions, "weft">): number =>
  weft["controller.replicas"] ?? weft.replicas;
