/** weft's image in parts: what is given as one text, what follows the version, and what is pinned. */
import { expect } from "chai";
import {
  followingVersion,
  imageText,
  isUnnamed,
  pinned,
  settledImage,
  withImageParts,
} from "../../../src/core/install/image.ts";
import { stacked } from "../../../src/core/install/overlay.ts";
import { readWeftValues } from "../../../src/core/install/weft-values.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";

const version = "0.2.0";
const weft = (image: JsonObject[string]): JsonObject => ({ weft: { image } });
const read = (values: JsonObject) => readWeftValues(values["weft"]);
const shown = (...overlays: readonly JsonObject[]): string =>
  imageText(read(settledImage(stacked(overlays.map(withImageParts)))).value, version);

describe("weft's image", () => {
  const rows: readonly [claim: string, overlays: readonly JsonObject[], image: string][] = [
    ["nothing given", [], "weft:0.2.0"],
    ["a text with a tag", [weft("example.org/team/weft:1.0")], "example.org/team/weft:1.0"],
    ["a text without", [weft("example.org:5000/weft")], "example.org:5000/weft:0.2.0"],
    ["a name alone", [weft("mesh")], "mesh:0.2.0"],
    ["a digest", [weft("example.org/weft@sha256:12ab")], "example.org/weft@sha256:12ab"],
    ["a digest and a tag", [weft("example.org/weft:1@sha256:12ab")], "example.org/weft:1@sha256:12ab"],
    ["a registry", [weft({ registry: "example.org/team" })], "example.org/team/weft:0.2.0"],
    ["parts over a text", [weft("example.org/weft:1"), weft({ tag: "2" })], "example.org/weft:2"],
    ["a text over parts", [weft({ registry: "a.test", tag: "1" }), weft("b.test/mesh")], "b.test/mesh:0.2.0"],
    ["a pin taken back", [weft("example.org/weft:1"), weft({ tag: null })], "example.org/weft:0.2.0"],
  ];
  for (const [claim, overlays, image] of rows) {
    it(`${claim}: ${image}`, () => expect(shown(...overlays)).to.equal(image));
  }

  const wrong: readonly [claim: string, image: JsonObject[string], issue: string][] = [
    [
      "a text that is no image",
      "a b",
      'weft.image: expected an image such as example.org/weft:1.0, or a map of its parts, got "a b"',
    ],
    ["a number for a tag", { tag: 1.1 }, 'weft.image.tag: expected a tag such as "1.0", in quotes, got 1.1'],
    ["a part that is none", { tagg: "1" }, "weft.image.tagg: is not known; did you mean weft.image.tag?"],
    [
      "a tag in the name",
      { name: "weft:1" },
      'weft.image.name: expected a name without registry and tag, such as weft, got "weft:1"',
    ],
  ];
  for (const [claim, image, issue] of wrong) {
    it(`tells ${claim}`, () =>
      expect(read(weft(image)).issues.map(({ at, message }) => `${at}: ${message}`)).to.deep.equal([issue]));
  }

  it("is unnamed as long as nobody says where it is", () => {
    expect(isUnnamed(read({}).value)).to.equal(true);
    expect(isUnnamed(read(weft("example.org/weft")).value)).to.equal(false);
    expect(isUnnamed(read(weft("weft:on-the-nodes")).value)).to.equal(false);
  });

  it("follows from the version that is installed to the next", () => {
    const given = withImageParts(weft("example.org/weft:0.1.0"));
    expect(shown(followingVersion(given, "0.1.0"))).to.equal("example.org/weft:0.2.0");
    expect(shown(followingVersion(given, "0.1.1"))).to.equal("example.org/weft:0.1.0");
  });

  const pins: readonly [claim: string, given: JsonObject, now: JsonObject, says: RegExp | undefined][] = [
    [
      "a tag of before",
      weft("a.test/weft:old"),
      weft("a.test/weft:old"),
      /tag old is pinned.*image\.tag=null.*0\.2\.0/,
    ],
    ["a digest of before", weft("a.test/weft@sha256:1"), weft("a.test/weft@sha256:1"), /digest sha256:1 is pinned/],
    ["nothing of a tag that is new", weft("a.test/weft:old"), weft("a.test/weft:new"), undefined],
    ["nothing of this version", weft("a.test/weft:0.2.0"), weft("a.test/weft:0.2.0"), undefined],
    ["nothing where nothing is pinned", {}, {}, undefined],
  ];
  for (const [claim, given, now, says] of pins) {
    it(`says of ${claim} that it stays`, () => {
      const text = pinned(withImageParts(given), read(now).value, version);
      if (says === undefined) expect(text).to.equal(undefined);
      else expect(text).to.match(says);
    });
  }
});
