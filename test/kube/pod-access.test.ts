/** What a pod shows and trusts, as the kubelet replaces its files. */
import { expect } from "chai";
import { accessIssues } from "../../src/kube/access-issues.ts";
import type { Access } from "../../src/kube/access.ts";
import { filesOfPod, podAccess } from "../../src/kube/pod-access.ts";
import { newFolder } from "../support/folder.ts";
import type { Folder } from "../support/folder.ts";

describe("access of a pod", () => {
  let folder: Folder;
  let now = 0;
  beforeEach(async () => {
    folder = await newFolder();
    now = 0;
  });
  afterEach(() => folder.destroy());

  const opened = async (files: Readonly<Record<string, string>>): Promise<Access> => {
    await folder.mount(files);
    return podAccess(filesOfPod({ KUBERNETES_SERVICE_HOST: "10.0.0.1" }, folder.path), () => now);
  };

  const addresses: readonly [claim: string, env: Record<string, string>, server: string][] = [
    ["IPv4", { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "6443" }, "https://10.96.0.1:6443"],
    [
      "IPv6, in brackets",
      { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" },
      "https://[fd00::1]:443",
    ],
    ["a name", { KUBERNETES_SERVICE_HOST: "api.example", KUBERNETES_SERVICE_PORT: "443" }, "https://api.example:443"],
    ["no port, so 443", { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "" }, "https://10.96.0.1:443"],
  ];
  for (const [claim, env, server] of addresses) {
    it(`asks at ${claim}`, () => {
      expect(podAccess(filesOfPod(env, "/nowhere"), () => now).server).to.equal(server);
    });
  }

  it("cannot be with a host that makes no URL", () => {
    const reached = { ...filesOfPod({ KUBERNETES_SERVICE_HOST: "a b" }, "/nowhere") };
    expect(accessIssues(reached, now)[0]).to.deep.equal({
      at: "the pod's cluster: server",
      message: '"https://a b:443" is not an https URL',
    });
  });

  const first = { token: "t1\n", "ca.crt": "ca1" };
  const second = { token: "t2\n", "ca.crt": "ca2" };
  const rows: readonly [claim: string, later: number, files: Record<string, string>, token: string, ca: string][] = [
    ["a new token after a minute, not before", 59_999, second, "t1", "ca2"],
    ["a new token after a minute", 60_000, second, "t2", "ca2"],
    ["a new CA within a second, not at each request", 999, second, "t1", "ca1"],
    ["a new CA after a second", 1000, second, "t1", "ca2"],
    ["an empty file as it was before", 60_000, { token: "\n", "ca.crt": "" }, "t1", "ca1"],
  ];
  for (const [claim, later, files, token, ca] of rows) {
    it(`takes ${claim}`, async () => {
      const access = await opened(first);
      await access.credentials();
      await folder.mount(files);
      now = later;
      expect(await access.credentials()).to.deep.equal({ headers: { authorization: `Bearer ${token}` }, tls: { ca } });
    });
  }

  it("reads the token again when it was refused", async () => {
    const access = await opened(first);
    await access.credentials();
    await folder.mount(second);
    access.renew();
    expect((await access.credentials()).headers).to.deep.equal({ authorization: "Bearer t2" });
  });

  it("keeps what it had when the files have gone", async () => {
    const access = await opened(first);
    await access.credentials();
    await folder.remove("token");
    await folder.remove("ca.crt");
    now = 60_000;
    access.renew();
    expect((await access.credentials()).headers).to.deep.equal({ authorization: "Bearer t1" });
  });

  it("says which file was never there", async () => {
    const access = await opened({ "ca.crt": "ca1" });
    const error: unknown = await access.credentials().catch((thrown: unknown) => thrown);
    expect(String(error)).to.equal(
      `Error: the pod's service account: token file: ${folder.at("token")}: there is no such file`,
    );
  });

  it("gives the same TLS options, hence connections, until the CA is another one", async () => {
    const access = await opened(first);
    const { tls } = await access.credentials();
    await folder.mount({ ...first, token: "t2" });
    now = 60_000;
    expect((await access.credentials()).tls).to.equal(tls);
    await folder.mount(second);
    now = 120_000;
    expect((await access.credentials()).tls).to.not.equal(tls);
  });
});
