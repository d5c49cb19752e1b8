/** A Dockerfile as its stages, each a list of instructions. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Comments gone, continued lines joined. */
export function stagesOf(dockerfile: string): readonly (readonly Instruction[])[] {
  const lines = dockerfile
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n");
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, name, text] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined || text === undefined) continue;
    if (name === "FROM") stages.push([]);
    stages.at(-1)?.push({ name, text });
  }
  return stages;
}

/** What these instructions say, in their order. */
export const said = (stage: readonly Instruction[] | undefined, name: string): readonly string[] =>
  (stage ?? []).filter((each) => each.name === name).map(({ text }) => text);
