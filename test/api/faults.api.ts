/**
 * Faults under load, each for a moment: what `make faults` measures at length. Certificates are renewed in
 * `certificates.api.ts`, and a black hole takes its time.
 */
import { expect } from "chai";
import { errors } from "../faults/acts.ts";
import { runFault } from "../faults/fault.ts";
import { describeOnApi } from "./harness/on-api.ts";

const short = new Set(["kill", "roll", "watches", "settings", "stale"]);

describeOnApi("pods created while things go wrong", (api) => {
  for (const fault of errors.filter(({ name }) => short.has(name))) {
    it(`${fault.name}: none unmeshed, none refused but what was lost with its connection`, async () => {
      const hurried = { ...fault, flags: [...(fault.flags ?? []), "--grace-period=200ms"] };
      const { violations, figures } = await runFault(api(), hurried, { perSecond: 40, seconds: 3, warmUp: false });
      expect(violations).to.deep.equal([]);
      expect(figures.asked.right).to.be.greaterThan(20);
    });
  }
});
