import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { newFolder } from "../support/folder.ts";
import type { Folder } from "../support/folder.ts";
import { memoryCgroups } from "./cgroup.ts";
import type { Cgroups, Kernel } from "./cgroup.ts";

const mib = 2 ** 20;

/** A folder as the kernel has one; what it does when files are written is not here. */
describe("attack: cgroups", () => {
  let root: Folder;
  beforeEach(async () => {
    root = await newFolder();
  });
  afterEach(() => root.destroy());

  /** As the kernel does: a folder has files at once, and goes with them. */
  const filled = (files: Readonly<Record<string, string>>, write: Kernel["write"] = writeFileSync): Kernel => ({
    makeFolder: (path) => {
      mkdirSync(path);
      if (basename(path).endsWith("-probe")) return;
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    },
    write,
    removeFolder: (path) => rmSync(path, { recursive: true }),
  });
  const groups = (found: ReturnType<typeof memoryCgroups>): Cgroups => {
    if ("missing" in found) throw new Error(found.missing);
    return found;
  };
  const text = (...path: readonly string[]): string => readFileSync(join(root.path, ...path), "utf8");

  describe("version 1", () => {
    const files = {
      "memory.limit_in_bytes": "",
      "cgroup.procs": "",
      "memory.oom_control": "under_oom 0\noom_kill 2\n",
    };
    beforeEach(() => {
      mkdirSync(join(root.path, "memory"));
      writeFileSync(join(root.path, "memory", "memory.limit_in_bytes"), "");
    });

    it("limits memory and swap together, where swap is counted", () => {
      const made = groups(memoryCgroups(root.path, filled({ ...files, "memory.memsw.limit_in_bytes": "" })));
      const group = made.create("a", 768 * mib);
      expect(made.version).to.equal(1);
      expect(text("memory", "a", "memory.limit_in_bytes")).to.equal(String(768 * mib));
      expect(text("memory", "a", "memory.memsw.limit_in_bytes")).to.equal(String(768 * mib));
      expect(group.procs).to.equal(join(root.path, "memory", "a", "cgroup.procs"));
      expect(group.kills()).to.equal(2);
    });

    it("limits memory alone, where it is not", () => {
      groups(memoryCgroups(root.path, filled(files))).create("a", mib);
      expect(() => text("memory", "a", "memory.memsw.limit_in_bytes")).to.throw("ENOENT");
    });

    it("says why no group can be made", () => {
      const readOnly = (): never => {
        throw new Error("EROFS: read-only file system");
      };
      expect(memoryCgroups(root.path, { makeFolder: readOnly, write: readOnly, removeFolder: readOnly })).to.deep.equal(
        { missing: "EROFS: read-only file system" },
      );
    });
  });

  describe("version 2", () => {
    const files = {
      "memory.max": "max",
      "memory.swap.max": "max",
      "memory.events": "low 0\nmax 9\noom 3\noom_kill 1\noom_group_kill 0\n",
      "cgroup.procs": "",
    };
    const mounted = (controllers: string, allowed: string): void => {
      writeFileSync(join(root.path, "cgroup.controllers"), `${controllers}\n`);
      writeFileSync(join(root.path, "cgroup.subtree_control"), `${allowed}\n`);
      writeFileSync(join(root.path, "cgroup.procs"), "");
    };

    it("limits memory, and swap to none", () => {
      mounted("cpu io memory pids", "cpu memory");
      const made = groups(memoryCgroups(root.path, filled(files)));
      const group = made.create("a", 1024 * mib);
      expect(made.version).to.equal(2);
      expect(text("a", "memory.max")).to.equal(String(1024 * mib));
      expect(text("a", "memory.swap.max")).to.equal("0");
      expect(group.procs).to.equal(join(root.path, "a", "cgroup.procs"));
      expect(group.kills()).to.equal(1);
      made.end();
      expect(text("cgroup.subtree_control")).to.equal("cpu memory\n");
    });

    /** As kernels write it, older and newer ones. */
    const recorded: readonly [claim: string, text: string, kills: number][] = [
      ["beside what they hold up", "low 0\nhigh 0\nmax 412\noom 7\noom_kill 3\n", 3],
      ["beside those of whole groups", "low 0\nhigh 0\nmax 88\noom 1\noom_kill 1\noom_group_kill 0\n", 1],
      ["not those of whole groups", "low 0\nhigh 12\nmax 0\noom 0\noom_kill 0\noom_group_kill 4\n", 0],
      ["none where they are not counted", "low 0\nhigh 0\nmax 3\noom 1\n", 0],
    ];
    for (const [claim, events, kills] of recorded) {
      it(`reads kills, ${claim}`, () => {
        mounted("cpuset cpu io memory hugetlb pids rdma misc", "cpuset cpu io memory pids");
        const made = groups(memoryCgroups(root.path, filled({ ...files, "memory.events": events })));
        expect(made.create("a", mib).kills()).to.equal(kills);
      });
    }

    it("takes away groups of runs that are no more", () => {
      mounted("memory", "memory");
      mkdirSync(join(root.path, "weft-attack-999999999-a"));
      mkdirSync(join(root.path, `weft-attack-${process.ppid}-a`));
      groups(memoryCgroups(root.path, filled(files)));
      expect(existsSync(join(root.path, "weft-attack-999999999-a"))).to.equal(false);
      expect(existsSync(join(root.path, `weft-attack-${process.ppid}-a`))).to.equal(true);
    });

    it("leaves swap alone where it is not counted", () => {
      mounted("memory", "memory");
      groups(memoryCgroups(root.path, filled({ "memory.max": "max" }))).create("a", mib);
      expect(() => text("a", "memory.swap.max")).to.throw("ENOENT");
    });

    it("allows groups to have the controller where they have not, and takes that back", () => {
      mounted("cpu memory", "cpu");
      const made = groups(memoryCgroups(root.path, filled(files)));
      expect(text("cgroup.subtree_control")).to.equal("+memory");
      made.end();
      expect(text("cgroup.subtree_control")).to.equal("-memory");
    });

    it("moves processes aside where the kernel wants none in the group itself, and back", () => {
      mounted("memory", "");
      writeFileSync(join(root.path, "cgroup.procs"), "7\n9\n");
      const here = join(root.path, "cgroup.procs");
      const aside = join(root.path, `weft-attack-${process.pid}-others`, "cgroup.procs");
      const write: Kernel["write"] = (file, words) => {
        const isControl = file === join(root.path, "cgroup.subtree_control");
        if (isControl && text("cgroup.procs") !== "") throw Object.assign(new Error("EBUSY"), { code: "EBUSY" });
        if (basename(file) !== "cgroup.procs") return writeFileSync(file, words);
        const from = file === here ? aside : here;
        writeFileSync(from, readFileSync(from, "utf8").replace(`${words}\n`, ""));
        writeFileSync(file, `${readFileSync(file, "utf8")}${words}\n`);
      };
      const made = groups(memoryCgroups(root.path, filled(files, write)));
      expect(text("cgroup.subtree_control")).to.equal("+memory");
      expect(text("cgroup.procs")).to.equal("");
      expect(readFileSync(aside, "utf8")).to.equal("7\n9\n");
      made.end();
      expect(text("cgroup.procs")).to.equal("7\n9\n");
      expect(text("cgroup.subtree_control")).to.equal("-memory");
      expect(existsSync(aside)).to.equal(false);
    });

    it("has no limits where the controller is not: it is in no version, or in version 1 alone", () => {
      mounted("cpu pids", "");
      expect(memoryCgroups(root.path, filled(files))).to.deep.equal({
        missing: `no memory controller in ${root.path}`,
      });
    });
  });

  it("says so where nothing is mounted", () => {
    expect(memoryCgroups(root.path)).to.deep.equal({ missing: `no memory controller in ${root.path}` });
  });
});
