import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { newFolder } from "../../support/folder.ts";
import { podObject, recorded } from "../../support/recorded-traffic.ts";
import { trafficCluster } from "../../support/traffic-cluster.ts";

const main = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
/** Says at the end how much memory the process had, in kilobytes. */
const measured =
  "data:text/javascript,process.on('exit',()=>process.stderr.write('rss '+process.resourceUsage().maxRSS))";

describe("weft edges of 200 pods", () => {
  it("takes less than 300 MB, ten forwards at once, and leaves none", async function () {
    this.timeout(120_000);
    const pods = Array.from({ length: 200 }, (_, index) => {
      const name = index % 2 === 0 ? "frontend" : "backend";
      const owner = { kind: "Deployment", name };
      return podObject(`${name}-${index}`, { ip: `10.98.0.${index}`, account: name, owner });
    });
    const folder = await newFolder();
    const cluster = await trafficCluster(folder.path, pods, ({ name }) =>
      recorded(`metrics-${name.replace(/-.*/, "")}.txt`),
    );
    try {
      const command = ["--import", measured, main, "edges", "-A", "--kubeconfig", cluster.kubeconfig];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, command);
      expect(stdout).to.equal(recorded("expected-edges.txt"));
      expect(cluster.asked).to.have.length(400);
      expect(cluster.forwards.most()).to.equal(10);
      expect(cluster.forwards.open()).to.equal(0);
      expect(Number(/rss (\d+)$/.exec(stderr)?.[1]) / 1000).to.be.lessThan(300);
    } finally {
      await cluster.stop();
      await folder.destroy();
    }
  });

  // Each of them took all the room there was for pages, and what was made of them a gigabyte.
  it("shows the others where ten pods have pages of a hundred thousand peers", async function () {
    this.timeout(120_000);
    const pods = Array.from({ length: 30 }, (_, index) => {
      const name = index < 10 ? "evil" : index % 2 === 0 ? "frontend" : "backend";
      const owner = { kind: "Deployment", name };
      return podObject(`${name}-${index}`, { ip: `10.98.0.${index}`, account: name, owner });
    });
    const series = Array.from(
      { length: 100_000 },
      (_, index) => `tcp_open_total{direction="outbound",peer="dst",dst_pod="p${index}",dst_namespace="x"} 1\n`,
    );
    const evil = `process_start_time_seconds 1\n${series.join("")}`;
    const folder = await newFolder();
    const cluster = await trafficCluster(folder.path, pods, ({ name }) =>
      name.startsWith("evil") ? evil : recorded(`metrics-${name.replace(/-.*/, "")}.txt`),
    );
    try {
      const command = ["--import", measured, main, "edges", "deployment", "-A", "--kubeconfig", cluster.kubeconfig];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, command);
      expect(stdout).to.equal(recorded("expected-edges.txt"));
      expect(stderr).to.match(/ of 30 pods could not be read \(.*: more is counted there than there is room for$/m);
      expect(Number(/rss (\d+)$/.exec(stderr)?.[1]) / 1000).to.be.lessThan(500);
    } finally {
      await cluster.stop();
      await folder.destroy();
    }
  });
});
