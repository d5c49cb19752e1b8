import { expect } from "chai";
import type { WireRow } from "../../../src/core/debug/wire.ts";
import { wireJson, wireText } from "../../../src/core/debug/wire-text.ts";

const row = (given: Partial<WireRow>): WireRow => ({
  peer: "10.99.0.2",
  port: 4143,
  direction: "inbound",
  connections: 1,
  bytes: 1000,
  tlsBytes: 1000,
  secured: "mesh",
  names: [],
  ...given,
});

const backend = "backend.shop.serviceaccount.identity.weft.cluster.local";

describe("what was on the wire", () => {
  it("is a table", () => {
    const rows = [
      row({ bytes: 18_211, tlsBytes: 18_211, names: [backend] }),
      row({ peer: "10.99.0.4", port: 8080, bytes: 412, tlsBytes: 0, secured: "plaintext" }),
      row({ peer: "10.99.0.5", port: 5432, direction: "outbound", tlsBytes: 0, secured: "plaintext" }),
      row({ peer: "10.99.0.6", direction: "outbound", bytes: 2_500_000, tlsBytes: 2_500_000 }),
      row({ peer: "192.0.2.1", port: 443, bytes: 3e9, tlsBytes: 3e9, secured: "tls", names: ["example.org"] }),
      row({ peer: "10.99.0.7", port: 5432, bytes: 3000, tlsBytes: 2999, secured: "partly" }),
      row({ peer: "10.99.0.8", secured: "handshake", names: [backend, "cart.shop.serviceaccount.identity.weft.a.b"] }),
    ];
    expect(wireText(rows)).to.equal(
      [
        "PEER        PORT   BYTES    TLS    SECURED",
        "10.99.0.2   4143   18.2kB   100%   √  to backend.shop",
        "10.99.0.4   8080   0.4kB    0%     plaintext",
        "10.99.0.5   5432   1.0kB    0%     plaintext  dialled by this pod",
        "10.99.0.6   4143   2.5MB    100%   √  dialled by this pod",
        "192.0.2.1   443    3.0GB    100%   TLS, not of a proxy  to example.org",
        "10.99.0.7   5432   3.0kB    99%    partly plaintext",
        "10.99.0.8   4143   1.0kB    100%   handshake only  to backend.shop, cart.shop",
        "",
      ].join("\n"),
    );
  });

  it("never calls nothing what is little", () => {
    expect(wireText([row({ bytes: 1e6, tlsBytes: 1, secured: "partly" })])).to.include("1%");
  });

  it("shows what a caller wrote as its name with nothing that breaks the line", () => {
    const text = wireText([row({ secured: "tls", names: ["a\n√ \u001b[2J"] })]);
    expect(text.split("\n")).to.have.length(3);
    expect(text).to.include(String.raw`to a\n√ \u001b[2J`);
  });

  it("is JSON of this shape", () => {
    expect(wireJson([row({ names: [backend] })])).to.deep.equal([
      {
        peer: "10.99.0.2",
        port: 4143,
        direction: "inbound",
        connections: 1,
        bytes: 1000,
        tls_bytes: 1000,
        secured: "mesh",
        names: [backend],
      },
    ]);
  });
});
