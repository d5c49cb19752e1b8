/** `weft wrap inject` and `weft wrap uninject`: linkerd 1.x into manifests, and out of them. */
import type { Command } from "commander";
import { identityOf } from "../../core/manifests/names.ts";
import { untouched } from "../../core/manifests/report.ts";
import type { Transformation } from "../../core/manifests/transform.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { isLoopback } from "../../core/wrap/rules.ts";
import { isService, membershipOf, servicesIn, shown, workloadOf } from "../../core/wrap/identities.ts";
import { isOwn } from "../../core/wrap/names.ts";
import { wrapPlan } from "../../core/wrap/plan.ts";
import { withoutObjects } from "../../core/wrap/streams.ts";
import { unwrapped, withoutRouterPort } from "../../core/wrap/workload.ts";
import { sha256 } from "../../files/sha256.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { namedInputs, writeInputs } from "../manifests/inputs.ts";
import { isGiven, outputFormat } from "../options.ts";
import { choicesOf } from "./flags.ts";
import { objectsIn } from "./looked-at.ts";

export async function inject(names: readonly string[], command: Command, io: Io): Promise<void> {
  const [format, choices] = [outputFormat(command), choicesOf(command)];
  const inputs = await namedInputs(names, io);
  const objects = objectsIn(inputs);
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
  const changed: string[] = [];
  const change = (object: JsonObject): JsonObject => {
    const workload = workloadOf(object, "");
    const after =
      workload === undefined
        ? isService(object)
          ? withoutRouterPort(object)
          : object
        : unwrapped(object, workload, how);
    if (after !== object) changed.push(shown(identityOf(object)));
    return after;
  };
  writeInputs(inputs, format, io, changing(change));
  const lines =
    changed.length === 0 ? ["nothing of linkerd 1.x was found"] : changed.map((each) => `${each}: taken out`);
  io.stderr(lines.map((line) => `weft: ${line}\n`).join(""));
}

const changing = (change: (object: JsonObject) => JsonObject): Transformation => ({
  change: (object) => {
    const { kind, name } = identityOf(object);
    return { object: change(object), report: untouched(kind, name), warnings: [] };
  },
  quotes: true,
});
