/** `weft uninject`, one object (contract 11). */
import { uninject } from "../inject/uninject.ts";
import type { JsonObject } from "../mesh/api.ts";
import { identityOf } from "./names.ts";
import { untouched } from "./report.ts";
import type { ChangedObject } from "./transform.ts";

export function uninjectObject(written: JsonObject): ChangedObject {
  const { kind, object } = uninject(written);
  const identity = identityOf(written);
  return { object, report: { ...untouched(identity.kind, identity.name), outcome: kind }, warnings: [] };
}
