import { podText, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import type { ServerAttack } from "../shape.ts";

const places: readonly (readonly [namespace: string, kind: string, name: string])[] = [
  ["../../../apis/rbac.authorization.k8s.io/v1/clusterroles?dryRun=All#", "StatefulSet", "x"],
  ["../../../../metrics#", "StatefulSet", "x"],
  ["shop/pods/web/exec?command=sh#", "StatefulSet", "x"],
  ["shop%2fpods", "StatefulSet", "x"],
  ["shop", "ReplicaSet", ".."],
  ["shop", "ReplicaSet", "../../../../../api/v1/secrets"],
  ["shop", "Job", "."],
  ["..", "ReplicaSet", "x"],
  [".", "Job", "x"],
  ["shop", "StatefulSet", "other-event#"],
  ["shop", "StatefulSet", "x?fieldManager=y&force=true"],
  ["shop", "DaemonSet", "../../../../../logs"],
  ["shop", "StatefulSet", "a b"],
  ["shop", "StatefulSet", "\u0000"],
  ["shop", "StatefulSet", "%2e%2e"],
  ["SHOP", "StatefulSet", "x"],
  ["shop", "../../pods", "x"],
];

/** What weft asks for, with names that Kubernetes takes (RFC 1123). */
const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const query = String.raw`(\?[\w=&%.,*-]*)?`;
const expected = new RegExp(
  `^(${[
    `/api/v1/namespaces(/${label})?`,
    `/api/v1/namespaces/${label}/events(/${subdomain})?`,
    `/apis/apps/v1/namespaces/${label}/replicasets/${subdomain}`,
    `/apis/batch/v1/namespaces/${label}/jobs/${subdomain}`,
  ].join("|")})${query}$`,
);
const dryRun = /[?&]dryRun=/;

const forged = (index: number): string => {
  const [namespace, kind, name] = places[index % places.length] ?? places[0] ?? ["", "", ""];
  const apiVersion = kind === "Job" ? "batch/v1" : "apps/v1";
  // The same owner three times: its Event is created once, and patched after that.
  const uid = `u${Math.floor(index / (3 * places.length))}`;
  const owner = JSON.stringify({ apiVersion, kind, name, uid, controller: true });
  return review(podText({ metadata: `,"ownerReferences":[${owner}]` }), { uid, namespace });
};

export const pathInjection: ServerAttack = {
  name: "path-injection",
  claim: "No name in a review leads weft's token to another path of the API server.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  attack: async ({ ports }, over) => {
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 2, body: forged }, over);
    return { says: `${postedWords(posted)}, of ${places.length} odd names`, happened: posted.sent > places.length };
  },
  wrong: ({ asked }) => {
    const strange = asked.filter(({ url }) => !expected.test(url) || dryRun.test(url));
    return [...new Set(strange.map(({ method, url }) => `${method} ${url}`))].slice(0, 5);
  },
};
