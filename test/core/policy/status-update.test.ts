import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import type { PolicyCondition } from "../../../src/core/policy/network-status.ts";
import { statusToWrite } from "../../../src/core/policy/status-update.ts";

const now = "2026-05-01T12:00:00Z";
const before = "2026-01-01T00:00:00Z";
const accepted: PolicyCondition = {
  type: "Accepted",
  status: "True",
  reason: "Accepted",
  message: "holds",
  observedGeneration: 2,
};
const others = { type: "Somebody/Elses", status: "True", lastTransitionTime: before };

const rows: readonly [claim: string, current: JsonObject, expected: readonly JsonObject[] | undefined][] = [
  ["no status yet", {}, [{ ...accepted, lastTransitionTime: now }]],
  ["as it should be", { conditions: [{ ...accepted, lastTransitionTime: before }] }, undefined],
  [
    "another status: another time",
    { conditions: [{ ...accepted, status: "False", lastTransitionTime: before }] },
    [{ ...accepted, lastTransitionTime: now }],
  ],
  [
    "another message or generation: the old time",
    { conditions: [{ ...accepted, observedGeneration: 1, lastTransitionTime: before }] },
    [{ ...accepted, lastTransitionTime: before }],
  ],
  ["conditions of others stay", { conditions: [others] }, [others, { ...accepted, lastTransitionTime: now }]],
  ["and are no reason to write", { conditions: [others, { ...accepted, lastTransitionTime: before }] }, undefined],
  [
    "a time that is none",
    { conditions: [{ ...accepted, lastTransitionTime: 1 }] },
    [{ ...accepted, lastTransitionTime: now }],
  ],
  ["conditions that are none", { conditions: "yes" }, [{ ...accepted, lastTransitionTime: now }]],
];

describe("core/policy/status-update", () => {
  for (const [claim, current, expected] of rows)
    it(claim, () => {
      const said = { kind: "conditions", conditions: [accepted] } as const;
      expect(statusToWrite({ status: current, said }, now)).to.deep.equal(expected && { conditions: expected });
    });
});
