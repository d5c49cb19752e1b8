import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { expect } from "chai";
import { run } from "../../../src/cli/program.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { recorded, shopObjects } from "../../support/recorded-traffic.ts";
import { recordingIo } from "../../support/recording-io.ts";
import type { RecordingIo } from "../../support/recording-io.ts";
import { trafficCluster } from "../../support/traffic-cluster.ts";
import type { TrafficCluster } from "../../support/traffic-cluster.ts";
import { until } from "../../support/until.ts";

describe("weft dashboard", () => {
  let files: Folder;
  let cluster: TrafficCluster;
  beforeEach(async () => {
    files = await newFolder();
    cluster = await trafficCluster(files.path, shopObjects, ({ name }) => recorded(`metrics-${name}.txt`));
  });
  afterEach(async () => {
    await cluster.stop();
    await files.destroy();
  });

  interface Running {
    readonly io: RecordingIo;
    readonly address: URL;
    /** As Ctrl-C; gives the exit code. */
    readonly stop: () => Promise<number>;
  }

  async function started(...words: readonly string[]): Promise<Running> {
    const ending = new AbortController();
    const io = recordingIo({ signal: ending.signal });
    const code = run(["dashboard", "--no-open", ...words, "--kubeconfig", cluster.kubeconfig], io);
    await until(() => io.written.stdout.includes("key="));
    const [, address = ""] = /^ {2}(http:\S+)$/m.exec(io.written.stdout) ?? [];
    return {
      io,
      address: new URL(address),
      stop: () => {
        ending.abort();
        return code;
      },
    };
  }

  const answerOf = async ({ port, searchParams }: URL, path: string): Promise<IncomingMessage> => {
    const cookie = `weft-${port}=${searchParams.get("key") ?? ""}`;
    const asked = request({ host: "127.0.0.1", port, path, headers: { cookie }, agent: false }).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return answer;
  };

  it("serves a page, and the map of what the proxies tell; after Ctrl-C nothing is left open", async () => {
    const { io, address, stop } = await started("-n", "shop", "--port", "0");
    expect(io.written.stdout).to.equal(`The dashboard of namespace shop, until Ctrl-C:\n  ${address.href}\n`);
    expect((await answerOf(address, "/page/main.js")).statusCode).to.equal(200);
    const events = await answerOf(address, "/events");
    events.on("error", () => undefined);
    let text = "";
    events.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    await until(() => text.includes("event: map"));
    const [, map = ""] = /^event: map\ndata: (.*)$/m.exec(text) ?? [];
    expect(JSON.parse(map)).to.have.nested.property("edges.length", 4);
    expect(cluster.forwards.open()).to.equal(2);
    expect(await stop()).to.equal(0);
    expect(io.written.stderr).to.equal("");
    await until(() => cluster.forwards.open() === 0);
  });

  it("a tap whose pod lets nobody says so", async () => {
    const { address, stop } = await started("-A", "--port", "0");
    const tap = await answerOf(address, "/tap?resource=deployment/backend&namespace=shop");
    tap.on("error", () => undefined);
    let text = "";
    tap.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    await until(() => text.includes("event: end"));
    expect(text).to.match(/^event: end\ndata: \{"text":"pod backend: /m);
    expect(await stop()).to.equal(0);
  });

  it("says aloud that it is on another port", async () => {
    const taken: Server = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { io, address, stop } = await started("-A", "--port", String(port));
    expect(io.written.stderr).to.equal(`weft: port ${port} is taken: this is on ${address.port}\n`);
    expect(io.written.stdout).to.match(/^The dashboard of all namespaces, /);
    expect(Number(address.port)).to.be.greaterThan(port);
    await stop();
    taken.close();
  });

  const wrong: readonly [words: readonly string[], message: string][] = [
    [["--port", "x"], '--port: "x" is not a port, expected a number from 0 to 65535'],
    [["--port", "65536"], '--port: "65536" is not a port, expected a number from 0 to 65535'],
    [["-n", "a/b"], '--namespace: "a/b" is not the name of a namespace'],
    [["-n", "shop", "-A"], "--namespace and --all-namespaces: one of them"],
  ];
  for (const [words, message] of wrong)
    it(`${words.join(" ")} is refused`, async () => {
      const io = recordingIo();
      expect(await run(["dashboard", ...words], io)).to.equal(2);
      expect(io.written.stderr).to.equal(`weft: ${message}\n`);
    });
});
