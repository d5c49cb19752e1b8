import { expect } from "chai";
import { property, record, array, constantFrom, nat, string, assert, option } from "fast-check";
import { edgesOf } from "../../../src/core/traffic/edges.ts";
import type { Edge } from "../../../src/core/traffic/edges.ts";
import {
  edgesBetween,
  edgesHints,
  edgesJson,
  edgesTable,
  securedText,
  tableEdges,
} from "../../../src/core/traffic/edges-text.ts";
import { readPage } from "../../../src/core/traffic/page.ts";
import { trafficPod } from "../../../src/core/traffic/pods.ts";
import type { TrafficPod } from "../../../src/core/traffic/pods.ts";
import { podObject, reading, recorded, shopPods } from "../../support/recorded-traffic.ts";

const shop = { pods: shopPods, readings: ["frontend", "backend"].map((name) => reading(name, `metrics-${name}.txt`)) };

const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`)}"`)
    .join(",");

const line = (family: string, labels: Readonly<Record<string, string>>, value: number): string =>
  `${family}{${labelsText(labels)}} ${value}\n`;

const web = trafficPod(podObject("web", { ip: "10.0.0.1" }));
const api = trafficPod(podObject("api", { ip: "10.0.0.2" }));

const toApi = { direction: "outbound", peer: "dst", dst_namespace: "shop", dst_pod: "api", target_port: "80" };
const atApi = { direction: "inbound", peer: "src", target_port: "80" };
const secured = { tls: "true", server_id: "api.shop.serviceaccount.identity.linkerd.cluster.local" };
const plain = { tls: "no_identity", no_tls_reason: "not_provided_by_service_discovery" };
const fromNobody = { tls: "no_identity", no_tls_reason: "no_tls_from_remote" };

const edgesFrom = (pod: TrafficPod, text: string, pods: readonly TrafficPod[] = [web, api], before?: string) =>
  edgesOf({
    pods,
    readings: [{ pod, page: readPage(text), before: before === undefined ? undefined : readPage(before) }],
  });

const shown = (edges: readonly Edge[]): readonly string[] =>
  edges.map((edge) => `${edge.src.name} → ${edge.dst.name}: ${securedText(edge)}`);

describe("edges", () => {
  describe("of recorded pages", () => {
    const { edges } = edgesOf(shop);

    it("make the table", () => {
      expect(edgesTable(edges, false, undefined)).to.equal(recorded("expected-edges.txt"));
    });

    it("make the wide table", () => {
      expect(edgesTable(edges, true, undefined)).to.equal(recorded("expected-edges-wide.txt"));
    });

    it("make the JSON", () => {
      const expected = JSON.parse(recorded("expected-edges.json")) as readonly object[];
      const json = edgesJson(edges);
      expect(json).to.have.length(expected.length);
      for (const [index, each] of expected.entries()) expect(json[index]).to.deep.include(each);
      expect(json.map(({ src_kind: src, dst_kind: dst, open }) => [src, dst, open])).to.deep.equal([
        ["", "deployment", 2],
        ["deployment", "deployment", 6],
        ["deployment", "deployment", 1],
      ]);
    });

    it("are bold and green where they are secured, and nowhere else", () => {
      const lines = edgesTable(edges, false, "<").split("\n");
      expect(lines.map((text) => text.includes("<"))).to.deep.equal([false, false, true, false, false]);
      expect(lines[2]).to.match(/shop {5}<1m<32m√<39m<22m$/);
    });

    it("say in the wide table what policy refused", () => {
      const denied = edgesOf({ pods: shopPods, readings: [reading("backend", "metrics-backend-deny.txt")] });
      const refused = denied.edges.filter((edge) => edge.refused);
      expect(shown(refused)).to.deep.equal(["(not meshed) → backend: No TLS From Remote (refused)"]);
      expect(refused.map(({ total }) => total)).to.deep.equal([2]);
      expect(tableEdges(denied.edges).some((edge) => edge.refused)).to.equal(false);
      expect(edgesJson(refused)[0]).to.include({ refused: true });
    });

    it("of pods are between pods", () => {
      const pods = edgesOf(shop, "pod").edges;
      expect([...new Set(pods.flatMap(({ src, dst }) => [src.kind, dst.kind]))]).to.deep.equal(["", "pod"]);
    });

    it("hint at what each reason means, once", () => {
      const hints = edgesHints(edges, edgesOf(shop));
      expect(hints.map((text) => text.split(":")[0])).to.deep.equal([
        "No TLS From Remote",
        "Port Skipped",
        "Not Provided By Service Discovery",
      ]);
    });
  });

  describe("rows", () => {
    const rows: [claim: string, at: "web" | "api", page: string, expected: string[]][] = [
      [
        "one of two endpoints is not secured",
        "web",
        line("tcp_open_total", { ...toApi, ...secured }, 3) + line("tcp_open_total", { ...toApi, ...plain }, 2),
        ["web → api: 3/5, Not Provided By Service Discovery"],
      ],
      ["a word that nobody knows", "web", line("tcp_open_total", { ...toApi, tls: "maybe" }, 1), ["web → api: maybe"]],
      [
        "a reason that nobody knows",
        "web",
        line("tcp_open_total", { ...toApi, tls: "x", no_tls_reason: "y" }, 1),
        ["web → api: y"],
      ],
      ["no label at all", "web", line("tcp_open_total", toApi, 1), ["web → api: no_tls_label"]],
      ["a handshake that never came about", "web", line("tcp_open_total", { ...toApi, ...secured }, 0), []],
      [
        "what the application says to its proxy",
        "web",
        line("tcp_open_total", { ...toApi, peer: "src", tls: "no_identity", no_tls_reason: "loopback" }, 1),
        [],
      ],
      [
        "what a pod says to itself",
        "web",
        line("tcp_open_total", { ...toApi, tls: "no_identity", no_tls_reason: "loopback" }, 1),
        [],
      ],
      [
        "a target by its address",
        "web",
        line("tcp_open_total", { direction: "outbound", peer: "dst", target_ip: "10.0.0.2", ...plain }, 1),
        ["web → api: Not Provided By Service Discovery"],
      ],
      [
        "plain requests, but for probes and the admin port",
        "api",
        [
          line("request_total", { direction: "inbound", target_port: "80", ...fromNobody, route_name: "default" }, 1),
          line("request_total", { direction: "inbound", target_port: "81", ...fromNobody, route_name: "probe" }, 5),
          line("request_total", { direction: "inbound", target_port: "4191", ...fromNobody }, 5),
          line("tcp_open_total", { ...atApi, ...fromNobody }, 2),
          line("tcp_open_total", { ...atApi, target_port: "81", ...fromNobody }, 2),
          line("tcp_open_total", { ...atApi, target_port: "4191", ...fromNobody }, 2),
        ].join(""),
        ["(not meshed) → api: No TLS From Remote"],
      ],
      [
        "TLS without a client certificate",
        "api",
        line("tcp_open_total", { ...atApi, tls: "true", client_id: "" }, 1),
        ["(not meshed) → api: No Client Certificate"],
      ],
      [
        "TLS for another name",
        "api",
        line("inbound_tcp_authz_allow_total", { target_port: "80", tls: "opaque", sni: "example.org" }, 1),
        ["(not meshed) → api: TLS For Another Name (example.org)"],
      ],
      [
        "a caller whose proxy was not read, by its account",
        "api",
        line("tcp_open_total", { ...atApi, tls: "true", client_id: "web.shop.serviceaccount.identity.x" }, 1) +
          line("tcp_open_total", { ...atApi, tls: "true", client_id: "job.other.serviceaccount.identity.x" }, 1),
        ["job → api: √", "web → api: √"],
      ],
    ];
    for (const [claim, at, page, expected] of rows)
      it(claim, () => {
        expect(shown(edgesFrom(at === "web" ? web : api, page).edges)).to.deep.equal(expected);
      });

    it("leave out what a pod says to itself, and have it aside", () => {
      const toItself = { ...toApi, dst_pod: "web", tls: "no_identity", no_tls_reason: "loopback" };
      const { edges, inside } = edgesFrom(web, line("tcp_open_total", toItself, 2));
      expect([shown(edges), shown(inside)]).to.deep.equal([[], ["web → web: Loopback"]]);
    });

    it("name a thousand peers of a pod, and which pod tells of more; of others all the same", () => {
      const many = Array.from({ length: 3000 }, (_, index) =>
        line("tcp_open_total", { ...toApi, dst_pod: `p${index}`, ...(index % 2 === 0 ? secured : plain) }, index % 3),
      );
      const honest = line("tcp_open_total", { ...toApi, ...secured }, 1);
      const readings = [
        { pod: web, page: readPage(many.join("")) },
        { pod: api, page: readPage(honest) },
      ];
      const found = edgesOf({ pods: [web, api], readings });
      expect(found.edges.length + found.failed.length).to.equal(1001);
      expect(found.crowded.map(({ name }) => name)).to.deep.equal(["web"]);
      expect(shown(found.edges)).to.include("api → api: √");
      expect(edgesHints(found.edges, found)).to.include(
        "pod web in namespace shop tells of more than 1000 peers: the others are left out",
      );
      expect(edgesHints([], found).filter((text) => text.includes("could not be secured"))).to.have.length(21);
    });

    it("quote what is no name, and cut off what is too long for one", () => {
      const fake = { ...toApi, dst_namespace: "a", dst_pod: "api   shop   shop   √\nx", ...plain };
      const long = { ...toApi, dst_namespace: "b", dst_pod: "x".repeat(60_000), ...plain };
      const { edges } = edgesFrom(web, line("tcp_open_total", fake, 1) + line("tcp_open_total", long, 1));
      const rows = edgesTable(edges, true, undefined).split("\n");
      expect(rows[1]).to.match(/^web {3}"api {3}shop {3}shop {3}√\\nx" +shop {5}a /);
      expect(rows[2]).to.match(/^web {3}"x{59}…" +shop {5}b /);
    });

    it("tell eight reasons in the table, and all in JSON", () => {
      const page = Array.from({ length: 20 }, (_, index) => line("tcp_open_total", { ...toApi, tls: `t${index}` }, 1));
      const { edges } = edgesFrom(web, page.join(""));
      expect(shown(edges)[0]).to.match(/; 12 more$/);
      expect(Object.keys(edgesJson(edges)[0]?.["reasons"] ?? {})).to.have.length(20);
    });

    it("of what is outside are in the wide table alone", () => {
      const page = line(
        "tcp_open_total",
        { direction: "outbound", peer: "dst", target_addr: "192.0.2.1:443", ...plain },
        1,
      );
      const { edges } = edgesFrom(web, page);
      expect(edgesTable(edges, false, undefined)).to.equal("");
      expect(edgesTable(edges, true, undefined)).to.contain("192.0.2.1:443   shop     (outside)");
    });

    it("name the kind where there are several, and can be of one kind", () => {
      const page =
        line("tcp_open_total", { ...toApi, dst_statefulset: "api", ...secured }, 1) +
        line("tcp_open_total", { ...toApi, ...secured }, 1);
      const { edges } = edgesFrom(web, page);
      expect(edgesTable(edges, false, undefined)).to.contain("po/web   sts/api   shop");
      expect(shown(edgesBetween(edges, "pod"))).to.deep.equal(["web → api: √"]);
    });

    it("of a window are those of connections that came in it or are open still", () => {
      const before =
        line("tcp_open_total", { ...toApi, ...secured }, 5) + line("tcp_open_total", { ...toApi, ...plain }, 5);
      const page =
        line("tcp_open_total", { ...toApi, ...secured }, 7) +
        line("tcp_open_total", { ...toApi, ...plain }, 5) +
        line("tcp_open_connections", { ...toApi, ...plain }, 1);
      expect(shown(edgesFrom(web, page, [web, api], before).edges)).to.deep.equal([
        "web → api: 2/3, Not Provided By Service Discovery",
      ]);
    });

    it("say what could not be secured", () => {
      const found = edgesFrom(web, line("tcp_open_total", { ...toApi, ...secured }, 0));
      expect(edgesHints(found.edges, found)).to.deep.equal([
        "po/web → po/api in namespace shop could not be secured: no TLS came about with api.shop",
      ]);
    });

    it("hint at a container that runs as the proxy's user where a pod has no edge of its own", () => {
      const past = trafficPod(podObject("past", { user: 2102 }));
      const found = edgesFrom(past, line("request_total", { direction: "inbound" }, 0), [past]);
      expect(edgesHints([], found))
        .to.have.length(1)
        .and.to.satisfy(([text]: string[]) => text?.includes("container app runs"));
      expect(edgesHints([], edgesFrom(web, "", [web]))).to.deep.equal([]);
    });
  });

  const word = constantFrom("true", "no_identity", "opaque", "disabled", "TRUE", "", "yes", "√");
  const samples = array(
    record({
      tls: word,
      why: option(constantFrom("loopback2", "no_tls_from_remote", "true", "√"), { nil: undefined }),
      connections: nat(3),
    }),
    { minLength: 1, maxLength: 5 },
  );

  it("are √ exactly where every sample says so", () => {
    assert(
      property(samples, (all) => {
        const page = all.map(({ tls, why, connections }, index) =>
          line("tcp_open_total", { ...toApi, id: String(index), tls, ...(why && { no_tls_reason: why }) }, connections),
        );
        const counted = all.filter(({ connections }) => connections > 0);
        const [edge] = edgesFrom(web, page.join("")).edges;
        expect(edge === undefined).to.equal(counted.length === 0);
        if (edge === undefined) return;
        expect(securedText(edge) === "√").to.equal(counted.every(({ tls }) => tls === "true"));
        expect(securedText(edge).startsWith("√")).to.equal(securedText(edge) === "√");
      }),
    );
  });

  it("at the server are √ exactly where each caller showed a certificate", () => {
    assert(
      property(array(constantFrom("", "web.shop.serviceaccount.x"), { minLength: 1, maxLength: 4 }), (clients) => {
        const page = clients.map((client, index) =>
          line("tcp_open_total", { ...atApi, id: String(index), tls: "true", client_id: client }, 1),
        );
        const texts = edgesFrom(api, page.join("")).edges.map(securedText);
        expect(texts.every((text) => text === "√")).to.equal(!clients.includes(""));
      }),
    );
  });

  it("never carry a line break of a label, whoever wrote it", () => {
    assert(
      property(string({ unit: "binary" }), string({ unit: "binary" }), (name, why) => {
        const labels = { ...toApi, dst_pod: name, tls: "no_identity", no_tls_reason: why };
        const found = edgesFrom(web, line("tcp_open_total", labels, 1));
        for (const text of [edgesTable(found.edges, true, undefined), edgesHints(found.edges, found).join("")])
          expect(text.split("\n").length).to.be.at.most(3);
      }),
    );
  });
});
