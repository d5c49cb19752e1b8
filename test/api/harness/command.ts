/** The command `weft`, as its user has it: with a kubeconfig of the cluster's administrator. */
import { fileURLToPath } from "node:url";
import { run } from "./cluster.ts";
import type { Cluster, Ran } from "./cluster.ts";

const program = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

export const weftCommand = (
  { adminKubeconfig }: Cluster,
  [command = "", ...args]: readonly string[],
  input = "",
): Promise<Ran> =>
  run([process.execPath, program, command, ...args], input, { ...process.env, KUBECONFIG: adminKubeconfig });
