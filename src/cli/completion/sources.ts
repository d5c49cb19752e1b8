/** Where the words come from that may stand behind a flag, or as an argument: by what the command calls them. */
import type { Command, Option } from "commander";
import { kindWords, namedResource } from "../../core/kubernetes/resource-words.ts";
import { resources } from "../../core/kubernetes/kinds.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import { WordFlag } from "../options.ts";
import { shells } from "./shells.ts";

export interface Suggestion {
  readonly word: string;
  readonly description?: string;
}

/** What is offered: words, what a cluster is asked for, and file names, which the shell knows best. */
export interface Source {
  readonly words?: readonly Suggestion[];
  readonly asked?: Asked;
  readonly files?: true;
}

export type Asked = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
} & (
  | { readonly what: "contexts" }
  /** `before` stands before each name, as `deploy/`. */
  | { readonly what: "names"; readonly kind: Kind; readonly namespace: string | undefined; readonly before: string }
);

/** What stands before the word that is typed. */
export interface Given {
  /** Of flags, by their names in camel case. */
  readonly values: ReadonlyMap<string, string>;
  readonly positional: readonly string[];
  /** The flag whose value is typed. */
  readonly open: Option | undefined;
}

export function flagSource(option: Option, given: Given, typed: string): Source {
  if (option instanceof WordFlag) return words(option.words);
  if (option.attributeName() === "context") return { asked: { what: "contexts", ...clusterOf(given) } };
  if (/namespace$/i.test(option.attributeName())) return names(resources.namespaces, given);
  const [, value = ""] = /<(.+)>/.exec(option.flags) ?? [];
  if (value === "resource") return resourceSource({ ...given, positional: [] }, typed);
  return /^(?:file|path|dir|folder)$/.test(value) ? { files: true } : {};
}

export function argumentSource(command: Command, given: Given, typed: string): Source {
  const declared = command.registeredArguments;
  const last = declared.at(-1);
  const argument = declared[given.positional.length] ?? (last?.variadic === true ? last : undefined);
  return argument === undefined ? {} : (byArgument[argument.name()]?.(given, typed) ?? {});
}

/** By the name that the argument has in the help. */
const byArgument: Readonly<Record<string, (given: Given, typed: string) => Source>> = {
  shell: () => words(shells),
  inputs: () => ({ files: true }),
  "objects or files": (given, typed) => ({ ...resourceSource(given, typed), files: true }),
  resources: (given, typed) => resourceSource(given, typed),
  resource: (given, typed) => resourceSource(given, typed),
  type: () => words(kindWords),
  name: (given) => namesOfKind(given, given.positional[0] ?? "", ""),
  pod: (given) => names(resources.pods, given),
  action: () => words(["status", "rotate", "make"]),
  what: ({ positional: [action] }) => (action === "rotate" ? words(["anchor", "issuer"]) : { files: true }),
};

/** `deploy`, `deploy/web`, and `web` behind `deploy`. */
function resourceSource(given: Given, typed: string): Source {
  const [kindWord = "", name] = typed.split("/");
  if (name !== undefined) return namesOfKind(given, kindWord, `${kindWord}/`);
  const [first] = given.positional;
  return first === undefined || first.includes("/") ? words(kindWords) : namesOfKind(given, first, "");
}

function namesOfKind(given: Given, kindWord: string, before: string): Source {
  const kind = /^(?:ns|namespaces?)$/.test(kindWord) ? resources.namespaces : namedResource(kindWord)?.kind;
  return kind === undefined ? {} : names(kind, given, before);
}

const names = (kind: Kind, given: Given, before = ""): Source => ({
  asked: { what: "names", kind, namespace: given.values.get("namespace"), before, ...clusterOf(given) },
});

const clusterOf = ({ values }: Given): Pick<Asked, "kubeconfig" | "context"> => ({
  kubeconfig: values.get("kubeconfig"),
  context: values.get("context"),
});

const words = (all: readonly string[]): Source => ({ words: all.map((word) => ({ word })) });
