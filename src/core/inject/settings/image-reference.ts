/**
 * The two halves of an image reference, `name:version`, as annotations say them. Kubernetes refuses white space around
 * the whole (core/v1, validateContainerCommon); what else is no reference is taken, and then never pulled (grammar:
 * distribution/reference).
 */
import { trimSpace } from "../../base/scalars/spaces.ts";

/** What is wrong with one half: it is not used at all, or it is used and nothing can be pulled. */
export type ReferenceFault = "unusable" | "unpullable";

/** A name without tag and digest, such as `registry:5000/path/name`. */
export function nameFault(name: string): ReferenceFault | undefined {
  // With a tag of its own the reference would have two.
  if (trimSpace(name) !== name || /^[\w.-]+[:@][\w.:@-]+$/.test(name.slice(name.lastIndexOf("/") + 1)))
    return "unusable";
  const [first = "", ...rest] = name.split("/");
  const path = rest.length > 0 && isHost(first) ? rest : [first, ...rest];
  return path.every((part) => component.test(part)) ? undefined : "unpullable";
}

/** A tag, or a tag with a digest; empty: that of the settings. */
export function versionFault(version: string): ReferenceFault | undefined {
  if (version === "" || /^\w[\w.-]{0,127}(@\w+:[0-9a-fA-F]{32,})?$/.test(version)) return undefined;
  // A digest alone would stand behind a colon, and a second tag behind the first.
  return trimSpace(version) !== version || /^[\w.-]*(@\w+:\w+|:[\w.-]+)$/.test(version) ? "unusable" : "unpullable";
}

const isHost = (text: string): boolean =>
  /^(?=.*[.:]|localhost$)[A-Za-z0-9.-]+(:[0-9]+)?$/.test(text) || /^\[[0-9a-fA-F:]+\](:[0-9]+)?$/.test(text);

const component = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;
