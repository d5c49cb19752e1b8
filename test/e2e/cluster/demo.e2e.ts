/** What `make kind` shows after it has created its cluster. */
import { expect } from "chai";
import { deleteNamespaces, root, run } from "./kubectl.ts";

describe("the demo application", () => {
  let shown = "";
  before(async () => void ({ out: shown } = await run(`${root}scripts/steps`, ["demo"])));
  after(() => deleteNamespaces("demo"));

  const rows: readonly [claim: string, expected: RegExp][] = [
    ["its pods have the proxy", /^web-\S+ +Running +linkerd-init,linkerd-proxy +web$/m],
    ["its job has ended", /^once-\S+ +Succeeded +linkerd-init,linkerd-proxy +once$/m],
    ["events say what weft did", /Injected +deployment\/web /],
    ["a connection left through the visitor's proxy", /^visitor-\S+ outbound \S+ [1-9]\d*$/m],
    ["and came in through the server's", /^web-\S+ inbound \S+:8080 [1-9]\d*$/m],
  ];
  for (const [claim, expected] of rows) {
    it(claim, () => {
      expect(shown).to.match(expected);
    });
  }
});
