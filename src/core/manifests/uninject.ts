/** `weft uninject`, one object. */
import { targetOf } from "../inject/pod/kinds.ts";
import { readSubjects } from "../inject/request.ts";
import { uninject } from "../inject/uninject.ts";
import type { JsonObject } from "../base/json/json.ts";
import { identityOf } from "./names.ts";
import { untouched } from "./report.ts";
import type { ChangedObject } from "./transform.ts";
import type { Failed } from "../base/text/result.ts";

/** The object as it shall be written; a field of the wrong type makes the run fail, as whatever it hides would stay. */
export function uninjectObject(written: JsonObject): ChangedObject | Failed {
  const read = targetOf(written) === undefined ? undefined : readSubjects(written);
  if (read !== undefined && "issues" in read) return read;
  const { kind, object } = uninject(written);
  const identity = identityOf(written);
  return { object, report: { ...untouched(identity.kind, identity.name), outcome: kind }, warnings: [] };
}
