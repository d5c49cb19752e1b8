/** A chart of cdk8s whose pods are meshed when it is synthesised: prints the manifest. */
import { readFileSync } from "node:fs";
import { ApiObject, App, Chart, Yaml } from "cdk8s";
import { inject, issueText, parseSettings, warningLines } from "weft-mesh";

const parsed = parseSettings(undefined, { trustAnchors: readFileSync("ca.crt", "utf8") });
if ("issues" in parsed) throw new Error(parsed.issues.map(issueText).join("\n"));

const app = new App();
const chart = new Chart(app, "shop", { namespace: "shop" });
new ApiObject(chart, "web", {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" }, annotations: { "linkerd.io/inject": "enabled" } },
      spec: { containers: [{ name: "web", image: "registry.example/web:1.9" }] },
    },
  },
});

const objects = (chart.toJson() as readonly object[]).map((object) => {
  const injection = inject(object, { settings: parsed.settings });
  if ("issues" in injection) throw new Error(injection.issues.map(issueText).join("\n"));
  for (const line of warningLines(injection.subject, injection.warnings)) console.error(line);
  return "object" in injection ? injection.object : object;
});
console.log(objects.map((object) => Yaml.stringify(object)).join("---\n"));
