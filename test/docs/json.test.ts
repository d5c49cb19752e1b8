/** What the pages say of `-o json`: the keys that they name are those that come out, and no others. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { isList, isObject } from "../../src/core/base/json/json.ts";
import { wireJson } from "../../src/core/debug/wire-text.ts";
import { edgesOf } from "../../src/core/traffic/edges.ts";
import { edgesJson } from "../../src/core/traffic/edges-text.ts";
import { statOf } from "../../src/core/traffic/stat.ts";
import { statJson } from "../../src/core/traffic/stat-text.ts";
import { tapEvent } from "../../src/core/traffic/tap/event.ts";
import { tapJson } from "../../src/core/traffic/tap/json.ts";
import { eventsIn } from "../core/traffic/tap/recorded.ts";
import { reading, shopPods } from "../support/recorded-traffic.ts";

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), "utf8");

/** Rows of the first table behind a text: its first cells. */
function firstCells(text: string, behind: string): readonly string[] {
  const [, rest = ""] = text.split(behind);
  const [, table = ""] = /((?:^\|.*\n)+)/m.exec(rest) ?? [];
  return table
    .split("\n")
    .slice(2)
    .map((row) => row.split("|")[1] ?? "")
    .filter((cell) => cell.trim() !== "");
}

const words = (text: string): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
const keysOf = (objects: readonly JsonObject[]): readonly string[] => [...new Set(objects.flatMap(Object.keys))];

describe("docs: the shape of -o json", () => {
  const busy = ["backend", "frontend"].map((name) => reading(name, `metrics-${name}-deny.txt`));
  it("of weft edges", () => {
    const readings = [...busy, reading("backend", "metrics-backend.txt")];
    const edges = edgesJson(edgesOf({ pods: shopPods, readings }).edges);
    expect(edges.some(({ refused }) => refused === true)).to.equal(true);
    const named = firstCells(page("seeing"), "`weft edges -o json` is a list").flatMap(words);
    expect(keysOf(edges)).to.have.members(named);
  });

  it("of weft stat", () => {
    const readings = [reading("backend", "metrics-backend.txt", "metrics-backend-idle.txt")];
    const rows = statJson(statOf({ pods: shopPods, readings }, { kind: "inbound" }).rows);
    const named = firstCells(page("seeing"), "`weft stat -o json` is a list").flatMap(words);
    expect(keysOf(rows)).to.have.members(named);
    expect(rows.some(({ rps }) => rps === null) && rows.some(({ rps }) => rps !== null)).to.equal(true);
  });

  it("of weft debug --wire", () => {
    const row = { port: 1, bytes: 1, tlsBytes: 1, connections: 1, names: [], peer: "a", direction: "inbound" } as const;
    const [shown] = wireJson([{ ...row, secured: "mesh" }]) as readonly JsonObject[];
    const [, said = ""] = /^- `-o json` gives a list of (.*)\.$/m.exec(page("debug")) ?? [];
    expect(Object.keys(shown ?? {})).to.have.members(words(said.replaceAll(/\([^)]*\)/g, "")));
  });

  it("of weft tap", () => {
    const reset = { response_end: { eos: { reset_error_code: 8 } } };
    const events = [
      ...["http1", "grpc", "http1-headers"].flatMap((name) =>
        ["frontend", "backend"].flatMap((pod) => eventsIn(name, pod)),
      ),
      ...[tapEvent({ namespace: "shop", name: "backend" }, { http: reset })].filter((event) => event !== undefined),
    ];
    const named = new Set(firstCells(page("tap"), "It has the keys of Linkerd's").flatMap(words));
    const seen = new Set(events.flatMap((event) => [...placesIn(tapJson(event, false))]));
    // The values of an enumeration stand beside their key.
    const keys = [...named].filter((word) => !/^[A-Z]+$/.test(word)).map((word) => word.split(".")[0] ?? "");
    for (const key of keys)
      expect(
        [...seen].some((place) => place.split(".").includes(key)),
        key,
      ).to.equal(true);
    for (const place of seen)
      expect(
        place.split(".").every((word) => keys.includes(word) || within.has(word) || named.has(place)),
        place,
      ).to.equal(true);
  });
});

/** Of what is in these keys the page says what it is. */
const within = new Set(["namespace", "name", "base", "stream", "seconds", "nanos", "valueStr", "valueBin"]);

/** `a.b` of all members but those of labels, which are the proxy's. */
function* placesIn(value: Json, at = ""): Generator<string> {
  if (isList(value)) for (const each of value) yield* placesIn(each, at);
  if (!isObject(value)) return;
  for (const [key, each] of Object.entries(value)) {
    const place = at === "" ? key : `${at}.${key}`;
    yield place;
    if (key !== "metadata" && key !== "routeMeta") yield* placesIn(each ?? null, place);
  }
}
