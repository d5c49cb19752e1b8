/** The binaries of a real Kubernetes: etcd, kube-apiserver and kubectl, where somebody has them for us. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type Assets = { readonly folder: string } | { readonly missing: string };

const root = fileURLToPath(new URL("../../..", import.meta.url));
const builder = join(root, "../shared/tools/kube-assets");
const programs = ["etcd", "kube-apiserver", "kubectl"] as const;

let found: Assets | undefined;

/** As envtest of controller-runtime looks for them: `KUBEBUILDER_ASSETS`; else what the tool beside the repository makes. */
export const assets = (): Assets => (found ??= search());

function search(): Assets {
  const named = process.env["KUBEBUILDER_ASSETS"] ?? "";
  if (named !== "") return complete(named);
  if (existsSync(builder)) return built();
  return { missing: "KUBEBUILDER_ASSETS names no folder with etcd, kube-apiserver and kubectl" };
}

function complete(folder: string): Assets {
  const lacking = programs.filter((program) => !existsSync(join(folder, program)));
  return lacking.length === 0 ? { folder } : { missing: `${folder} has no ${lacking.join(", ")}` };
}

// Minutes the first time, at once afterwards. What it does meanwhile it says on standard error.
function built(): Assets {
  try {
    const output = execFileSync(builder, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], timeout: 900_000 });
    return complete(output.trim().split("\n").at(-1) ?? "");
  } catch (error) {
    return { missing: `${builder} failed: ${(error as Error).message.split("\n")[0]}` };
  }
}
