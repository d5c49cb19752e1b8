/** `weft controller` as a process of its own, beside an API server in memory behind a port. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { newFolder } from "./folder.ts";
import { httpApi } from "./api-http.ts";
import type { HttpApi } from "./api-http.ts";
import { testMesh } from "./certificates.ts";
import type { Certificate } from "./certificates.ts";
import { certify, proxyClient, workloadRequest } from "./proxy-client.ts";
import type { ProxyClient } from "./proxy-client.ts";

export type Listener = "identity" | "destination" | "policy";

export interface ControllerProcess extends Plane {
  readonly http: HttpApi;
}

export interface Plane {
  readonly pid: number;
  /** Where reviews are answered, with `serve`. */
  readonly reviews: () => string;
  /** Connects; `identity`: with a certificate that it was given for this token. */
  readonly connect: (to: Listener, as?: Certificate) => Promise<ProxyClient>;
  readonly certified: (identity: string, token: string) => Promise<Certificate>;
  readonly log: () => string;
  readonly admin: (path: string) => Promise<string>;
  /** Ends it as a kubelet does; gives the exit code. */
  readonly stop: () => Promise<number | null>;
}

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const name = "linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local";

export async function controllerProcess(
  objects: readonly JsonObject[],
  flags: readonly string[] = [],
  command: readonly string[] = ["controller"],
): Promise<ControllerProcess> {
  const http = await httpApi(objects);
  const plane = await planeProcess({ kubeconfig: http.kubeconfig, flags, command });
  const stop = async (): Promise<number | null> => {
    const code = await plane.stop();
    await http.stop();
    return code;
  };
  return { ...plane, http, stop };
}

/** On whatever API server; `kubeconfig` is its text. */
export async function planeProcess({
  kubeconfig,
  flags = [],
  command = ["controller"],
}: {
  readonly kubeconfig: string;
  readonly flags?: readonly string[];
  readonly command?: readonly string[];
}): Promise<Plane> {
  const folder = await newFolder();
  const { anchor, issuerPem } = await testMesh();
  await folder.write("tls.crt", issuerPem.certificate);
  await folder.write("tls.key", issuerPem.key);
  await folder.write("anchors.pem", anchor.certificate);
  await folder.write("kubeconfig", kubeconfig);
  const listeners = ["--identity-address", "--destination-address", "--policy-address", "--admin-address"];
  const args = [
    `--kubeconfig=${folder.at("kubeconfig")}`,
    `--trust-anchors=${folder.at("anchors.pem")}`,
    `--issuer-dir=${folder.path}`,
    "--grace-period=0s",
    "--log-format=json",
    ...listeners.flatMap((flag) => [flag, "127.0.0.1:0"]),
    ...flags,
  ];
  const child = spawn(process.execPath, [main, ...command, ...args], { stdio: ["ignore", "inherit", "pipe"] });
  const ended = once(child, "exit") as Promise<[number | null]>;
  let log = "";
  /** Fields of a line of the log; none when it is not there yet. */
  const lineWith = (words: string): Readonly<Record<string, string>> => {
    const line = log.split("\n").find((each) => each.includes(`"${words}"`));
    return line === undefined ? {} : (JSON.parse(line) as Readonly<Record<string, string>>);
  };
  const { promise: serving, resolve } = Promise.withResolvers<void>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
    const awaited = ["serving proxies", ...(command.includes("serve") ? ["serving reviews"] : [])];
    if (
      awaited.every((words) =>
        log
          .split("\n")
          .slice(0, -1)
          .some((line) => line.includes(`"${words}"`)),
      )
    )
      resolve();
  });
  if ((await Promise.race([serving, ended])) !== undefined) throw new Error(`the control plane ended:\n${log}`);
  const addresses = { ...lineWith("serving reviews"), ...lineWith("serving proxies") };
  const portOf = (of: string): number => Number(addresses[of]?.split(":").at(-1));
  const connect: ControllerProcess["connect"] = (to, certificate) =>
    proxyClient({ address: { port: portOf(to) }, name, anchors: anchor.certificate, certificate });
  return {
    pid: child.pid ?? 0,
    reviews: () => lineWith("serving reviews")["address"] ?? "",
    connect,
    certified: async (identity, token) => {
      const { csr, key } = await workloadRequest(identity);
      const proxy = await connect("identity");
      const { chain } = await certify(proxy, { identity, token, csr });
      proxy.close();
      return { chain, key };
    },
    log: () => log,
    admin: async (path) => (await fetch(`http://127.0.0.1:${portOf("admin")}${path}`)).text(),
    stop: async () => {
      child.kill("SIGTERM");
      const [code] = await ended;
      await folder.destroy();
      return code;
    },
  };
}
