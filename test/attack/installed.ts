/** What `weft install` writes for a process of weft's: the memory that it may have, and the flags that say how it works. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defaultValues } from "../../src/core/inject/settings/defaults.ts";
import { resolveOptions } from "../../src/core/install/choices.ts";
import { components } from "../../src/core/install/names.ts";
import { installObjects } from "../../src/core/install/objects.ts";
import { isObject } from "../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { issueText } from "../../src/core/base/text/issue.ts";
import { parseQuantity } from "../../src/core/base/scalars/quantity.ts";

export type Victim = "webhook" | "controller";

export interface Installed {
  /** Bytes that the container may have. */
  readonly memory: number;
  /** Those of the Deployment that are about how it works; where files and other objects are is the test's. */
  readonly flags: readonly string[];
  /** Of the container, such as NODE_OPTIONS, which bounds V8's heap by a part of the container's memory. */
  readonly environment: Readonly<Record<string, string>>;
}

export const installed = (victim: Victim): Installed => {
  const component = { webhook: components.injector, controller: components.controller }[victim];
  const container = containerNamed(component);
  const limit = at(container, "resources", "limits", "memory");
  const args = at(container, "args");
  const environment = at(container, "env");
  return {
    memory: bytesOf(String(limit)),
    environment: Object.fromEntries(
      (Array.isArray(environment) ? environment : []).map((each) => [
        String(at(each, "name")),
        String(at(each, "value")),
      ]),
    ),
    flags: (Array.isArray(args) ? args : []).map(String).filter((flag) => workFlags.test(flag)),
  };
};

const workFlags = /^--(events|identity-lifetime|identity-clock-skew|identity-spiffe|log-level|log-format)=/;

/** What the image starts Node with, before the program. */
export const nodeFlags = (): readonly string[] => {
  const dockerfile = readFileSync(fileURLToPath(new URL("../../images/weft/Dockerfile", import.meta.url)), "utf8");
  const [, json = "[]"] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  return (JSON.parse(json) as readonly string[]).slice(1, -1);
};

/** Of an installation with a control plane of its own, and nothing said that is not usual. */
export function installation(weft: JsonObject = {}): readonly JsonObject[] {
  const result = resolveOptions({
    namespace: "weft",
    version: "1.0.0",
    base: defaultValues,
    given: { weft },
    trustAnchors: "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n",
    issuer: { certificate: "Q0E=", key: "S0VZ" },
    files: undefined,
    sha256: () => "0",
  });
  if ("issues" in result) throw new Error(result.issues.map(issueText).join("\n"));
  return installObjects(result.value.options);
}

function containerNamed(name: string): Json {
  const containers = installation()
    .filter(({ kind }) => kind === "Deployment")
    .flatMap((object) => at(object, "spec", "template", "spec", "containers") ?? []);
  const found = containers.find((container) => isObject(container) && container["name"] === name);
  if (found === undefined) throw new Error(`no Deployment has a container ${name}`);
  return found;
}

export const at = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((found, key) => (isObject(found) ? found[key] : undefined), value);

function bytesOf(text: string): number {
  const quantity = parseQuantity(text);
  if (quantity?.kind !== "small") throw new Error(`${text} is not an amount of memory`);
  return Number(quantity.value) * 10 ** quantity.scale;
}
