/**
 * Where connections go: through the proxies, or past them. Both ends say which address they see, and the proxies count:
 * a connection that went through one has another client port behind it than before it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { containerNames as names } from "../../../src/core/mesh/sidecar.ts";
import { apply, deleteNamespaces, eventually, kubectl, patience, read, weft } from "./kubectl.ts";
import { logOf, namespace, pod, podNamed } from "./objects.ts";

const isReal = (process.env["LINKERD2_PROXY"] ?? "") !== "";

const by = { webhook: "e2e-traffic", hand: "e2e-traffic-by-hand" } as const;

const server = {
  args: ["serve", "8080", "8081", "8082"],
  annotations: {
    "config.linkerd.io/skip-inbound-ports": "8081",
    "config.linkerd.io/enable-debug-sidecar": "true",
  },
};
const client = { args: ["serve", "9090"], annotations: { "config.linkerd.io/skip-outbound-ports": "8082" } };

interface Seen {
  /** The client's end, as the client sees it. */
  readonly own: Address;
  /** What the server sees. */
  readonly answer: { readonly at: Address; readonly client: Address };
}
type Address = readonly [ip: string, port: number];

const rows: readonly [claim: string, port: number, out: boolean, into: boolean][] = [
  ["goes through the client's proxy and the server's", 8080, true, true],
  ["passes the server's proxy by on a port that it skips", 8081, true, false],
  ["passes the client's proxy by on a port that it skips", 8082, false, true],
];

describe("traffic of meshed pods", () => {
  before(async () => {
    await apply([namespace(by.webhook, { "linkerd.io/inject": "enabled" }), namespace(by.hand)]);
    const pods = (name: string) => [pod(name, "server", server), pod(name, "client", client)];
    await apply(pods(by.webhook));
    await kubectl(["apply", "-f", "-"], await injectedByHand(pods(by.hand)));
    for (const name of Object.values(by)) {
      await kubectl(["-n", name, "wait", "--for=condition=Ready", patience, "pod/server", "pod/client"]);
    }
  });
  after(() => deleteNamespaces(...Object.values(by)));

  for (const [how, name] of Object.entries(by)) {
    describe(`injected by ${how}`, () => {
      for (const [claim, port, out, into] of rows) {
        it(claim, async () => {
          const [target, source] = await Promise.all([addressOf(name, "server"), addressOf(name, "client")]);
          const counts = () =>
            Promise.all([counted(name, "client", target, port), counted(name, "server", target, port)]);
          const before = await counts();
          const { own, answer } = await callFrom(name, "client", `http://${target}:${port}/`);
          const after = await counts();
          expect(after.map((count, which) => count - (before[which] ?? 0))).to.deep.equal([Number(out), Number(into)]);

          expect(own[0]).to.equal(source);
          expect(answer.at).to.deep.equal([target, port]);
          // A proxy connects from its own pod.
          expect(answer.client[0]).to.equal(into ? target : source);
          if (out || into) expect(answer.client[1]).to.not.equal(own[1]);
        });
      }

      it("the init container is the one that was asked for", async () => {
        const { spec } = await podNamed(name, "client");
        const init = spec?.initContainers?.find((each) => each.name === names.init);
        expect(init?.command?.[0]).to.equal(how === "hand" ? "sh" : "nft");
      });

      it("a pod can reach itself, and what its proxy serves", async () => {
        const own = await addressOf(name, "client");
        const { answer } = await callFrom(name, "client", `http://${own}:9090/`);
        expect(answer.at).to.deep.equal([own, 9090]);
      });

      it("the debug container's tshark sees the traffic", async () => {
        const target = await addressOf(name, "server");
        const marker = `/looked-for-${how}`;
        await callFrom(name, "client", `http://${target}:8080${marker}`);
        await eventually(async () => {
          const lines = (await logOf(name, "server", names.debug)).split("\n").filter((line) => line.includes(marker));
          // To the proxy, where it is encrypted by a real one; and from the proxy to the application.
          expect(lines.length, "lines with the marker").to.be.at.least(isReal ? 1 : 2);
          expect(lines.some((line) => line.includes(`${target} → ${target}`))).to.equal(true);
        });
      });
    });
  }
});

/** In the mode that the installed settings do not have. */
async function injectedByHand(objects: readonly JsonObject[]): Promise<string> {
  const [values, anchors] = await Promise.all([dataOf("linkerd-config"), dataOf("linkerd-identity-trust-roots")]);
  const installed = parse(values["values"] ?? "") as { readonly proxyInit: JsonObject } & JsonObject;
  const proxyInit = { ...installed.proxyInit, mode: "iptables", runAsRoot: true };
  const folder = mkdtempSync(join(tmpdir(), "weft-e2e-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const settings = file("values.json", JSON.stringify({ ...installed, proxyInit }));
    const trust = file("ca.crt", anchors["ca-bundle.crt"] ?? "");
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    return (await weft(["inject", "--manual", "--settings", settings, "--trust-anchors", trust, "-"], list)).out;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const dataOf = async (configMap: string): Promise<Readonly<Record<string, string>>> =>
  (await read<{ readonly data: Readonly<Record<string, string>> }>("configmap", "-n", "weft", configMap)).data;

const addressOf = async (inNamespace: string, name: string): Promise<string> => {
  const address = (await podNamed(inNamespace, name)).status?.podIP;
  if (typeof address !== "string") throw new Error(`${name} has no address`);
  return address;
};

const callFrom = async (inNamespace: string, name: string, url: string): Promise<Seen> => {
  const call = ["python3", "-IS", "/app.py", "call", url];
  return JSON.parse((await kubectl(["-n", inNamespace, "exec", name, "-c", "app", "--", ...call])).out) as Seen;
};

/** How often the pod's proxy has taken a connection to there; a proxy counts what it opens by itself. */
async function counted(inNamespace: string, name: string, target: string, port: number): Promise<number> {
  const path = `/api/v1/namespaces/${inNamespace}/pods/${name}:4191/proxy/metrics`;
  const { out } = await kubectl(["get", "--raw", path]);
  return out
    .split("\n")
    .filter((line) => line.startsWith("tcp_open_total{") && line.includes('peer="src"'))
    .filter((line) => line.includes(`target_addr="${target}:${port}"`))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
