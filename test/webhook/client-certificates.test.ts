import { expect } from "chai";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { testMesh } from "../support/certificates.ts";
import type { TestMesh } from "../support/certificates.ts";
import { answerOn, connected, echo, post, serving } from "../support/serving.ts";
import type { Serving } from "../support/serving.ts";

describe("API servers that show a certificate", () => {
  let mine: TestMesh;
  let others: TestMesh;
  before(async () => {
    [mine, others] = await Promise.all([testMesh(), testMesh()]);
  });
  let on: Serving | undefined;
  afterEach(async () => {
    await on?.stop();
    on = undefined;
  });

  // One connection that is neither certified nor asks for anything, of an address: another has to give way.
  const bounds = { open: 1, openOfOne: 1, reserved: 0, perSecond: 1000, waiting: 10 };
  const start = async (required: boolean, names: readonly string[] = []): Promise<Serving> =>
    (on = await serving(echo, { connections: bounds }, { authority: mine.anchor.certificate, required, names }));
  const certificate = async (of: TestMesh, name = "api-server"): Promise<ConnectionOptions> => {
    const { chain, key } = await of.leaf(name);
    return { cert: chain, key };
  };
  /** "answered", or "closed" before that. */
  const asked = async (serves: Serving, options: ConnectionOptions): Promise<string> => {
    try {
      const socket = await connected(serves, options);
      const answer = answerOn(socket);
      socket.write(post("{}"));
      const text = await answer.catch(() => "");
      socket.destroy();
      return text.startsWith("HTTP/1.1 200 ") ? "answered" : "closed";
    } catch {
      return "closed";
    }
  };
  // A client has its answer before the server knows that it went out.
  const quiet = async ({ server }: Serving): Promise<void> => {
    while (server.inFlight() > 0) await turn();
  };
  /** Whether a connection outlives the one after it. */
  const isExempt = async (serves: Serving, options: ConnectionOptions): Promise<boolean> => {
    await quiet(serves);
    const first = await connected(serves, options);
    let closed = false;
    first.once("close", () => (closed = true)).resume();
    first.on("error", () => undefined);
    // A client has its handshake done before the server has.
    first.write(post("{}"));
    await answerOn(first);
    await quiet(serves);
    const second = await connected(serves);
    second.write(post("{}"));
    await answerOn(second);
    if (!closed) first.write(post("{}"));
    const answered = closed ? "" : await answerOn(first).catch(() => "");
    first.destroy();
    second.destroy();
    return answered !== "";
  };

  const rows: readonly [
    claim: string,
    who: "mine" | "others" | "nobody",
    required: boolean,
    names: readonly string[],
    outcome: string,
  ][] = [
    ["of the CA are outside of the bounds by address", "mine", false, [], "exempt"],
    ["are so too where it is required", "mine", true, [], "exempt"],
    ["with a name that counts", "mine", true, ["other", "api-server"], "exempt"],
    ["with a name that does not count are like others", "mine", false, ["other"], "bounded"],
    ["and are sent away where it is required", "mine", true, ["other"], "closed"],
    ["of another CA are like others", "others", false, [], "bounded"],
    ["and are sent away where it is required", "others", true, [], "closed"],
    ["and those without one are answered", "nobody", false, [], "bounded"],
    ["unless it is required", "nobody", true, [], "closed"],
  ];
  for (const [claim, who, required, names, outcome] of rows) {
    it(`${claim} (${who}, ${required ? "required" : "asked"})`, async () => {
      const serves = await start(required, names);
      const options = who === "nobody" ? {} : await certificate(who === "mine" ? mine : others);
      expect(await asked(serves, options)).to.equal(outcome === "closed" ? "closed" : "answered");
      if (!required) expect(await isExempt(serves, options)).to.equal(outcome === "exempt");
    });
  }

  it("resuming a session without a certificate proves nothing", async () => {
    const serves = await start(false);
    const first = await connected(serves);
    const session = once(first, "session");
    first.write(post("{}"));
    await answerOn(first);
    const [ticket] = (await session) as [Buffer];
    first.destroy();
    expect(await isExempt(serves, { session: ticket })).to.equal(false);
  });

  it("a new CA counts from the next handshake on, and the certificate that is served stays", async () => {
    const serves = await start(false);
    const old = await certificate(mine);
    serves.server.useClientAuthority(others.anchor.certificate);
    expect(await isExempt(serves, old)).to.equal(false);
    const young = await certificate(others);
    expect(await isExempt(serves, young)).to.equal(true);
    serves.server.usePair(serves.pair);
    expect(await isExempt(serves, young)).to.equal(true);
  });
});
