/** The node of the tests: an API server in memory, names, a CA, and weft's control plane as a process of its own. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { makeAnchor, makeIssuer } from "../../../src/certificates/mesh/authority.ts";
import { defaultValues, parseSettings } from "../../../src/index.ts";
import type { Installation } from "../../../src/index.ts";
import { httpApi } from "../../support/api-http.ts";
import type { HttpApi } from "../../support/api-http.ts";
import { serveNames } from "./dns.ts";
import { nodeIp, startNode } from "./lab.ts";
import { namespaceObject, nodeObject } from "./objects.ts";

const main = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
const controlPlane = "weft";
const trustDomain = "cluster.local";
const [hour, day] = [3_600_000, 86_400_000];

export interface World {
  readonly http: HttpApi;
  readonly installation: Installation;
  /** Path of the settings. */
  readonly settings: string;
  readonly controller: Controller;
  readonly end: () => Promise<void>;
}

export interface Controller {
  /** `flags`: beside those that it always has. */
  readonly start: (flags?: readonly string[]) => Promise<void>;
  readonly stop: (signal: "SIGTERM" | "SIGKILL") => Promise<void>;
  readonly log: () => string;
}

export async function startWorld(): Promise<World> {
  await startNode();
  const folder = mkdtempSync(join(tmpdir(), "weft-proxy-"));
  const http = await httpApi([namespaceObject("shop"), namespaceObject(controlPlane), nodeObject], nodeIp);
  const names = ["linkerd-identity-headless", "linkerd-dst-headless", "linkerd-policy"];
  const ofControlPlane = names.map((name) => [`${name}.${controlPlane}.svc.cluster.local`, nodeIp] as const);
  const closeNames = await serveNames(nodeIp, new Map(ofControlPlane));
  const anchors = await writeCa(folder);
  // As `weft install` has it with weft's own control plane.
  const values = { ...defaultValues, identityTrustAnchorsPEM: anchors, tap: { enabled: true } };
  writeFileSync(join(folder, "settings.json"), JSON.stringify(values));
  writeFileSync(join(folder, "kubeconfig"), http.kubeconfig);
  const read = parseSettings(values, { controlPlaneNamespace: controlPlane });
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  const controller = controllerIn(folder);
  return {
    http,
    installation: read.settings,
    settings: join(folder, "settings.json"),
    controller,
    end: async () => {
      await controller.stop("SIGTERM");
      await http.stop();
      closeNames();
      rmSync(folder, { recursive: true });
    },
  };
}

async function writeCa(folder: string): Promise<string> {
  const validity = { notBefore: new Date(Date.now() - hour), notAfter: new Date(Date.now() + day) };
  const anchor = await makeAnchor({ trustDomain, validity });
  const issuer = await makeIssuer({ anchor, trustDomain, validity });
  mkdirSync(join(folder, "issuer"));
  writeFileSync(join(folder, "issuer", "tls.crt"), issuer.certificate);
  writeFileSync(join(folder, "issuer", "tls.key"), issuer.key);
  writeFileSync(join(folder, "anchors.pem"), anchor.certificate);
  return anchor.certificate;
}

function controllerIn(folder: string): Controller {
  let child: ChildProcess | undefined;
  let log = "";
  const stop: Controller["stop"] = async (signal) => {
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
    child = undefined;
  };
  return {
    start: async (flags = []) => {
      const paths = ["--settings", "settings.json", "--trust-anchors", "anchors.pem", "--issuer-dir", "issuer"];
      const args = ["--kubeconfig", "kubeconfig", "--control-plane-namespace", controlPlane, ...paths, ...flags];
      const started = spawn(process.execPath, [main, "controller", ...args], { cwd: folder });
      child = started;
      for (const stream of [started.stdout, started.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => (log += text));
      await until("the control plane is ready", async () => {
        if (started.exitCode !== null) throw new Error(`the control plane ended:\n${log}`);
        return (await fetch(`http://127.0.0.1:9995/readyz`).catch(() => undefined))?.status === 200;
      });
    },
    stop,
    log: () => log,
  };
}

/** Looks every 50 ms, for 30 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await holds()) return;
    await sleep(50);
  }
  throw new Error(`not within 30 s: ${what}`);
}
