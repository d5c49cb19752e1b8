/** Certificates renewed under load: beside the API server's calls, handshakes that check what it would check. */
import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { configurationNames, names } from "../../src/core/install/names.ts";
import type { Cluster } from "../api/harness/cluster.ts";
import type { Weft } from "../api/harness/weft.ts";
import type { Scene } from "./fault.ts";
import type { Did } from "./figures.ts";

export async function certificateRotation({ cluster, weft, seconds, until }: Scene): Promise<Did> {
  const seen: Shaken[] = [];
  const end = performance.now() + Math.max(seconds, 10) * 1000;
  while (performance.now() < end) {
    seen.push(await shaken(cluster, weft));
    await sleep(250);
  }
  await until(1);
  const wrong = seen.flatMap((each) => ("wrong" in each ? [each.wrong] : []));
  const [leaves, authorities] = (["leaf", "authority"] as const).map(
    (key) => new Set(seen.flatMap((each) => (key in each ? [(each as Peer)[key]] : []))).size,
  );
  return {
    says:
      `${leaves} certificates of ${authorities} CAs served, no replica started anew; ${seen.length} handshakes ` +
      `held against the caBundle of that moment, ${wrong.length} failed`,
    happened: (leaves ?? 0) > 1,
    unavoidable: 0,
    wrong: [...new Set(wrong)].map((words) => `a handshake failed: ${words}`),
  };
}

type Shaken = Peer | { readonly wrong: string };

interface Peer {
  /** Fingerprints. */
  readonly leaf: string;
  readonly authority: string;
}

async function shaken(cluster: Cluster, { balancer, namespace }: Weft): Promise<Shaken> {
  const ca = await bundle(cluster);
  const { host, port } = balancer;
  return new Promise((resolve) => {
    const socket = connect({ host, port, ca, servername: `${names.injector}.${namespace}.svc` }, () => {
      const leaf = socket.getPeerX509Certificate();
      const authority = authorities(ca).find((one) => leaf?.checkIssued(one) === true && leaf.verify(one.publicKey));
      socket.destroy();
      resolve({ leaf: leaf?.fingerprint256 ?? "", authority: authority?.fingerprint256 ?? "" });
    });
    socket.setTimeout(5000, () => socket.destroy(new Error("no handshake within 5 s")));
    socket.on("error", ({ message }) => resolve({ wrong: message }));
  });
}

async function bundle(cluster: Cluster): Promise<string> {
  const path = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${configurationNames(false).mutating}`;
  const { webhooks } = (await cluster.get(path)) as unknown as Configuration;
  return Buffer.from(webhooks[0].clientConfig.caBundle, "base64").toString("utf8");
}

interface Configuration {
  readonly webhooks: readonly [{ readonly clientConfig: { readonly caBundle: string } }];
}

const authorities = (pem: string): readonly X509Certificate[] =>
  [...pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)].map(
    ([text]) => new X509Certificate(text),
  );
