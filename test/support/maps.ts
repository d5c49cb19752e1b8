/** Maps of meshes that do not exist, for the dashboard: small, large, odd. The same arguments give the same map. */
import type { MapEdge, MapState, MapWorkload } from "../../src/core/traffic/map.ts";
import { hintOf, reasonOf } from "../../src/core/traffic/reasons.ts";
import type { Figures } from "../../src/web/page/shown.ts";

/** Milliseconds since 1970: the first round of every map here. */
export const beginning = Date.UTC(2026, 10, 30, 14, 0, 0);
const every = 10_000;

const none: Figures = { rps: null, success: null, p50: null, p95: null, p99: null, open: null };

export const workload = (id: string, pods: number, meshed = pods, figures: Partial<Figures> = {}): MapWorkload => {
  const [namespace = "", kind = "", ...name] = id.split("/");
  return { id, namespace, kind, name: name.join("/"), pods, meshed, ...none, ...figures };
};

export const edge = (from: string, to: string, figures: Partial<MapEdge> = {}): MapEdge => ({
  from,
  to,
  secured: 3,
  total: 3,
  reason: "",
  reasons: [],
  client_id: identity(from),
  server_id: identity(to),
  ports: [8080],
  protocol: "http",
  ...none,
  open: 0,
  read: null,
  write: null,
  ...figures,
});

/** Why not all are secured: labels, most connections first. */
export const because = (...labels: readonly string[]): Pick<MapEdge, "reason" | "reasons"> => ({
  reason: labels[0] ?? "",
  reasons: labels.map((label) => ({
    text: reasonOf({ tls: "no_identity", no_tls_reason: label })?.text ?? label,
    hint: hintOf(label) ?? "",
  })),
});

/** Ends of edges that no list of pods has, as the map has them. */
export const callers = "-//(not meshed)";
const accountOrOutside = (id: string): MapWorkload => ({ ...workload(id, 0), open: null });

const identity = (id: string): string => {
  const [namespace = "", , name = ""] = id.split("/");
  return name === "" ? "" : `${name}.${namespace}`;
};

export const message = (
  workloads: readonly MapWorkload[],
  edges: readonly MapEdge[],
  { round = 0, failed = [] }: { readonly round?: number; readonly failed?: MapState["pods"]["failed"] } = {},
): MapState => {
  const sum = (pick: (each: MapWorkload) => number): number => workloads.reduce((all, each) => all + pick(each), 0);
  const meshed = sum((each) => each.meshed);
  const known = new Set(workloads.map(({ id }) => id));
  const strangers = [...new Set(edges.flatMap(({ from, to }) => [from, to]))].filter((id) => !known.has(id));
  return {
    at: beginning + round * every,
    seconds: round === 0 ? null : every / 1000,
    pods: { read: Math.max(0, meshed - failed.length), meshed, running: sum(({ pods }) => pods), failed },
    workloads: [...workloads, ...strangers.map(accountOrOutside)],
    edges,
  };
};

/** Between 0 and 1, like chance, and always the same. */
const wave = (seed: number, round: number): number =>
  (Math.sin(seed * 12.9898 + round * 0.55) + Math.sin(seed * 4.1 + round * 0.21) + 2) / 4;

/** Figures of so many requests in a second, up and down from round to round. */
export function figures(
  rps: number,
  latency: number,
  round: number,
  seed: number,
  success = 1,
): Figures & { open: number; read: number; write: number } {
  if (round === 0) return { ...none, open: 2, read: 0, write: 0 };
  const rate = rps * (0.75 + 0.5 * wave(seed, round));
  const slow = latency * (0.8 + 0.5 * wave(seed + 7, round));
  return {
    rps: rate,
    success: success === 1 ? 1 : success - 0.02 * wave(seed + 3, round),
    p50: slow,
    p95: slow * 3.1,
    p99: slow * (5 + 3 * wave(seed + 1, round)),
    open: 1 + Math.round(rate / 20),
    read: rate * 410,
    write: rate * 1290,
  };
}

const ids = {
  ingress: "edge/daemonset/ingress",
  web: "shop/deployment/web",
  cart: "shop/deployment/cart",
  catalogue: "shop/deployment/catalogue",
  checkout: "shop/deployment/checkout",
  orders: "shop/statefulset/orders",
  search: "shop/deployment/search",
  payments: "payments/deployment/gateway",
  ledger: "payments/statefulset/ledger",
  mail: "platform/deployment/mailer",
  redis: "platform/statefulset/redis",
  report: "platform/cronjob/nightly-report",
};

/** Twelve workloads of a shop, most of what they say to each other secured. */
export function shop(round: number): MapState {
  const f = (rps: number, latency: number, seed: number, success = 1): ReturnType<typeof figures> =>
    figures(rps, latency, round, seed, success);
  const workloads = [
    workload(ids.ingress, 3, 3, f(64, 4, 1)),
    workload(ids.web, 3, 3, f(62, 6, 2)),
    workload(ids.cart, 2, 2, f(23, 3, 3)),
    workload(ids.catalogue, 4, 4, f(88, 5, 4)),
    workload(ids.checkout, 2, 2, f(6, 21, 5, 0.985)),
    workload(ids.orders, 3, 3, f(7, 9, 6)),
    workload(ids.search, 2, 1, f(31, 12, 7)),
    workload(ids.payments, 2, 2, f(6, 40, 8, 0.99)),
    workload(ids.ledger, 3, 3, f(6, 5, 9)),
    workload(ids.mail, 1, 0),
    workload(ids.redis, 3, 3, { ...none, open: 12 }),
    workload(ids.report, 1, 1, { ...none }),
  ];
  const bytes = {
    ...none,
    protocol: "tcp" as const,
    ports: [6379],
    open: 6,
    read: round === 0 ? null : 18_200,
    write: round === 0 ? null : 51_000,
  };
  const edges = [
    edge(callers, ids.ingress, {
      secured: 0,
      total: 41,
      ...because("no_tls_from_remote"),
      client_id: "",
      ports: [443],
      ...f(64, 4, 1),
    }),
    edge(ids.ingress, ids.web, { secured: 9, total: 9, ...f(62, 6, 2) }),
    edge(ids.web, ids.cart, { secured: 6, total: 6, ...f(14, 3, 3) }),
    edge(ids.web, ids.catalogue, { secured: 12, total: 12, ...f(57, 5, 4) }),
    edge(ids.web, ids.search, {
      secured: 3,
      total: 5,
      ...because("not_provided_by_service_discovery"),
      ...f(31, 12, 7),
    }),
    edge(ids.web, ids.checkout, { secured: 4, total: 4, ...f(6, 21, 5, 0.985) }),
    edge(ids.search, ids.catalogue, { secured: 4, total: 4, ...f(31, 5, 10) }),
    edge(ids.checkout, ids.cart, { secured: 4, total: 4, ...f(9, 3, 11) }),
    edge(ids.checkout, ids.orders, { secured: 6, total: 6, ...f(6, 9, 6) }),
    edge(ids.checkout, ids.payments, { secured: 4, total: 4, ...f(6, 40, 8, 0.99) }),
    edge(ids.payments, ids.ledger, { secured: 6, total: 6, ...f(6, 5, 9) }),
    edge(ids.orders, ids.mail, {
      secured: 0,
      total: 3,
      ...because("not_provided_by_service_discovery"),
      server_id: "",
      ports: [2525],
      protocol: "http",
      ...f(1.4, 60, 12),
    }),
    edge(ids.cart, ids.redis, { secured: 6, total: 6, ...bytes }),
    edge(ids.catalogue, ids.redis, { secured: 8, total: 8, ...bytes }),
    edge(ids.report, ids.orders, { secured: 1, total: 1, ...f(0.05, 80, 13) }),
    edge(ids.orders, ids.orders, { secured: 0, total: 2, ...because("loopback") }),
  ];
  return message(workloads, edges, { round });
}

/** One workload, which calls nobody. */
export const single = (round: number): MapState => message([workload("shop/deployment/web", 1)], [], { round });

/** Pods run, none of them with a proxy. */
export const nothingMeshed = (round: number): MapState =>
  message(
    ["web", "cart", "orders"].map((name) => workload(`shop/deployment/${name}`, 2, 0)),
    [],
    { round },
  );

/** So many workloads in a few namespaces, in layers, as services call each other. */
export function large(count: number, round: number, namespaces = 6): MapState {
  const names = Array.from({ length: count }, (_, index) => {
    const namespace = `team-${String.fromCodePoint(97 + Math.floor((index * namespaces) / count))}`;
    return `${namespace}/deployment/service-${index}`;
  });
  const edges = names.flatMap((to, index) => {
    const calls = index === 0 ? 0 : 1 + Math.floor(2.2 * wave(index, 0));
    return Array.from({ length: calls }, (_, nth) => {
      // Mostly of the own namespace.
      const near = Math.ceil(count / namespaces);
      const back = nth === 2 ? index : Math.min(index, near);
      const from =
        names[index - 1 - Math.floor(wave(index * 3 + nth, nth) * Math.max(1, back * 0.95))] ?? names[0] ?? "";
      const bad = index % 17 === 3;
      return edge(from, to, {
        secured: bad ? 0 : 4,
        total: 4,
        ...(bad ? because("not_provided_by_service_discovery") : {}),
        ...figures(5 + 40 * wave(index, 1), 3 + (index % 9), round, index),
      });
    });
  });
  const once = new Map(edges.map((each) => [`${each.from} ${each.to}`, each]));
  const workloads = names.map((id, index) =>
    workload(id, 1 + (index % 4), index % 17 === 3 ? 0 : 1 + (index % 4), figures(10, 4, round, index)),
  );
  return message(workloads, [...once.values()], { round });
}

const markup = "<img src=x onerror=alert(1)>";

/** Names as long as they may be, markup where callers could put it, and pods that could not be read. */
export function awkward(round: number): MapState {
  const long = (name: string): string =>
    `${name}-${"with-a-name-that-goes-on-for-longer-than-anybody-would-like".repeat(4)}`.slice(0, 250);
  const ids = [
    `a-namespace-whose-name-has-sixty-three-characters-as-it-may-hav/deployment/${long("first")}`,
    `a-namespace-whose-name-has-sixty-three-characters-as-it-may-hav/deployment/${long("second")}`,
    `shop/deployment/${markup}`,
  ] as const;
  return message(
    ids.map((id) => workload(id, 2)),
    [
      edge(ids[0], ids[1], {
        secured: 1,
        total: 4,
        ...because("not_provided_by_service_discovery", `TLS For Another Name (${markup})`),
      }),
      edge(ids[1], ids[2], { secured: 0, total: 2, ...because(markup) }),
      edge(ids[2], `(outside)//${markup}.example:443`, {
        secured: 0,
        total: 1,
        ...because("a_label_that_nobody_knows"),
        server_id: "",
      }),
    ],
    {
      round,
      failed: [
        {
          namespace: "shop",
          name: "web-7d9c",
          why: `pods "web-7d9c" is forbidden: User "jane" cannot get resource "pods/portforward" in API group "" in the namespace "shop"`,
        },
        { namespace: "shop", name: markup, why: markup },
      ],
    },
  );
}
