/** `weft wrap inject` and `weft wrap uninject`: linkerd 1.x into manifests, and out of them. */
import type { Command } from "commander";
import { identityOf } from "../../core/manifests/names.ts";
import { untouched } from "../../core/manifests/report.ts";
import type { Transformation } from "../../core/manifests/transform.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { isLoopback } from "../../core/wrap/rules.ts";
import { isService, membershipOf, servicesIn, shown, workloadOf } from "../../core/wrap/identities.ts";
import { isOwn, isWrapped } from "../../core/wrap/names.ts";
import { wrapPlan } from "../../core/wrap/plan.ts";
import { withoutObjects } from "../../core/wrap/streams.ts";
import { askingLinkerd2, unwrapped, whyNotLinkerd2, withoutRouterPort } from "../../core/wrap/workload.ts";
import { sha256 } from "../../files/sha256.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { namedInputs, writeInputs } from "../manifests/inputs.ts";
import { isGiven, outputFormat } from "../options.ts";
import { choicesOf } from "./flags.ts";
import { objectsIn, tellMistyped } from "./looked-at.ts";

export async function inject(names: readonly string[], command: Command, io: Io): Promise<void> {
  const [format, choices] = [outputFormat(command), choicesOf(command)];
  const inputs = await namedInputs(names, io);
  const objects = objectsIn(inputs);
  tellMistyped(objects, io);
  const plan = wrapPlan(objects, choices, sha256);
  if ("issues" in plan) throw new CommandFailure(plan.issues.map(issueText));
  const { change, added, report } = plan.value;
  writeInputs(inputs, format, io, changing(change), added);
  if (!isLoopback(choices.adminIp))
    io.stderr(
      `weft: --admin-ip ${choices.adminIp}: whoever reaches port ${choices.ports.admin} can stop linkerd, by /admin/shutdown\n`,
    );
  const services = servicesIn(objects, choices.namespace);
  const left = objects.flatMap((object) => {
    const found = membershipOf(object, services, choices);
    const workload = workloadOf(object, choices.namespace);
    return found.kind !== "left alone" || found.why === undefined || workload === undefined
      ? []
      : [`${shown(workload)}: is left alone (${found.why})`];
  });
  const lines = [...report, ...left];
  io.stderr((lines.length === 0 ? ["no workload was found"] : lines).map((line) => `weft: ${line}\n`).join(""));
}

export async function uninject(names: readonly string[], command: Command, io: Io): Promise<void> {
  const format = outputFormat(command);
  const how = { toLinkerd2: isGiven(command, "toLinkerd2") };
  const inputs = (await namedInputs(names, io)).map(({ name, text }) => ({ name, text: withoutObjects(text, isOwn) }));
  const lines: string[] = [];
  const change = (object: JsonObject): JsonObject => {
    const { after, words } = takenOut(object, how);
    if (words !== undefined) lines.push(`${shown(identityOf(object))}: ${words}`);
    return after;
  };
  writeInputs(inputs, format, io, changing(change));
  if (lines.length === 0) lines.push(how.toLinkerd2 ? "no workload was found" : "nothing of linkerd 1.x was found");
  io.stderr(lines.map((line) => `weft: ${line}\n`).join(""));
}

interface TakenOut {
  readonly after: JsonObject;
  /** For people; undefined: there is nothing to say. */
  readonly words: string | undefined;
}

/** An original manifest asks for Linkerd 2 as a wrapped one does: what is in the cluster goes when either is applied. */
function takenOut(object: JsonObject, how: { readonly toLinkerd2: boolean }): TakenOut {
  const workload = workloadOf(object, "");
  if (workload === undefined) {
    const after = isService(object) ? withoutRouterPort(object) : object;
    return { after, words: after === object ? undefined : "taken out" };
  }
  if (isWrapped(workload.pod))
    return {
      after: unwrapped(object, workload, how),
      words: how.toLinkerd2 ? "taken out; asks for Linkerd 2" : "taken out",
    };
  if (!how.toLinkerd2) return { after: object, words: undefined };
  const why = whyNotLinkerd2(workload);
  if (why !== undefined) return { after: object, words: `is left alone (${why})` };
  return { after: askingLinkerd2(object, workload), words: "asks for Linkerd 2" };
}

const changing = (change: (object: JsonObject) => JsonObject): Transformation => ({
  change: (object) => {
    const { kind, name } = identityOf(object);
    return { object: change(object), report: untouched(kind, name), warnings: [] };
  },
  quotes: true,
});
