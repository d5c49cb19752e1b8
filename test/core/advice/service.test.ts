import { expect } from "chai";
import { opaqueWarnings } from "../../../src/core/advice/service.ts";
import type { ServicePortView } from "../../../src/core/inject/pod/pod-view.ts";
import type { Annotations, JsonObject } from "../../../src/core/base/json/json.ts";
import { linesFor, serviceWith } from "../../support/advice.ts";

const opaque = (list: string): Annotations => ({ "config.linkerd.io/opaque-ports": list });

const rows: readonly [claim: string, object: JsonObject, namespace: Annotations, lines: readonly string[]][] = [
  ["that says nothing gets none", serviceWith({}), {}, []],
  ["whose opaque ports are its own gets none", serviceWith(opaque("80,mysql,1-100")), {}, []],
  ["with an empty list gets none", serviceWith(opaque("")), {}, []],
  [
    "with a target port",
    serviceWith(opaque("3306")),
    {},
    [
      'service/db: config.linkerd.io/opaque-ports: "3306" is not a port of this Service, but the target of its port 80; did you mean 80?',
    ],
  ],
  [
    "with a port and a range that it does not have",
    serviceWith(opaque("80,99,1000-2000")),
    {},
    [
      'service/db: config.linkerd.io/opaque-ports: "99" is not a port of this Service',
      'service/db: config.linkerd.io/opaque-ports: "1000-2000" is not a port of this Service',
    ],
  ],
  [
    "with a name that no port has, and what is not a port",
    serviceWith(opaque("mysqll,99999")),
    {},
    [
      'service/db: config.linkerd.io/opaque-ports: "mysqll,99999" is left out: not a port, a range or the name of a port of this Service',
    ],
  ],
  [
    "with a typo",
    serviceWith({ "config.linkerd.io/opaque-port": "80" }),
    {},
    ['service/db: annotation "config.linkerd.io/opaque-port" is unknown; did you mean config.linkerd.io/opaque-ports?'],
  ],
  ["whose list weft copied from the namespace gets none", serviceWith(opaque("3306")), opaque("3306"), []],
  ["whose list weft made of the namespace's switch gets none", serviceWith(opaque("1-65535")), {}, []],
  [
    "with a list of its own in a namespace with another",
    serviceWith(opaque("99")),
    opaque("3306"),
    ['service/db: config.linkerd.io/opaque-ports: "99" is not a port of this Service'],
  ],
  ["with ports that cannot be read gets none", serviceWith(opaque("1"), { ports: 1 }), {}, []],
];

describe("advice on a Service", () => {
  for (const [claim, object, annotations, lines] of rows) {
    it(claim, () => expect(linesFor(object, { annotations })).to.deep.equal(lines));
  }

  it("takes work for each port and each entry, not for each pair of them", () => {
    const looksAt = (count: number): number => {
      let looks = 0;
      const seen = <Value>(value: Value): Value => {
        looks += 1;
        return value;
      };
      const ports = Array.from({ length: count }, (_, index): ServicePortView => ({
        get name() {
          return seen(`m${index}`);
        },
        get port() {
          return seen(index + 1);
        },
        get targetPort() {
          return seen(80);
        },
      }));
      const list = Array.from({ length: 900 }, (_, index) => String(60_000 + index)).join(",");
      expect(opaqueWarnings(list, ports).length).to.equal(32);
      return looks;
    };
    expect(looksAt(4_000)).to.equal(10 * looksAt(400));
    expect(looksAt(4_000)).to.be.lessThan(50 * 4_000);
  });
});
