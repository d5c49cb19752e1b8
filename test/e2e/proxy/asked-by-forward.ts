/** weft's commands against the tests' API server, whose port-forwards lead into the pods' networks. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { run } from "../../../src/cli/program.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import type { HttpApi } from "../../support/api-http.ts";
import { forwards } from "../../support/kubelet.ts";
import { recordingIo } from "../../support/recording-io.ts";
import type { LabPod } from "./pod.ts";

export interface AskedByForward {
  /** Runs a command; the list that it prints as JSON. */
  readonly weft: (words: readonly string[]) => Promise<readonly JsonObject[]>;
  /** Forwards that are open. */
  readonly open: () => number;
  readonly end: () => void;
}

/** What the container runtime does in the network of a pod. */
const dialler = `const socket = require("node:net").connect(Number(process.argv[1]), "127.0.0.1");
process.stdin.pipe(socket).pipe(process.stdout);
socket.on("error", () => process.exit(1)).on("close", () => process.exit(0));`;

/** A port of 127.0.0.1 in the network of a pod. */
export function dialIn({ space }: LabPod, port: number): Duplex {
  const child = space.start([process.execPath, "-e", dialler, String(port)]);
  if (child.stdout === null || child.stdin === null) throw new Error("no streams");
  return Duplex.from({ readable: child.stdout, writable: child.stdin }).once("close", () => child.kill());
}

export function askedByForward(http: HttpApi, podNamed: (name: string) => LabPod | undefined): AskedByForward {
  const open = forwards(http.server, ({ name }, port) => {
    const pod = podNamed(name);
    return pod === undefined ? `no pod ${name}` : dialIn(pod, port);
  });
  const folder = mkdtempSync(join(tmpdir(), "weft-forward-"));
  writeFileSync(join(folder, "kubeconfig"), http.kubeconfig);
  return {
    open: open.open,
    weft: async (words) => {
      const io = recordingIo();
      const code = await run([...words, "--kubeconfig", join(folder, "kubeconfig")], io);
      if (code !== 0) throw new Error(io.written.stderr);
      return JSON.parse(io.written.stdout) as readonly JsonObject[];
    },
    end: () => rmSync(folder, { recursive: true }),
  };
}
