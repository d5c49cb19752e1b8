/** What the help of a command ends with: how it is typed, and the page that says more. */
import type { Io } from "./io.ts";
import { whereOf } from "./where.ts";

interface Examples {
  readonly lines: readonly string[];
  /** Of `docs/`, without `.md`. */
  readonly page?: string;
}

export const examples: Readonly<Record<string, Examples>> = {
  inject: {
    lines: ["weft inject app.yaml | kubectl apply -f -", "weft inject --manual --context prod app.yaml"],
    page: "manifests",
  },
  completion: { lines: ["weft completion zsh > _weft"], page: "completion" },
  uninject: { lines: ["weft uninject app.yaml | kubectl apply -f -"], page: "manifests" },
  webhook: { lines: ["weft webhook --settings values.yaml --trust-anchors ca.crt"], page: "flags" },
  controller: { lines: ["weft controller --trust-anchors ca.crt --issuer-dir issuer"], page: "controller" },
  certificates: { lines: ["weft certificates --namespace weft"], page: "certificates" },
  serve: { lines: ["weft serve --all"], page: "flags" },
  install: {
    lines: [
      "weft install --image REGISTRY/weft > weft.yaml && kubectl apply -f weft.yaml",
      "weft install --adopt-linkerd | kubectl apply -f -",
    ],
    page: "install",
  },
  upgrade: {
    lines: ["weft upgrade", "weft upgrade -o yaml | kubectl apply -f - && weft upgrade --wait 2m"],
    page: "upgrade",
  },
  uninstall: { lines: ["weft uninstall | kubectl delete -f -"], page: "uninstall" },
  backfill: { lines: ["weft backfill --dry-run"], page: "install" },
  identity: {
    lines: ["weft identity status", "weft identity rotate issuer --start --anchor-key-file weft-anchor.key"],
    page: "identity-rotation",
  },
  review: { lines: ["weft review --objects cluster.yaml < reviews.jsonl"], page: "flags" },
  wrap: {
    lines: [
      "weft wrap ca --cert-file root.pem --key-file root.key",
      "weft wrap certs --ca-cert root.pem --ca-key root.key app.yaml > secrets.yaml",
      "weft wrap inject app.yaml | kubectl apply -f -",
      "weft wrap uninject --to-linkerd2 app.yaml | kubectl apply -f -",
      "weft wrap check wrapped.yaml secrets.yaml",
      "weft wrap convert linkerd.yaml > linkerd-1.yaml",
    ],
    page: "wrap",
  },
  explain: { lines: ["weft explain deploy/web -n shop", "weft explain app.yaml --context prod"], page: "explain" },
  lint: { lines: ["weft lint manifests/", "weft lint -o sarif manifests/ > weft.sarif"], page: "lint" },
  diff: { lines: ["weft diff deploy/web -n shop"], page: "manifests" },
  rules: { lines: ["weft rules deploy/web -n shop"], page: "redirect" },
  edges: {
    lines: ["weft edges deployment -n shop", "weft edges -A -o wide", "weft edges --pages pages --objects pods.json"],
    page: "seeing",
  },
  stat: { lines: ["weft stat deploy -n shop", "weft stat deploy/web --to deploy/db -t 1m"], page: "seeing" },
  status: { lines: ["weft status -n shop", "weft status --missed -A"], page: "status" },
  restart: { lines: ["weft restart --missed --dry-run", "weft restart --missed -n shop"], page: "status" },
  check: { lines: ["weft check --pre", "weft check --wait 2m", "weft check --proxy"], page: "check" },
  version: { lines: ["weft version", "weft version --client"] },
  debug: {
    lines: [
      "weft debug web-0 -n shop --wire",
      "weft debug web-0 -n shop --pcap web.pcap --for 30s",
      "weft debug web-0 -n shop -- tshark -i lo -Y http",
    ],
    page: "debug",
  },
  tap: { lines: ["weft tap deploy/web -n shop", "weft tap deploy/web --to svc/db --path /api"], page: "tap" },
  dashboard: { lines: ["weft dashboard -n shop", "weft dashboard -A --no-open"], page: "dashboard" },
  top: { lines: ["weft top deploy/web -n shop", "weft top ns/shop --for 30s > top.txt"], page: "tap" },
  demo: { lines: ["weft demo"] },
};

/** For the end of a command's help, or of one of its actions; empty where there is nothing. */
export function examplesText(command: string, io: Io, action?: string): string {
  const { lines: all = [], page } = examples[command] ?? {};
  const lines = action === undefined ? all : all.filter((line) => line.startsWith(`weft ${command} ${action} `));
  const more = page === undefined ? [] : ["", `More: ${whereOf({ page }, io)}`];
  return lines.length === 0 ? "" : ["", "Examples:", ...lines.map((line) => `  ${line}`), ...more].join("\n");
}
