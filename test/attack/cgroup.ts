/**
 * A memory limit as a container's: a cgroup of version 1 (memory.limit_in_bytes; with swap, where that is counted) or 2
 * (memory.max, memory.swap.max). Which one the machine has is found out when somebody asks; both may be mounted, and the
 * memory controller is in one of them (Documentation/admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst).
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Cgroups {
  readonly version: 1 | 2;
  /** A group with a limit in bytes, of which nothing can be swapped out. The name is new. */
  readonly create: (name: string, bytes: number) => Cgroup;
  /** Removes what groups are left, and puts back what was changed to make them possible. At once: a process may end with it. */
  readonly end: () => void;
}

export interface Cgroup {
  /** A process belongs to the group once its number is written here; so do its children. */
  readonly procs: string;
  /** Processes that the kernel has killed, as there was no memory left below the limit. */
  readonly kills: () => number;
  /** Kills who is still in it, and waits for that, two seconds at most. */
  readonly destroy: () => void;
}

export interface Missing {
  readonly missing: string;
}

/** What is asked of the kernel; a test does by itself what the kernel would. */
export interface Kernel {
  /** Makes a folder, and its files in it. */
  readonly makeFolder: (path: string) => void;
  readonly write: (file: string, text: string) => void;
  /** Removes a folder; its files go with it. */
  readonly removeFolder: (path: string) => void;
}

const theKernel: Kernel = { makeFolder: mkdirSync, write: writeFileSync, removeFolder: rmdirSync };

export function memoryCgroups(root = "/sys/fs/cgroup", kernel = theKernel): Cgroups | Missing {
  try {
    if (existsSync(join(root, "memory", "memory.limit_in_bytes"))) return version1(join(root, "memory"), kernel);
    if (controllersIn(join(root, "cgroup.controllers")).includes("memory")) return version2(root, kernel);
    return { missing: `no memory controller in ${root}` };
  } catch (error) {
    return { missing: (error as Error).message };
  }
}

function version1(parent: string, kernel: Kernel): Cgroups {
  probe(parent, kernel);
  const left = new Set<Cgroup>();
  return {
    version: 1,
    create: (name, bytes) => {
      const folder = join(parent, name);
      kernel.makeFolder(folder);
      kernel.write(join(folder, "memory.limit_in_bytes"), String(bytes));
      // Memory and swap together; not below the limit of memory alone, so it comes second.
      const both = join(folder, "memory.memsw.limit_in_bytes");
      if (existsSync(both)) kernel.write(both, String(bytes));
      return group({ folder, events: "memory.oom_control", left }, kernel);
    },
    end: () => destroyAll(left),
  };
}

function version2(root: string, kernel: Kernel): Cgroups {
  const end = allowed(root, kernel);
  const left = new Set<Cgroup>();
  return {
    version: 2,
    create: (name, bytes) => {
      const folder = join(root, name);
      kernel.makeFolder(folder);
      kernel.write(join(folder, "memory.max"), String(bytes));
      const swap = join(folder, "memory.swap.max");
      if (existsSync(swap)) kernel.write(swap, "0");
      return group({ folder, events: "memory.events", left }, kernel);
    },
    end: () => {
      destroyAll(left);
      end();
    },
  };
}

/** Fails where groups cannot be made: mounted read-only, or not root. Takes away what a run has left that was killed. */
function probe(parent: string, kernel: Kernel): void {
  for (const name of readdirSync(parent)) {
    const [, pid] = /^weft-attack-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removedSoon(join(parent, name), kernel);
  }
  const folder = join(parent, `weft-attack-${process.pid}-probe`);
  kernel.makeFolder(folder);
  kernel.removeFolder(folder);
}

/**
 * Groups below get a memory controller when `cgroup.subtree_control` says so. The kernel takes that for the machine's
 * root always, elsewhere only where no process is in the group itself ("no internal process constraint"). In a container
 * they all are: they move to a group beside the new ones, as kind and docker-in-docker do it, and come back at the end.
 */
function allowed(root: string, kernel: Kernel): () => void {
  const control = join(root, "cgroup.subtree_control");
  probe(root, kernel);
  if (controllersIn(control).includes("memory")) return () => undefined;
  try {
    kernel.write(control, "+memory");
    return () => kernel.write(control, "-memory");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
  }
  const aside = join(root, `weft-attack-${process.pid}-others`);
  kernel.makeFolder(aside);
  const back = (): void => {
    move(aside, root, kernel);
    kernel.removeFolder(aside);
  };
  try {
    move(root, aside, kernel);
    kernel.write(control, "+memory");
  } catch (error) {
    back();
    throw error;
  }
  return () => {
    kernel.write(control, "-memory");
    back();
  };
}

/** Some may be started while others move. */
function move(from: string, to: string, kernel: Kernel): void {
  for (let round = 0; round < 5; round += 1) {
    const processes = linesOf(join(from, "cgroup.procs"));
    if (processes.length === 0) return;
    for (const id of processes) {
      try {
        kernel.write(join(to, "cgroup.procs"), id);
      } catch (error) {
        // It has ended since.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }
}

interface Made {
  readonly folder: string;
  /** The file that counts kills. */
  readonly events: string;
  /** All that are there. */
  readonly left: Set<Cgroup>;
}

function group({ folder, events, left }: Made, kernel: Kernel): Cgroup {
  const made: Cgroup = {
    procs: join(folder, "cgroup.procs"),
    kills: () =>
      Number(linesOf(join(folder, events)).flatMap((line) => /^oom_kill (\d+)$/.exec(line)?.[1] ?? [])[0] ?? 0),
    destroy: () => {
      left.delete(made);
      for (const id of linesOf(made.procs)) process.kill(Number(id), "SIGKILL");
      removedSoon(folder, kernel);
    },
  };
  left.add(made);
  return made;
}

function destroyAll(left: ReadonlySet<Cgroup>): void {
  for (const each of left) each.destroy();
}

/** A process is gone for its group a little later than for its parent. */
function removedSoon(folder: string, kernel: Kernel): void {
  for (let tries = 40; ; tries -= 1) {
    try {
      return kernel.removeFolder(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY" || tries === 0) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

const controllersIn = (file: string): readonly string[] => linesOf(file).flatMap((line) => line.split(" "));

const linesOf = (file: string): readonly string[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];
