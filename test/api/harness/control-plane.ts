/**
 * etcd and kube-apiserver on loopback, in a folder of their own: a real API server without controllers and nodes. What a
 * controller would make, such as the service account `default` of a namespace, the tests make themselves.
 *
 * The addresses of Services are loopback too (`127.96.0.0/16`): who listens there plays the node's kube-proxy, and a
 * registration that names a Service is used as it was printed.
 */
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keep } from "./kept.ts";
import type { Kept } from "./kept.ts";
import type { PemPair } from "../../../src/certificates/x509/pem.ts";
import { authority } from "../../support/certificates.ts";
import type { Authority } from "../../support/certificates.ts";

export interface ControlPlane {
  /** Such as `https://127.0.0.1:40123`. */
  readonly server: string;
  /** Vouches for the server and for its clients. */
  readonly ca: Authority;
  /** A member of `system:masters`. */
  readonly admin: PemPair;
  /** For whatever belongs to this control plane; removed with it. */
  readonly folder: string;
  /** What service accounts asked of the API server: one JSON object a line (audit.k8s.io/v1). */
  readonly auditLog: string;
  readonly stop: () => Promise<void>;
}

export async function startControlPlane(assets: string): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), "weft-api-"));
  const ca = await authority("test-ca");
  const admin = await ca.sign({ name: "admin", group: "system:masters" });
  const [client, peer, port] = await freePorts(3);
  const etcdUrl = `http://127.0.0.1:${client}`;
  await writePki(folder, ca);
  const etcd = await keep([join(assets, "etcd"), ...etcdFlags(folder, etcdUrl, `http://127.0.0.1:${peer}`)], {
    log: join(folder, "etcd.log"),
    // etcd outlives the API server, whose folder this is.
    remove: folder,
  });
  const api = await keep([join(assets, "kube-apiserver"), ...apiServerFlags(folder, etcdUrl, String(port))], {
    log: join(folder, "kube-apiserver.log"),
  });
  const plane: ControlPlane = {
    server: `https://127.0.0.1:${port}`,
    ca,
    admin,
    folder,
    auditLog: join(folder, "audit.log"),
    stop: async () => {
      for (const each of [api, etcd]) {
        each.kill("SIGKILL");
        await each.ended;
      }
    },
  };
  await ready(plane, [etcd, api]);
  return plane;
}

/** Ports that nobody listens at; they are all held until the last is found, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

async function writePki(folder: string, ca: Authority): Promise<void> {
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });
  const serving = await ca.sign({ name: "kube-apiserver", hosts: ["127.0.0.1", "127.96.0.1", "localhost"] });
  write("ca.crt", ca.certificate);
  write("apiserver.crt", serving.certificate);
  write("apiserver.key", serving.key);
  write("sa.key", tokenKey());
  write("audit-policy.json", JSON.stringify(auditPolicy));
}

/** What service-account tokens are signed with. */
const tokenKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "sec1", format: "pem" }) as string;

const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata", userGroups: ["system:serviceaccounts"] }, { level: "None" }],
};

const etcdFlags = (folder: string, client: string, peer: string): readonly string[] =>
  flags({
    "data-dir": join(folder, "etcd"),
    logger: "zap",
    "log-level": "warn",
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "initial-cluster": `default=${peer}`,
    // Nothing of this has to survive a power cut.
    "unsafe-no-fsync": "true",
  });

const apiServerFlags = (folder: string, etcd: string, port: string): readonly string[] =>
  flags({
    "etcd-servers": etcd,
    "bind-address": "127.0.0.1",
    "secure-port": port,
    // Only written into the endpoints of Service kubernetes, which may not be loopback (TEST-NET-1, RFC 5737).
    "advertise-address": "192.0.2.1",
    "service-cluster-ip-range": "127.96.0.0/16",
    "allow-privileged": "true",
    // Needs a newer etcd than Debian's.
    "feature-gates": "SizeBasedListCostEstimate=false",
    "authorization-mode": "RBAC",
    "client-ca-file": join(folder, "ca.crt"),
    "tls-cert-file": join(folder, "apiserver.crt"),
    "tls-private-key-file": join(folder, "apiserver.key"),
    "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
    "service-account-key-file": join(folder, "sa.key"),
    "service-account-signing-key-file": join(folder, "sa.key"),
    "audit-policy-file": join(folder, "audit-policy.json"),
    "audit-log-path": join(folder, "audit.log"),
  });

const flags = (values: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`);

async function ready(plane: ControlPlane, processes: readonly Kept[]): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    const dead = processes.find(({ running }) => !running());
    if (dead !== undefined) throw new Error(`a part of the control plane ended:\n${tail(dead)}`);
    if ((await statusOf(plane)) === 200) return;
    if (performance.now() > end)
      throw new Error(`the API server is not ready after 60 s:\n${processes.map(tail).join("\n")}`);
    await sleep(200);
  }
}

const tail = ({ output }: Kept): string => output().split("\n").slice(-15).join("\n");

const statusOf = ({ server, ca, admin }: ControlPlane): Promise<number> =>
  new Promise((resolve) => {
    const call = request(
      `${server}/readyz`,
      { ca: ca.certificate, cert: admin.certificate, key: admin.key, agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    call.on("error", () => resolve(0));
    call.end();
  });
