/** Whether an admission policy of weft's, and its binding, are there. */
import type { JsonObject } from "../base/json/json.ts";
import { upgradeCommand } from "../install/before.ts";
import { given, ok, warning, worst } from "./check.ts";
import type { Outcome } from "./check.ts";
import type { Fact } from "./fact.ts";

/** Without it all goes on as it is: that is a warning. */
export const guardOutcome = (guard: readonly Fact<JsonObject>[]): Outcome =>
  worst(
    guard.map((fact) =>
      fact.kind === "absent" ? warning([`${fact.what} is not there`], upgradeCommand) : given(fact, () => ok),
    ),
  );
