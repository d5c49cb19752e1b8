/** The configuration of linkerd 1.x for one identity, as text: the router for calls that leave the pod, and the one for those that come. */
import type { Choices } from "./choices.ts";
import { namesNamespaces } from "./choices.ts";
import { files, folders, headlessName, nobody, routerPort } from "./names.ts";

export interface Configured {
  readonly namespace: string;
  /** All that callers may name a Service in; this one among them. */
  readonly namespaces: readonly string[];
  /** Undefined: nobody calls it. */
  readonly appPort: number | undefined;
}

/** YAML, with the lines that `docs/wrap.md` explains. Every name in it is one that Kubernetes takes. */
export const configurationText = (configured: Configured, choices: Choices): string =>
  [
    "admin:",
    `  ip: ${choices.adminIp}`,
    `  port: ${choices.ports.admin}`,
    // The default reports to the vendor.
    "usage:",
    "  enabled: false",
    "telemetry:",
    "  - kind: io.l5d.prometheus",
    "namers:",
    ...namerLines(configured, choices),
    "routers:",
    ...outgoing(configured, choices),
    ...(configured.appPort === undefined ? [] : incoming(configured.appPort, choices)),
  ]
    .map((line) => `${line}\n`)
    .join("");

const certificatePath = `${folders.certs}/${files.certificate}`;
const keyPath = `${folders.certs}/${files.key}`;
const rootsPath = `${folders.certs}/${files.roots}`;
const onlyModern = "protocols: [TLSv1.2, TLSv1.3]";

/** Callers name Services of several namespaces. */
const isMany = ({ namespaces }: Configured, choices: Choices): boolean =>
  namespaces.length > 1 || namesNamespaces(choices);

function namerLines(configured: Configured, choices: Choices): readonly string[] {
  if (choices.discovery === "k8s")
    return ["  - kind: io.l5d.k8s", "    prefix: /ns", "    host: 127.0.0.1", `    port: ${choices.ports.api}`];
  const many = isMany(configured, choices);
  return [
    "  - kind: io.l5d.rewrite",
    "    prefix: /dns",
    `    pattern: "${many ? "/{namespace}" : ""}/{service}"`,
    `    name: "${boundName(configured, choices)}"`,
  ];
}

/** Of a Service, with captures for what is not the same everywhere. */
function boundName(configured: Configured, choices: Choices): string {
  const namespace = isMany(configured, choices) ? "{namespace}" : configured.namespace;
  if (choices.discovery === "k8s") return `/#/ns/${namespace}/${routerPort}/{service}`;
  return `/$/inet/${headlessName("{service}")}.${namespace}.svc.${choices.clusterDomain}/${choices.ports.incoming}`;
}

function outgoing(configured: Configured, choices: Choices): readonly string[] {
  return [
    `  - protocol: ${choices.protocol}`,
    "    label: outgoing",
    "    dtab: |",
    ...dtabLines(dentries(configured, choices)),
    "    servers:",
    "      - ip: 127.0.0.1",
    `        port: ${choices.ports.outgoing}`,
    "    client:",
    ...clientLines(configured, choices),
  ];
}

type Dentry = readonly [from: string, to: string];

const dtabLines = (entries: readonly Dentry[]): readonly string[] => {
  const width = Math.max(...entries.map(([from]) => from.length));
  return entries.map(([from, to]) => `      ${from.padEnd(width)} => ${to} ;`);
};

/**
 * `NAME`, `NAME.NS`, `NAME.NS.svc` and the whole name. Each namespace has entries of its own: with one for all hosts, as
 * examples of linkerd have it, `prod.backend` would be Service backend of prod.
 */
function dentries(configured: Configured, choices: Choices): readonly Dentry[] {
  const { namespace } = configured;
  const many = isMany(configured, choices);
  const services = (name: string): string => {
    if (choices.discovery === "k8s") return `/#/ns/${name}/${routerPort}`;
    return many ? `/#/dns/${name}` : "/#/dns";
  };
  const domain = choices.clusterDomain.split(".").toReversed().join("/");
  const hosts = (name: string, to: string): readonly Dentry[] =>
    [`/host/${name}`, `/host/svc/${name}`, `/host/${domain}/svc/${name}`].map((from) => [from, to] as const);
  return [
    ...(many
      ? configured.namespaces.flatMap((name) => hosts(name, services(name)))
      : [["/srv", services(namespace)] as const, ...hosts(namespace, "/srv")]),
    ["/name", many ? services(namespace) : "/srv"],
    ["/name", "/$/io.buoyant.http.domainToPathPfx/host"],
    ["/ph/*", "/name"],
    ["/svc", "/name"],
    ["/svc", "/$/io.buoyant.porthostPfx/ph"],
  ];
}

const indented = (lines: readonly string[], columns: number): readonly string[] =>
  lines.map((line) => " ".repeat(columns) + line);

// Open connections keep the certificates that they began with, and live for ever otherwise.
const session = ["clientSession:", "  lifeTimeMs: 3600000"];

function clientLines(configured: Configured, choices: Choices): readonly string[] {
  const { validation, commonName } = choices;
  if (validation !== "service") {
    const validated = validation === "site" ? validating(commonName, choices) : ["disableValidation: true"];
    return indented(["tls:", ...indented([...validated, onlyModern], 2), ...session], 6);
  }
  return indented(
    [
      "kind: io.l5d.static",
      "configs:",
      // A name that no prefix matches would be called in plain text.
      "  - prefix: /",
      "    tls:",
      ...indented([`commonName: ${nobody}`, `trustCertsBundle: ${rootsPath}`], 6),
      `  - prefix: "${boundName(configured, choices)}"`,
      "    tls:",
      ...indented([...validating(`"${captured(commonName, configured, choices)}"`, choices), onlyModern], 6),
      ...indented(session, 4),
    ],
    6,
  );
}

/** A pattern that names namespaces always comes with a bound name that captures them. */
const captured = (commonName: string, configured: Configured, choices: Choices): string =>
  isMany(configured, choices) ? commonName : commonName.replaceAll("{namespace}", configured.namespace);

// `trustCerts` would be read once, and a change of the root need a restart.
const validating = (commonName: string, { clientAuth }: Choices): readonly string[] => [
  `commonName: ${commonName}`,
  `trustCertsBundle: ${rootsPath}`,
  ...(clientAuth ? ["clientAuth:", `  certPath: ${certificatePath}`, `  keyPath: ${keyPath}`] : []),
];

const incoming = (appPort: number, { protocol, ports, clientAuth, validation }: Choices): readonly string[] => [
  `  - protocol: ${protocol}`,
  "    label: incoming",
  "    dtab: |",
  `      /svc => /$/inet/127.0.0.1/${appPort} ;`,
  "    servers:",
  "      - ip: 0.0.0.0",
  `        port: ${ports.incoming}`,
  // A header of the caller's could lead it anywhere otherwise, to the pod's own admin port, too.
  "        clearContext: true",
  "        tls:",
  `          certPath: ${certificatePath}`,
  `          keyPath: ${keyPath}`,
  ...(clientAuth && validation !== "none"
    ? ["          requireClientAuth: true", `          caCertPath: ${rootsPath}`]
    : []),
  `          ${onlyModern}`,
];
