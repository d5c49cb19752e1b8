/**
 * weft's image in parts, so that an upgrade changes the tag alone: it is that of the command, unless somebody pins one.
 * `--image` and older values have it as one text.
 */
import { changedAt } from "../base/json/edit.ts";
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { at } from "../base/json/read.ts";

/** As the values below `weft` have them. */
interface Parts {
  readonly "image.registry": string | undefined;
  readonly "image.name": string;
  readonly "image.tag": string | undefined;
  readonly "image.digest": string | undefined;
}

/** As the container has it. */
export function imageText(parts: Parts, version: string): string {
  const { "image.registry": registry, "image.name": name, "image.digest": digest } = parts;
  // A digest says which image it is; a tag beside it is for people.
  const tag = parts["image.tag"] ?? (digest === undefined ? version : undefined);
  return `${registry === undefined ? "" : `${registry}/`}${name}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** Nobody has said where it is: it has to be on every node. */
export const isUnnamed = (parts: Parts): boolean =>
  parts["image.registry"] === undefined && parts["image.tag"] === undefined && parts["image.digest"] === undefined;

export const unnamedText = (version: string): string =>
  `no image is named: weft:${version} has to be on every node, as no registry has it. Build it (docker build --tag REGISTRY/weft:${version} --file images/weft/Dockerfile .), push it (docker push REGISTRY/weft:${version}) and say --image REGISTRY/weft`;

const whole = /^(?:(?<registry>[^\s@]+)\/)?(?<name>[^\s@:/]+)(?::(?<tag>[\w][\w.-]*))?(?:@(?<digest>\w+:[0-9a-f]+))?$/;

/** An image as one text in `weft.image` becomes its parts; what it does not name is not inherited from values below. */
export const withImageParts = (values: JsonObject): JsonObject => {
  const image = at(values, "weft", "image");
  const parts = typeof image === "string" ? partsOf(image) : undefined;
  return parts === undefined ? values : changedAt(values, ["weft", "image"], () => parts);
};

function partsOf(image: string): JsonObject | undefined {
  const { registry = null, name, tag = null, digest = null } = whole.exec(image)?.groups ?? {};
  return name === undefined ? undefined : { registry, name, tag, digest };
}

/** Without parts that are null: nothing is below them. */
export const settledImage = (values: JsonObject): JsonObject =>
  changedAt(values, ["weft", "image"], (image) =>
    isObject(image) ? Object.fromEntries(Object.entries(image).filter(([, part]) => part !== null)) : image,
  );

/** A tag that says no more than the version that is installed is not pinned. */
export const followingVersion = (values: JsonObject, installed: string | undefined): JsonObject =>
  at(values, "weft", "image", "tag") === installed
    ? changedAt(values, ["weft", "image", "tag"], () => undefined)
    : values;

/** What keeps an upgrade from changing the image; undefined: nothing, or it was said now. */
export function pinned(values: JsonObject, parts: Parts, version: string): string | undefined {
  const part = (["digest", "tag"] as const).find((each) => parts[`image.${each}`] !== undefined);
  if (part === undefined) return undefined;
  const value: Json | undefined = at(values, "weft", "image", part);
  if (value !== parts[`image.${part}`] || value === version) return undefined;
  return `the image's ${part} ${value} is pinned and stays: --set weft.image.${part}=null makes it follow this command, which is ${version}`;
}
