import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import type { Json } from "../../src/core/base/json/json.ts";
import { issueText } from "../../src/core/base/text/issue.ts";
import type { KubeApi } from "../../src/kube/api.ts";
import { connect } from "../../src/kube/connect.ts";
import type { ConnectOptions } from "../../src/kube/connect.ts";
import { newFolder } from "../support/folder.ts";
import type { Folder } from "../support/folder.ts";
import { lasting, serverPair } from "../support/certificates.ts";
import { base64, kubeconfig, listening } from "../support/listening.ts";
import type { Listening } from "../support/listening.ts";

const api = async (options: ConnectOptions): Promise<KubeApi> => {
  const made = await connect(options);
  if ("issues" in made) throw new Error(made.issues.map(issueText).join("\n"));
  return made.value;
};

const issues = async (options: ConnectOptions): Promise<readonly string[]> => {
  const made = await connect(options);
  return "issues" in made ? made.issues.map(issueText) : [];
};

const shownBy = (socket: Socket): string | undefined =>
  socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined;

describe("connect", () => {
  let folder: Folder;
  beforeEach(async () => {
    folder = await newFolder();
  });
  afterEach(() => folder.destroy());

  const env = { HOME: "/nowhere" };

  describe("finds the cluster", () => {
    it("in the file that was named", async () => {
      await folder.write("a", kubeconfig("https://a:6443/", {}));
      expect((await api({ kubeconfig: folder.at("a"), env })).server).to.equal("https://a:6443");
    });

    it("in the home folder, before the pod's own access", async () => {
      const home = { HOME: folder.path, KUBERNETES_SERVICE_HOST: "10.0.0.1" };
      await mkdir(folder.at(".kube"));
      await folder.write(".kube/config", kubeconfig("https://home", {}));
      expect((await api({ env: home })).server).to.equal("https://home");
    });

    it("in the files of KUBECONFIG: missing ones are passed over, the first that names a thing wins", async () => {
      await folder.write("b", kubeconfig("https://b", { name: "two" }));
      await folder.write("c", kubeconfig("https://c", { name: "one" }));
      await folder.write("d", kubeconfig("https://d", { name: "one" }));
      const several = { KUBECONFIG: ["missing", "b", "c", "d"].map(folder.at).join(":") };
      expect((await api({ env: several })).server).to.equal("https://b");
      expect((await api({ env: several, context: "one" })).server).to.equal("https://c");
    });
  });

  describe("says what is wrong, and where", () => {
    const rows: readonly [claim: string, text: string | undefined, context: string | undefined, expected: string][] = [
      ["no file", undefined, undefined, "FILE: there is no such kubeconfig"],
      [
        "no YAML",
        "a: [",
        undefined,
        "FILE: is not a kubeconfig: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 5",
      ],
      ["something else", "- a", undefined, "FILE: is not a kubeconfig"],
      ["an empty file", "", undefined, "FILE: has no current-context; it has none at all"],
      ["a context that is not there", kubeconfig("https://a", {}), "two", 'FILE: has no context "two"; there is one'],
      [
        "a context without its cluster",
        "current-context: x\ncontexts: [{name: x, context: {cluster: y}}]",
        undefined,
        'FILE: context "x": names the cluster "y", which is not there or not complete',
      ],
      [
        "a context without its user",
        "current-context: x\ncontexts: [{name: x, context: {cluster: y, user: z}}]\nclusters: [{name: y, cluster: {server: https://y}}]",
        undefined,
        'FILE: context "x": names the user "z", which is not there or not complete',
      ],
      [
        "no URL",
        kubeconfig("example.com", {}),
        undefined,
        'FILE: cluster "one": server: "example.com" is not an https URL',
      ],
      [
        "a CA file that is not there",
        kubeconfig("https://a", { cluster: { "certificate-authority": "ca.crt" } }),
        undefined,
        'FILE: cluster "one": certificate-authority: FOLDER/ca.crt: there is no such file',
      ],
      [
        "a CA that is none",
        kubeconfig("https://a", { cluster: { "certificate-authority-data": base64("x") } }),
        undefined,
        'FILE: cluster "one": certificate-authority: holds no certificate (PEM)',
      ],
      [
        "a token file that is not there",
        kubeconfig("https://a", { user: { tokenFile: "token" } }),
        undefined,
        'FILE: user "one": token file: FOLDER/token: there is no such file',
      ],
    ];
    for (const [claim, text, context, expected] of rows) {
      it(claim, async () => {
        if (text !== undefined) await folder.write("config", text);
        const [said, ...more] = await issues({ kubeconfig: folder.at("config"), context, env });
        expect(said).to.equal(expected.replace("FILE", folder.at("config")).replace("FOLDER", folder.path));
        expect(more).to.deep.equal([]);
      });
    }

    it("a client certificate that has expired", async () => {
      const old = await serverPair(undefined, lasting(new Date("2024-01-01T00:00:00Z"), 31));
      const data = { "client-certificate-data": base64(old.certificate), "client-key-data": base64(old.key) };
      await folder.write("config", kubeconfig("https://a", { user: data }));
      expect(await issues({ kubeconfig: folder.at("config"), env })).to.deep.equal([
        `${folder.at("config")}: user "one": client-certificate: expired on 2024-02-01T00:00:00.000Z`,
      ]);
    });

    it("a folder in place of a file", async () => {
      expect(await issues({ kubeconfig: folder.path, env })).to.deep.equal([`${folder.path}: is a folder`]);
    });

    it("nothing at all", async () => {
      expect(await issues({ env })).to.deep.equal(["no cluster: give --kubeconfig FILE, or set KUBECONFIG"]);
    });

    it("a pod without a token", async () => {
      expect(await issues({ env: { ...env, KUBERNETES_SERVICE_HOST: "10.0.0.1" } })).to.deep.equal([
        "the pod's cluster: certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt: there is no such file",
        "the pod's service account: token file: /var/run/secrets/kubernetes.io/serviceaccount/token: there is no such file",
      ]);
    });
  });

  describe("shows who asks", () => {
    let server: Listening;
    let refusals = 0;
    before(async () => {
      server = await listening((request, response) => {
        response
          .writeHead(refusals-- > 0 ? 401 : 200)
          .end(JSON.stringify({ ...request.headers, shown: shownBy(request.socket) }));
      });
    });
    after(() => server.close());
    const seen = async (user: object): Promise<Record<string, string>> => {
      const cluster = { "certificate-authority-data": base64(server.ca) };
      await folder.write("config", kubeconfig(server.url, { user, cluster }));
      const { ask } = await api({ kubeconfig: folder.at("config"), env });
      return (await ask({ method: "GET", path: "/" })).body as Record<string, string>;
    };

    it("by token", async () => {
      expect((await seen({ token: "t1" }))["authorization"]).to.equal("Bearer t1");
    });

    it("to a server that is not to be verified, as the kubeconfig says", async () => {
      await folder.write("config", kubeconfig(server.url, { user: {}, cluster: { "insecure-skip-tls-verify": true } }));
      const { ask } = await api({ kubeconfig: folder.at("config"), env });
      expect((await ask({ method: "GET", path: "/" })).status).to.equal(200);
    });

    it("by a file that holds a token", async () => {
      await folder.write("token", "t2\n");
      expect((await seen({ tokenFile: "token" }))["authorization"]).to.equal("Bearer t2");
    });

    it("by name and password, in another's place", async () => {
      const headers = await seen({ username: "me", password: "pw", as: "you" });
      expect(headers["authorization"]).to.equal(`Basic ${base64("me:pw")}`);
      expect(headers["impersonate-user"]).to.equal("you");
    });

    it("by an exec plugin beside the kubeconfig, run again when its token was refused", async () => {
      const status = (token: string): string =>
        JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token } });
      await folder.write("count", "");
      await folder.write(
        "plugin",
        `#!/bin/sh\necho x >> ${folder.at("count")}\necho '${status("N")}' | sed "s/N/n$(wc -l < ${folder.at("count")} | tr -d ' ')/"\n`,
      );
      await chmod(folder.at("plugin"), 0o755);
      refusals = 1;
      const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./plugin" };
      expect((await seen({ exec }))["authorization"]).to.equal("Bearer n2");
    });

    it("or says why there are no credentials", async () => {
      const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./none", installHint: "see example.com" };
      const error: unknown = await seen({ exec }).catch((thrown: unknown) => thrown);
      expect(String(error)).to.contain(`user "one": no credentials: `).and.to.contain("ENOENT; see example.com");
    });

    it("by the pod's token, read again when it was refused", async () => {
      await folder.write("token", "first\n");
      await folder.write("ca.crt", server.ca);
      const [host = "", port = ""] = server.url.slice("https://".length).split(":");
      const pod = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
      const { ask } = await api({ env: pod, serviceAccountDir: folder.path });
      const token = async (): Promise<string | undefined> =>
        ((await ask({ method: "GET", path: "/" })).body as Record<string, string>)["authorization"];
      expect(await token()).to.equal("Bearer first");
      await folder.write("token", "second");
      expect(await token()).to.equal("Bearer first");
      refusals = 1;
      expect(await token()).to.equal("Bearer second");
    });

    describe("in a process of its own", () => {
      const program = fileURLToPath(new URL("in-pod-program.ts", import.meta.url));
      interface Loaded {
        readonly body: Json;
        readonly packages: readonly string[];
        readonly fetches: boolean;
      }
      const run = async (...argv: readonly string[]): Promise<Loaded> => {
        const [host = "", port = ""] = server.url.slice("https://".length).split(":");
        const pod = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
        const { stdout } = await promisify(execFile)(process.execPath, [program, ...argv], { env: pod });
        return JSON.parse(stdout) as Loaded;
      };

      it("by a pod's token, with nothing loaded that reads kubeconfigs, nor what fetch needs", async () => {
        await folder.write("token", "of a pod");
        await folder.write("ca.crt", server.ca);
        const { body, packages, fetches } = await run(folder.path);
        expect(body).to.include({ authorization: "Bearer of a pod" });
        expect(packages).to.not.include("@kubernetes/client-node").and.not.include("yaml");
        expect(fetches).to.equal(false);
      });

      it("by a kubeconfig, with it loaded", async () => {
        const cluster = { "certificate-authority-data": base64(server.ca) };
        await folder.write("config", kubeconfig(server.url, { user: { token: "t1" }, cluster }));
        const { body, packages } = await run(folder.path, folder.at("config"));
        expect(body).to.include({ authorization: "Bearer t1" });
        expect(packages).to.include.members(["@kubernetes/client-node", "yaml"]);
      });
    });

    it("by nothing, to the right server, in a context without a user", async () => {
      const cluster = { server: server.url, "certificate-authority-data": base64(server.ca) };
      const text = { "current-context": "x", contexts: [{ name: "x", context: { cluster: "y" } }] };
      await folder.write("config", JSON.stringify({ ...text, clusters: [{ name: "y", cluster }] }));
      const { ask } = await api({ kubeconfig: folder.at("config"), env });
      const { body } = await ask({ method: "GET", path: "/" });
      expect(body)
        .to.include({ host: server.url.slice("https://".length) })
        .and.not.have.property("authorization");
    });

    it("by data rather than files, as kubectl", async () => {
      const cluster = { "certificate-authority-data": base64(server.ca), "certificate-authority": "none" };
      await folder.write("config", kubeconfig(server.url, { cluster }));
      const { ask } = await api({ kubeconfig: folder.at("config"), env });
      expect((await ask({ method: "GET", path: "/" })).status).to.equal(200);
    });

    it("by a client certificate", async () => {
      const { certificate: cert, key } = await serverPair();
      const headers = await seen({ "client-certificate-data": base64(cert), "client-key-data": base64(key) });
      expect(headers["shown"]).to.equal(new X509Certificate(cert).fingerprint256);
    });
  });
});
