#!/usr/bin/env node
/**
 * scripts/pin-bases.ts [--check] [--registry HOST] [DOCKERFILE ...]
 *
 * Pins the base images of the Dockerfiles by digest: `node:24-bookworm` becomes `node:24-bookworm@sha256:…`, as the
 * registry has it now. Without DOCKERFILE, those of images/ and of the tests. Run it again to follow a tag.
 *
 *   --check            write nothing; exit code 1 when a base is not pinned, or the registry has another digest
 *   --registry HOST    for images whose name has no host, such as node:24 (or $WEFT_REGISTRY); http://HOST without TLS
 *
 * Exit codes: 0 done, 1 with --check: something would change, 2 wrong arguments, 3 a registry could not be asked.
 * Nothing is written unless every base was found. A registry is asked as anybody may: no account is used.
 */
import { createHash } from "node:crypto";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

export interface PinOptions {
  readonly files: readonly string[];
  readonly check: boolean;
  /** HOST, or with a scheme; for names without a host. */
  readonly registry: string | undefined;
}

/** Lines for the user, and the exit code. */
export async function pinBases({ files, check, registry }: PinOptions): Promise<{ lines: string[]; code: number }> {
  const lines: string[] = [];
  const outcomes = await Promise.all(
    files.map(async (file) => {
      const before = readFileSync(file, "utf8");
      return { file, before, pinned: await pinned(before, registry) };
    }),
  );
  const problems = outcomes.flatMap(({ file, pinned }) => pinned.problems.map((problem) => `${file}: ${problem}`));
  if (problems.length > 0) return { lines: problems, code: 3 };
  let code = 0;
  for (const { file, before, pinned } of outcomes) {
    const words = pinned.text === before ? "as the registry has it" : check ? "not as the registry has it" : "pinned";
    lines.push(...pinned.bases.map((base) => `${file}: ${base} ${words}`));
    if (pinned.text === before) continue;
    if (check) code = 1;
    else writeFileSync(file, pinned.text);
  }
  return { lines, code };
}

interface Pinned {
  readonly text: string;
  readonly bases: readonly string[];
  readonly problems: readonly string[];
}

async function pinned(dockerfile: string, registry: string | undefined): Promise<Pinned> {
  const [bases, problems]: [string[], string[]] = [[], []];
  let text = dockerfile;
  for (const base of basesOf(dockerfile)) {
    try {
      const { host, repository, tag } = readReference(base.reference, registry);
      const pin = `${tag}@${await digestOf(host, repository, tag)}`;
      text = text.replace(base.place, base.place.replace(/(?<=[:=])[^:=]*(?:@sha256:[0-9a-f]*)?$/, pin));
      bases.push(base.reference.replace(/(?<=:)[^:/@]*(?:@.*)?$/, pin));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(`${base.reference}: ${error.message}`);
    }
  }
  return { text, bases, problems };
}

class Problem extends Error {}

interface Base {
  /** Such as `node:24-bookworm`, variables filled in. */
  readonly reference: string;
  /** The line that has the tag: `FROM image:tag`, or `ARG NAME=tag` for `FROM image:${NAME}`. */
  readonly place: string;
}

/** Each base that is no earlier stage and not empty. */
function basesOf(dockerfile: string): readonly Base[] {
  const defaults = new Map([...dockerfile.matchAll(/^ARG (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]));
  const stages = new Set([...dockerfile.matchAll(/^FROM .* AS (\S+)$/gim)].map(([, name]) => name));
  return [...dockerfile.matchAll(/^FROM (?:--\S+ )?(\S+)/gm)].flatMap(([line, image = ""]) => {
    if (image === "scratch" || stages.has(image)) return [];
    const reference = image.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => defaults.get(name) ?? "");
    const [, name] = /:\$\{(\w+)\}$/.exec(image) ?? [];
    return [{ reference, place: name === undefined ? line : `ARG ${name}=${defaults.get(name) ?? ""}` }];
  });
}

/** As container engines read names: what stands before the first slash is a host if it looks like one. */
function readReference(reference: string, registry: string | undefined) {
  const [, name = "", tag = ""] = /^([^@]+?):([\w][\w.-]{0,127})(?:@sha256:[0-9a-f]{64})?$/.exec(reference) ?? [];
  if (tag === "") throw new Problem("expected an image with a tag, such as node:24");
  const [first = "", ...rest] = name.split("/");
  if (rest.length > 0 && /[.:]|^localhost$/.test(first)) return { host: first, repository: rest.join("/"), tag };
  if (registry === undefined)
    throw new Problem("its name has no registry: say with --registry HOST or $WEFT_REGISTRY which to ask");
  return { host: registry, repository: rest.length === 0 ? `library/${name}` : name, tag };
}

const accept = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
const manifestAtMost = 4 * 1024 * 1024;

/** The digest of what the tag names, checked against its bytes (distribution specification, "Pulling manifests"). */
async function digestOf(host: string, repository: string, tag: string): Promise<string> {
  const url = new URL(`/v2/${repository}/manifests/${tag}`, host.includes("://") ? host : `https://${host}`);
  const first = await asked(url, {});
  const answer = first.status === 401 ? await asked(url, { authorization: await tokenFor(first, url) }) : first;
  if (answer.status === 404) throw new Problem(`${url.host} has no ${repository}:${tag}`);
  if (answer.status !== 200) throw new Problem(`${url.host} answers ${answer.status} to ${url.pathname}`);
  const digest = `sha256:${createHash("sha256").update(answer.body).digest("hex")}`;
  const told = answer.headers.get("docker-content-digest") ?? digest;
  if (told !== digest) throw new Problem(`${url.host} says ${told.slice(0, 80)}, but sent ${digest}`);
  return digest;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

async function asked(url: URL, headers: Readonly<Record<string, string>>): Promise<Answer> {
  try {
    const response = await fetch(url, { headers: { accept, ...headers }, signal: AbortSignal.timeout(30_000) });
    return { status: response.status, headers: response.headers, body: await bounded(response) };
  } catch (error) {
    if (error instanceof Problem) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Problem(`${url.host} cannot be asked: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

async function bounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > manifestAtMost) throw new Problem(`${response.url} is longer than a manifest can be`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A token for whoever asks, from where the registry says (its token authentication specification). */
async function tokenFor({ headers }: Answer, registry: URL): Promise<string> {
  const challenge = headers.get("www-authenticate") ?? "";
  if (!/^bearer /i.test(challenge)) throw new Problem(`${registry.host} wants an account, and none is used`);
  const of = (name: string): string | undefined => new RegExp(`[ ,]${name}="([^"]*)"`).exec(challenge)?.[1];
  const realm = of("realm") ?? "";
  if (!URL.canParse(realm)) throw new Problem(`${registry.host} does not say where tokens are had`);
  const url = new URL(realm);
  if (url.protocol !== "https:" && url.protocol !== registry.protocol)
    throw new Problem(`${registry.host} gives tokens without TLS, from ${url.host}`);
  for (const name of ["service", "scope"]) {
    const value = of(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const { status, body } = await asked(url, {});
  const token = status === 200 ? tokenIn(Buffer.from(body).toString("utf8")) : undefined;
  if (token === undefined) throw new Problem(`${url.host} gives no token: it answers ${status}`);
  return `Bearer ${token}`;
}

function tokenIn(text: string): string | undefined {
  try {
    const { token, access_token: other } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const found = token ?? other;
    return typeof found === "string" && /^[\x21-\x7e]+$/.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function optionsOf(args: readonly string[]): PinOptions | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { check: { type: "boolean", default: false }, registry: { type: "string" } },
    });
    const files = positionals.length > 0 ? positionals : globSync(["images/*/Dockerfile", "test/e2e/*/Dockerfile"]);
    return { files: files.toSorted(), check: values.check, registry: values.registry ?? process.env["WEFT_REGISTRY"] };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

if (import.meta.main) {
  const options = optionsOf(process.argv.slice(2));
  const { lines, code } = typeof options === "string" ? { lines: [options], code: 2 } : await pinBases(options);
  for (const line of lines) console[code === 2 || code === 3 ? "error" : "log"](line);
  process.exitCode = code;
}
