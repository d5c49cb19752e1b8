/**
 * What a process in a pod loads: the programs that run for months, and a request to the API server at the environment's
 * address with the files of the folder that is given. Prints the answer's body, the packages that were loaded, and whether
 * Node's `fetch` was.
 */
import { registerHooks } from "node:module";

const packages = new Set<string>();
registerHooks({
  load(url, context, next) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
    if (name !== undefined) packages.add(name);
    return next(url, context);
  },
});

await import("../../src/serve/webhook/server.ts");
await import("../../src/serve/controller/server.ts");
await import("../../src/serve/certificates/server.ts");
const { connect } = await import("../../src/kube/connect.ts");
const { env, argv } = process;
const [, , serviceAccountDir = "", kubeconfig] = argv;
const api = await connect({ env, serviceAccountDir, kubeconfig });
if ("issues" in api) throw new Error(JSON.stringify(api.issues));
const { body } = await api.value.ask({ method: "GET", path: "/version" });
const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] };
const fetches = moduleLoadList.some((name) => name.includes("undici"));
process.stdout.write(JSON.stringify({ body, packages: [...packages], fetches }));
process.exit();
