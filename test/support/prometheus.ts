/** A Prometheus of this machine that scrapes as manifests/monitoring/scrape-config.yaml says, and keeps its rules. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { until } from "./until.ts";

export const monitoring = fileURLToPath(new URL("../../manifests/monitoring/", import.meta.url));

const isThere = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
/** Debian's package prometheus has both. */
export const missingPrograms = ["prometheus", "promtool"].filter((program) => !isThere(program));

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** In the order of their labels. */
  readonly ask: (query: string) => Promise<readonly Sample[]>;
  readonly stop: () => Promise<void>;
}

/** `targets`: what `kubernetes_sd_configs` would find. Debian's Prometheus knows no Kubernetes, so a file says it. */
export async function startPrometheus(folder: string, targets: readonly object[]): Promise<Prometheus> {
  copyFileSync(join(monitoring, "rules.yaml"), join(folder, "rules.yaml"));
  const { scrape_configs: [config] = [] } = parse(readFileSync(join(monitoring, "scrape-config.yaml"), "utf8")) as {
    readonly scrape_configs?: readonly Record<string, unknown>[];
  };
  writeFileSync(join(folder, "targets.json"), JSON.stringify(targets));
  writeFileSync(
    join(folder, "prometheus.yaml"),
    stringify({
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: ["rules.yaml"],
      scrape_configs: [{ ...config, kubernetes_sd_configs: undefined, file_sd_configs: [{ files: ["targets.json"] }] }],
    }),
  );
  const port = await freePort();
  const child = spawn(
    "prometheus",
    [
      "--config.file=prometheus.yaml",
      `--web.listen-address=127.0.0.1:${port}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      "--log.level=error",
    ],
    { cwd: folder, stdio: ["ignore", "ignore", "inherit"] },
  );
  const ask = async (query: string): Promise<readonly Sample[]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
    const { data, error } = (await answer.json()) as {
      readonly data?: {
        readonly result: readonly { readonly metric: Sample["metric"]; readonly value: [number, string] }[];
      };
      readonly error?: string;
    };
    if (data === undefined) throw new Error(`${query}: ${error ?? answer.statusText}`);
    const key = ({ metric }: Sample): string =>
      JSON.stringify(
        Object.entries(metric)
          .map((entry) => entry.join("="))
          .toSorted(),
      );
    return data.result
      .map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
      .toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  };
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
    return fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return { ask, stop: () => ended(child) };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill();
  await once(child, "exit");
}

/** Prometheus does not say which port it took. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
