import { readFileSync } from "node:fs";
import { defaultValues, inject, issueText, parseSettings, warningLines } from "../../src/index.ts";

// Linkerd's Helm values, as an object or as YAML; these are its chart's. Parsed once, for any number of objects.
const parsed = parseSettings(defaultValues, { trustAnchors: readFileSync("ca.crt", "utf8") });
if ("issues" in parsed) throw new Error(parsed.issues.map(issueText).join("\n"));

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop" },
  spec: {
    template: {
      metadata: { annotations: { "config.linkerd.io/proxy-cpu-request": "100 m" } },
      spec: { containers: [{ name: "web", image: "registry.example/web:1.9", ports: [{ containerPort: 8080 }] }] },
    },
  },
};

const injection = inject(deployment, {
  settings: parsed.settings,
  namespace: { annotations: { "linkerd.io/inject": "enabled" } },
});

if (injection.kind === "injected") {
  // `injection.object` is the deployment with the proxy in its template, and of the deployment's type.
  for (const { op, path } of injection.patch) console.log(op, path);
  for (const line of warningLines(injection.subject, injection.warnings)) console.log(line);
}
