import { Command } from "commander";
import { expect } from "chai";
import { durationOf, tapAsked, withTapFlags } from "../../../src/cli/tap/asked.ts";
import type { TapAsked } from "../../../src/cli/tap/tapping.ts";
import { CommandFailure } from "../../../src/cli/io.ts";
import { resources } from "../../../src/core/kubernetes/kinds.ts";

const asked = (...words: readonly string[]): TapAsked & { readonly lasting: number | undefined } => {
  const command = withTapFlags(new Command("tap")).exitOverride();
  command.parse(words, { from: "user" });
  return { ...tapAsked(command, command.args, "default"), lasting: durationOf(command) };
};

const all = { kind: undefined, name: undefined };
const rows: readonly [words: readonly string[], expected: object][] = [
  [
    ["deploy/web"],
    { namespace: "default", resource: { kind: resources.deployments, name: "web" }, word: "deploy/web" },
  ],
  [["deploy", "web", "-n", "shop"], { namespace: "shop", resource: { kind: resources.deployments, name: "web" } }],
  [["deploy"], { resource: { kind: resources.deployments, name: undefined } }],
  [["po/web-0"], { resource: { kind: resources.pods, name: "web-0" } }],
  [["ns/shop"], { namespace: "shop", resource: all }],
  [["namespace", "shop", "-n", "shop"], { namespace: "shop", resource: all }],
  [["deploy/web"], { mostPerSecond: 100, selector: "", from: undefined, lasting: undefined }],
  [
    ["deploy/web", "--max-rps", "0.5", "-l", "app=web", "--for", "1m"],
    { mostPerSecond: 0.5, selector: "app=web", lasting: 60_000 },
  ],
  [
    ["deploy/web", "--method", "GET", "--path", "/api", "--authority", "web:80", "--scheme", "http"],
    { filter: { method: "GET", path: "/api", authority: "web:80", scheme: "http", to: undefined } },
  ],
  [
    ["deploy/web", "-n", "shop", "--from", "deploy/front"],
    { from: { namespace: "shop", word: "deploy/front", resource: { kind: resources.deployments, name: "front" } } },
  ],
  [["deploy/web", "--from", "ns/other"], { from: { namespace: "other", word: "ns/other", resource: all } }],
];

const to: readonly [words: readonly string[], expected: object][] = [
  [["--to", "deploy/back"], { deployment: "back", namespace: "default" }],
  [["--to", "svc/back", "--to-namespace", "other"], { service: "back", namespace: "other" }],
  [["--to", "job/migrate"], { k8s_job: "migrate", namespace: "default" }],
  [["--to", "ns/other"], { namespace: "other" }],
];

const refused: readonly [words: readonly string[], line: string][] = [
  [["web"], '"web" is no resource such as deploy/web, pod/web-0 or ns/shop'],
  [["deplo/web"], '"deplo/web" is no resource such as deploy/web, pod/web-0 or ns/shop; did you mean deploy/web?'],
  [["svc/web"], "a Service has no proxy: name what its pods are of, such as deploy/web; for requests to it see --to"],
  [["ns/shop", "-n", "other"], "--namespace other and ns/shop: one of them"],
  [["deploy/web", "--to", "deploy"], '--to: "deploy": expected a name, such as deploy/web'],
  [
    ["deploy/web", "--to", "cj/web"],
    '--to: "cj/web": expected a kind that endpoints are known by, such as deploy, svc or pod',
  ],
  [["deploy/web", "--to-namespace", "x"], "--to-namespace: is for --to; of a whole namespace write --to ns/NAME"],
  [
    ["deploy/web", "--from", "svc/web"],
    "--from: a Service sends no requests; name what its pods are of, such as deploy/web",
  ],
  [["deploy/web", "--max-rps", "0"], '--max-rps: "0" is not a number above 0'],
  [["deploy/web", "--max-rps", "many"], '--max-rps: "many" is not a number above 0'],
  [["deploy/web", "--path", ""], "--path: is empty"],
  [["deploy/web", "--for", "1 minute"], '--for: "1 minute" is not a duration such as 30s or 2m'],
  [["deploy/web", "-n", "Shop"], '--namespace: "Shop" is not the name of a namespace'],
];

describe("cli/tap/asked", () => {
  for (const [words, expected] of rows) it(words.join(" "), () => expect(asked(...words)).to.deep.include(expected));
  for (const [words, expected] of to)
    it(words.join(" "), () => expect(asked("deploy/web", ...words).filter.to).to.deep.equal(expected));
  for (const [words, line] of refused)
    it(`${words.join(" ")} is refused`, () =>
      expect(() => asked(...words))
        .to.throw(CommandFailure)
        .that.deep.includes({ lines: [line], exitCode: 2 }));
});
