/**
 * What `weft wrap` makes, with linkerd 1.x itself: `LINKERD1=/path/to/launcher npm run e2e:linkerd1`. Two sidecars on this
 * machine's loopback, whose ports are told apart by flags; their certificates are files, as kubelet would write them.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { request as httpsRequest } from "node:https";
import { expect } from "chai";
import type { PemPair } from "../../../src/certificates/x509/pem.ts";
import { makeRoot } from "../../../src/certificates/x509/root.ts";
import { readRoot, signed } from "../../../src/certificates/wrap/root.ts";
import type { Choices } from "../../../src/core/wrap/choices.ts";
import { configurationText } from "../../../src/core/wrap/configuration.ts";
import { converted } from "../../../src/core/wrap/convert.ts";
import { files, folders } from "../../../src/core/wrap/names.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { choices, golden } from "../../support/wrap.ts";
import { asked, startApi, startApplication, startWire } from "./around.ts";
import type { Wire } from "./around.ts";
import { launcher, startLinkerd } from "./program.ts";
import type { Linkerd } from "./program.ts";

const port = { app: 18_080, api: 18_001, wire: 18_140, plain: 18_141 };
const server = { outgoing: 14_141, incoming: 14_140, admin: 19_990, api: port.api };
const client = { outgoing: 15_141, incoming: 15_140, admin: 19_991, api: port.api };

const describeWithLinkerd = launcher === "" ? describe.skip : describe;

describeWithLinkerd("weft wrap with linkerd 1.x", function suite() {
  this.timeout(600_000);
  let folder: Folder;
  let root: PemPair;
  let other: PemPair;
  let wire: Wire;
  let plain: Wire;
  const around: { readonly stop: () => void }[] = [];
  const running: Linkerd[] = [];

  before(async () => {
    folder = await newFolder();
    const now = Date.now();
    const validity = { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + 86_400_000) };
    [root, other] = (await Promise.all(["one", "two"].map((commonName) => makeRoot({ commonName, validity })))) as [
      PemPair,
      PemPair,
    ];
    wire = await startWire(port.wire, server.incoming);
    plain = await startWire(port.plain, undefined);
    around.push(
      wire,
      plain,
      await startApplication(port.app, "secret-word"),
      await startApi(port.api, { backend: port.wire }),
    );
  });
  afterEach(() => Promise.all(running.splice(0).map((each) => each.stop())));
  after(async () => {
    for (const each of around) each.stop();
    await folder.destroy();
  });

  /** Writes what a Secret has, for one of the two. */
  async function give(
    who: "server" | "client",
    name: string,
    signer: PemPair,
    ...roots: readonly PemPair[]
  ): Promise<void> {
    const read = readRoot({ name: "", text: signer.certificate }, new Date());
    if ("issues" in read) throw new Error("the root is good");
    const isClient = who === "client" && name.startsWith("client.");
    const needed = { name, namespace: "prod", identity: name, commonName: name, isClient };
    const end = new Date(Date.now() + 3_600_000);
    const made = await signed(needed, read.value, signer.key, { now: new Date(), end });
    await folder.replace(`${who}-${files.certificate}`, made.certificate);
    await folder.replace(`${who}-${files.key}`, made.key);
    await folder.replace(`${who}-${files.roots}`, roots.map(({ certificate }) => certificate).join(""));
  }

  /** Its files are here, and connections live for less than a second, so that each change is soon seen. */
  const placed = (text: string, who: string): string =>
    text.replaceAll(`${folders.certs}/`, folder.at(`${who}-`)).replace("lifeTimeMs: 3600000", "lifeTimeMs: 400");

  async function start(given: Partial<Choices>): Promise<void> {
    const configured = { namespace: "prod", namespaces: ["prod"] };
    const text = (appPort: number | undefined, ports: Choices["ports"], who: string): string =>
      placed(configurationText({ ...configured, appPort }, choices({ ...given, ports })), who);
    running.push(
      ...(await Promise.all([
        startLinkerd(folder, "server", text(port.app, server, "server"), server.incoming),
        startLinkerd(folder, "client", text(undefined, client, "client"), client.outgoing),
      ])),
    );
  }

  /** A Java program is slow at first: no request counts before one was answered. */
  const warm = async (): Promise<void> => {
    for (let left = 100; left > 0 && (await statusFor("backend")) !== 200; left -= 1) await pause(200);
  };

  const statusFor = async (host: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
    (await asked(client.outgoing, { host, ...headers }, "/secret-path")).status;
  /** Longer than a connection lives. */
  const settled = (): Promise<void> => pause(1_000);

  const isClosedToPlainText = async (): Promise<boolean> => {
    const socket = connect({ host: "127.0.0.1", port: server.incoming });
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nHost: backend\r\n\r\n");
    await once(socket, "close");
    return !answer.includes("HTTP/1.1 200");
  };

  /** A call of somebody's who has no linkerd: 0 where the handshake fails. */
  const direct = (
    pair: { readonly cert?: string; readonly key?: string },
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly body: string }> =>
    new Promise((resolve) => {
      const sent = httpsRequest(
        {
          host: "127.0.0.1",
          port: server.incoming,
          path: "/admin/ping",
          rejectUnauthorized: false,
          agent: false,
          headers,
          ...pair,
        },
        (answer) => {
          let body = "";
          answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
          answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
        },
      );
      sent.on("error", () => resolve({ status: 0, body: "" }));
      sent.end();
    });

  const modes: readonly [mode: Choices["validation"], name: string, expected: Readonly<Record<string, number>>][] = [
    ["service", "backend", { own: 200, another: 502, "other root": 502, "no certificate": 0 }],
    ["site", "linkerd", { own: 200, another: 502, "other root": 502, "no certificate": 0 }],
    ["none", "backend", { own: 200, another: 200, "other root": 200, "no certificate": 200 }],
  ];
  for (const [validation, name, expected] of modes) {
    it(`mode ${validation}: ${JSON.stringify(expected)}`, async () => {
      await give("server", name, root, root);
      await give("client", validation === "site" ? name : "client.front", root, root);
      await start({ validation });
      await warm();
      const found: Record<string, number> = { own: await statusFor("backend") };
      await give("server", "another", root, root);
      await settled();
      found["another"] = await statusFor("backend");
      await give("server", name, other, root);
      await settled();
      found["other root"] = await statusFor("backend");
      found["no certificate"] = (await direct({})).status;
      expect(found).to.deep.equal(expected);
      expect(await isClosedToPlainText()).to.equal(true);
      expect(wire.bytes()).to.not.include("secret-path");
    });
  }

  it("names of a Service are routed, others are not; l5d-dtab leads nowhere; nothing is sent in plain text", async () => {
    await give("server", "backend", root, root);
    await give("client", "client.front", root, root);
    await start({});
    await warm();
    const names = [
      "backend",
      "backend:8080",
      "backend.prod",
      "backend.prod.svc",
      "backend.prod.svc.cluster.local:80",
      "BACKEND",
    ];
    const none = ["backend.other", "prod.backend", "backend.prod.svc.other"];
    const statuses = async (hosts: readonly string[]): Promise<readonly number[]> => {
      const all: number[] = [];
      for (const host of hosts) all.push(await statusFor(host));
      return all;
    };
    expect(await statuses(names)).to.deep.equal(names.map(() => 200));
    expect(await statuses(none)).to.deep.equal(none.map(() => 502));
    const pair = { cert: await folderText("client", files.certificate), key: await folderText("client", files.key) };
    const dtab = { "l5d-dtab": `/svc => /$/inet/127.0.0.1/${server.admin} ;`, host: "backend" };
    expect(await direct(pair, dtab)).to.deep.equal({ status: 200, body: "secret-word /admin/ping" });
    const away = { "l5d-dtab": `/svc => /$/inet/127.0.0.1/${port.plain} ;` };
    await Promise.race([statusFor("backend", away), pause(15_000)]);
    expect(plain.connections()).to.be.greaterThan(0);
    expect(plain.bytes()).to.not.include("HTTP/1.1");
  });

  const folderText = async (who: string, file: string): Promise<string> =>
    (await import("node:fs/promises")).readFile(folder.at(`${who}-${file}`), "utf8");

  it("certificates are renewed and the root is changed under requests, of which none fails", async () => {
    await give("server", "backend", root, root);
    await give("client", "client.front", root, root);
    await start({});
    await warm();
    const steps: readonly (readonly [what: string, run: () => Promise<void>])[] = [
      ["renewed", () => give("server", "backend", root, root)],
      [
        "both roots",
        async () => {
          await give("server", "backend", root, root, other);
          await give("client", "client.front", root, root, other);
        },
      ],
      ["server's leaf", () => give("server", "backend", other, other, root)],
      ["client's leaf", () => give("client", "client.front", other, other, root)],
      ["server's root", () => give("server", "backend", other, other)],
      ["client's root", () => give("client", "client.front", other, other)],
    ];
    const found: (readonly [what: string, answered: number, handshakes: boolean])[] = [];
    for (const [what, run] of steps) {
      await run();
      await settled();
      const before = wire.connections();
      let answered = 0;
      for (let left = 10; left > 0; left -= 1) {
        if ((await statusFor("backend")) === 200) answered += 1;
        await pause(100);
      }
      found.push([what, answered, wire.connections() > before]);
    }
    expect(found).to.deep.equal(steps.map(([what]) => [what, 10, true]));
    await give("client", "client.front", root, root);
    await settled();
    expect(await statusFor("backend"), "who trusts the old root alone").to.equal(502);
  });

  it("the converted form of 2016 validates as it did", async () => {
    const result = converted(golden("old-0.1.yaml"), "old.yaml");
    if ("issues" in result) throw new Error("it is converted");
    const text = (who: string, ports: Choices["ports"]): string =>
      placed(result.value.text, who)
        .replace("port: 4141", `port: ${ports.outgoing}`)
        .replace("port: 4140", `port: ${ports.incoming}`)
        .replaceAll("8080", String(port.app))
        .replace("port: 8001", `port: ${port.api}`)
        .concat(`admin:\n  ip: 127.0.0.1\n  port: ${ports.admin}\nusage:\n  enabled: false\n`);
    await give("server", "backend", other, root);
    await give("client", "client.front", root, root);
    running.push(
      ...(await Promise.all([
        startLinkerd(folder, "server", text("server", server), server.incoming),
        startLinkerd(folder, "client", text("client", client), client.outgoing),
      ])),
    );
    const statuses = [await statusFor("backend")];
    await give("server", "another", root, root);
    statuses.push(await statusFor("backend"));
    await give("server", "backend", root, root);
    statuses.push(await statusFor("backend"));
    expect(statuses).to.deep.equal([502, 502, 200]);
  });
});
