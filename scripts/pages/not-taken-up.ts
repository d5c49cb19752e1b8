/** docs/not-taken-up.md, made from the tables that `weft check` reads. */
import { annotationsNotTakenUp, kindsNotTakenUp } from "../../src/core/mesh/not-taken-up.ts";

/** The page as Markdown. */
export function notTakenUpPage(): string {
  const kinds = kindsNotTakenUp.map(({ group, kind, lost }) => `| \`${kind}\` | \`${group}\` | ${lost} |`);
  const annotations = annotationsNotTakenUp.map(({ key, on, why }) => {
    const all = key.endsWith("/") ? `${key}*` : key;
    return `| \`${all}\` | ${on.map((each) => `${each}s`).join(", ")} | ${why} |`;
  });
  return `${[...head, ...kinds, ...between, ...annotations].join("\n")}\n`;
}

const head = [
  "# What of Linkerd weft does not take up",
  "",
  "With its own control plane, weft names each of these where it is in the cluster: [`weft check`](check.md#kinds-not-taken-up). With Linkerd's control plane kinds, and annotations of Services, have the effect that Linkerd gives them.",
  "",
  "<!-- Made from src/core/mesh/not-taken-up.ts by `make golden`. -->",
  "",
  "## Kinds",
  "",
  "Routes are those with a Service as parent. What a route does to the `Server` that it is attached to: [routes.md](routes.md).",
  "",
  "| kind | group | what comes of it |",
  "| --- | --- | --- |",
];

const between = [
  "",
  "## Annotations",
  "",
  "Those that have no effect, whatever their value. Some have none in certain pods only: of these the warning at `kubectl apply` tells. Values without effect: [values.md](values.md#values-without-effect).",
  "",
  "| annotation | on | why |",
  "| --- | --- | --- |",
];
