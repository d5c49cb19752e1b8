/** What the words of a command mean: manifests, or objects of the cluster as kubectl's users name them. */
import { stat } from "node:fs/promises";
import { meantResource, namedResource } from "../../core/kubernetes/resource-words.ts";
import type { NamedResource } from "../../core/kubernetes/resource-words.ts";

export interface Subjects {
  /** Files, folders, addresses, `-`. */
  readonly files: readonly string[];
  readonly named: readonly NamedResource[];
  /** What the user should know of how the words were understood. */
  readonly notices: readonly string[];
}

/**
 * A file or folder of that name goes first, as `deploy` is a usual name for a folder. `deploy web db` is `deploy/web
 * deploy/db`. No words: standard input.
 */
export async function subjectsOf(words: readonly string[], isFile = isThere): Promise<Subjects> {
  const found = await Promise.all(words.map(async (word) => ({ word, file: await isFile(word) })));
  const [first, ...others] = found;
  const kind = first === undefined || first.file ? undefined : namedResource(first.word);
  if (kind !== undefined && kind.name === undefined && others.length > 0 && others.every(isPlainName)) {
    return { files: [], named: others.map(({ word }) => ({ kind: kind.kind, name: word })), notices: [] };
  }
  const meant = found.map(({ word, file }) => ({ word, file, named: namedResource(word) }));
  return {
    files: words.length === 0 ? ["-"] : meant.flatMap(({ word, file, named }) => (file || !named ? [word] : [])),
    named: meant.flatMap(({ file, named }) => (file || !named ? [] : [named])),
    notices: meant.flatMap(({ word, file, named }) => {
      if (!file && !named) return mistyped(word);
      return file && named?.name !== undefined && !/\.(ya?ml|json)$/.test(word)
        ? [
            `${word} is read as the file or folder of that name; the object of the cluster is ${named.kind.plural}/${named.name}`,
          ]
        : [];
    }),
  };
}

function mistyped(word: string): readonly string[] {
  const meant = /\.(ya?ml|json)$/.test(word) ? undefined : meantResource(word);
  return meant === undefined ? [] : [`${word} is neither a file nor an object of the cluster; did you mean ${meant}?`];
}

const isPlainName = ({ word, file }: { readonly word: string; readonly file: boolean }): boolean =>
  !file && /^[a-z0-9][a-z0-9-]*$/.test(word) && namedResource(word) === undefined;

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
