/** Rows of `differences.ts` about single places of pods: Linkerd's text there, and what weft writes instead. */
import { changedAt } from "../../src/core/base/json/edit.ts";
import { isList } from "../../src/core/base/json/json.ts";
import type { Annotations, Json, JsonObject } from "../../src/core/base/json/json.ts";
import { valuesOf } from "./cases.ts";
import type { Case } from "./cases.ts";
import {
  annotationsOf,
  containerNamed,
  editAnnotations,
  editContainers,
  editFlag,
  editVariable,
  memberAt,
  objectOr,
  podOf,
  textOfVariable,
} from "./edits.ts";
import { editedPod } from "./expected.ts";
import type { Row } from "./expected.ts";
import { isPort, isPortOrRange, isSubnet, linkerdNumber, nanoseconds, plainNumber } from "./texts.ts";

/** A row about pods with the proxy in them. `annotations`: those of the pod that came out, the inherited ones too. */
const inInjected = (id: string, change: (pod: JsonObject, of: Case, annotations: Annotations) => JsonObject): Row => ({
  id,
  expected: (recorded, of) =>
    recorded.outcome === "injected" ? editedPod(recorded, of, (pod) => change(pod, of, annotationsOf(pod))) : recorded,
});

const linkerd = (name: string): string => `config.linkerd.io/${name}`;
const variable = (name: string): string => `LINKERD2_PROXY_${name}`;
const opaquePorts = linkerd("opaque-ports");

export const podRows: readonly Row[] = [
  // Each default port once, in the annotation and in the proxy's list.
  {
    id: "S-27",
    expected(recorded, of) {
      const given = { ...of.namespace.annotations, ...annotationsOf(podOf(of.object, of.kind)) };
      if (Object.hasOwn(given, opaquePorts)) return recorded;
      return editedPod(recorded, of, (pod) => {
        const list = annotationsOf(pod)[opaquePorts];
        if (list === undefined) return pod;
        const annotated = editAnnotations(pod, (map) => ({ ...map, [opaquePorts]: eachOnce(list) }));
        if (recorded.outcome !== "injected") return annotated;
        return editContainers(annotated, ["linkerd-proxy"], (proxy) =>
          editVariable(proxy, variable("INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION"), (text) =>
            text === list ? eachOnce(text) : text,
          ),
        );
      });
    },
  },
  // A validator that the pod has already stays, alone, and in front of the proxy.
  inInjected("S-04", (pod, of) => {
    const own = initContainersOf(podOf(of.object, of.kind));
    const all = initContainersOf(pod);
    const isValidator = (container: Json): boolean => objectOr(container)["name"] === "linkerd-network-validator";
    const kept = own.findIndex((container) => isValidator(container));
    if (kept === -1 || all.filter((container) => isValidator(container)).length < 2) return pod;
    const proxy = all.filter((container) => objectOr(container)["name"] === "linkerd-proxy");
    return changedAt(pod, ["spec", "initContainers"], () => [
      ...own.slice(0, kept + 1),
      ...proxy,
      ...own.slice(kept + 1),
    ]);
  }),
  // A port that is none keeps the setting.
  inInjected("S-07", (pod, of, annotations) =>
    portPlaces.reduce((edited, { annotation, setting, edit }) => {
      const text = annotations[linkerd(annotation)];
      if (text === undefined || !/^[+-]?[0-9]{1,10}$/.test(text) || isPort(Number(text))) return edited;
      const kept = memberAt(valuesOf(of), "proxy", "ports", setting);
      return edit(edited, Number(text), Number(kept));
    }, pod),
  ),
  // Entries of a skip list that are no port, range or subnet are left out; without any, the flag is.
  inInjected("S-07", (pod, _, annotations) =>
    skipLists.reduce((edited, { annotation, flag, accepts, isAppended }) => {
      const text = annotations[linkerd(annotation)];
      if (text === undefined || text === "" || text.split(",").every((entry) => accepts(entry))) return edited;
      const good = text
        .split(",")
        .map((entry) => entry.trim())
        .filter((entry) => accepts(entry));
      return editContainers(edited, ["linkerd-init"], (init) =>
        editFlag(init, flag, (value) => {
          if (!isAppended) return value === text ? good.join(",") || undefined : value;
          const [control, admin] = value.split(",");
          return value === [control, admin, text].join(",") ? [control, admin, ...good].join(",") : value;
        }),
      );
    }, pod),
  ),
  // Whole numbers are written out.
  inInjected("S-01", (pod) => {
    const proxy = editContainers(pod, ["linkerd-proxy"], (container) =>
      changedAt(
        ["CORES", "CORES_MIN", "CORES_MAX"].reduce(
          (edited, name) => editVariable(edited, variable(name), plainNumber),
          container,
        ),
        ["lifecycle", "preStop", "exec", "command"],
        (command) => (isList(command) ? command.map((each) => plainNumber(String(each))) : command),
      ),
    );
    return editContainers(proxy, ["linkerd-init"], (init) =>
      ["--proxy-uid", "--proxy-gid", "--timeout-close-wait-secs"].reduce(
        (edited, flag) => editFlag(edited, flag, plainNumber),
        init,
      ),
    );
  }),
  // Milliseconds are exact; a discovery timeout below one second is not turned off.
  inInjected("S-08", (pod, _, annotations) =>
    editContainers(pod, ["linkerd-proxy"], (proxy) =>
      timeouts.reduce((edited, { annotation, name, unit }) => {
        const exact = nanoseconds(annotations[linkerd(annotation)] ?? "");
        if (exact === undefined) return edited;
        return editVariable(edited, variable(name), (text) =>
          text === throughFloat(exact, unit) ? exactly(exact, unit) : text,
        );
      }, proxy),
    ),
  ),
  // The template's own variables count too, not only those of the workload's metadata.
  inInjected("S-15", (pod, of, annotations) => {
    const text = annotations[linkerd("proxy-additional-env")];
    if (of.kind === "Pod" || text === undefined) return pod;
    const added = JSON.parse(text) as readonly JsonObject[];
    return editContainers(pod, ["linkerd-proxy"], (proxy) =>
      changedAt(proxy, ["env"], (env) => (isList(env) ? [...env, ...added] : env)),
    );
  }),
  // The validator listens where the redirected connection arrives.
  inInjected("S-22", (pod) => {
    const proxy = containerNamed(pod, "linkerd-proxy") ?? {};
    const port = textOfVariable(proxy, variable("OUTBOUND_LISTEN_ADDR"))?.split(":").at(-1);
    return editContainers(pod, ["linkerd-network-validator"], (validator) =>
      editFlag(validator, "--listen-addr", (address) =>
        address.endsWith(":4140") ? address.replace(/4140$/, port ?? "") : address,
      ),
    );
  }),
  // Pods of a CronJob get its label.
  inInjected("S-26", (pod, of) => {
    const cronJob = cronJobOf(of);
    return cronJob === undefined
      ? pod
      : changedAt(pod, ["metadata", "labels", "linkerd.io/proxy-cronjob"], () => cronJob);
  }),
  // The redirection spares the user that the proxy really runs as.
  inInjected("S-53", (pod, of) => {
    const user = memberAt(of.values, "proxy", "securityContext", "runAsUser");
    return editContainers(pod, ["linkerd-init"], (init) =>
      editFlag(init, "--proxy-uid", (uid) => (typeof user === "number" ? String(user) : uid)),
    );
  }),
];

const eachOnce = (list: string): string => [...new Set(list.split(","))].join(",");

const initContainersOf = (pod: JsonObject): readonly Json[] => {
  const list = memberAt(pod, "spec", "initContainers");
  return isList(list) ? list : [];
};

interface PortPlace {
  readonly annotation: string;
  readonly setting: string;
  readonly edit: (pod: JsonObject, from: number, to: number) => JsonObject;
}

/** Where each of the proxy's ports is written, and nowhere else. */
const portPlaces: readonly PortPlace[] = [
  {
    annotation: "control-port",
    setting: "control",
    edit: (pod, from, to) => inProxy(ignored(pod, 0, from, to), from, to, ["CONTROL_LISTEN_ADDR"]),
  },
  {
    annotation: "inbound-port",
    setting: "inbound",
    edit: (pod, from, to) =>
      inProxy(inInit(pod, "--incoming-proxy-port", from, to), from, to, ["INBOUND_LISTEN_ADDR"], "linkerd-proxy"),
  },
  {
    annotation: "admin-port",
    setting: "admin",
    edit: (pod, from, to) =>
      editContainers(
        inProxy(ignored(pod, 1, from, to), from, to, ["ADMIN_LISTEN_ADDR"], "linkerd-admin"),
        ["linkerd-proxy"],
        (proxy) =>
          ["livenessProbe", "readinessProbe", "startupProbe"].reduce(
            (edited, probe) =>
              memberAt(edited, probe) === undefined
                ? edited
                : changedAt(edited, [probe, "httpGet", "port"], (port) => (port === from ? to : port)),
            proxy,
          ),
      ),
  },
  {
    annotation: "outbound-port",
    setting: "outbound",
    edit: (pod, from, to) =>
      inProxy(inInit(pod, "--outgoing-proxy-port", from, to), from, to, [
        "OUTBOUND_LISTEN_ADDR",
        "OUTBOUND_LISTEN_ADDRS",
      ]),
  },
];

const inInit = (pod: JsonObject, flag: string, from: number, to: number): JsonObject =>
  editContainers(pod, ["linkerd-init"], (init) =>
    editFlag(init, flag, (text) => (text === linkerdNumber(from) ? String(to) : text)),
  );

/** The proxy's own ports come first among the ignored ones: control, then admin. */
const ignored = (pod: JsonObject, place: 0 | 1, from: number, to: number): JsonObject =>
  editContainers(pod, ["linkerd-init"], (init) =>
    editFlag(init, "--inbound-ports-to-ignore", (list) =>
      list
        .split(",")
        .map((port, index) => (index === place && port === linkerdNumber(from) ? String(to) : port))
        .join(","),
    ),
  );

function inProxy(pod: JsonObject, from: number, to: number, names: readonly string[], port?: string): JsonObject {
  return editContainers(pod, ["linkerd-proxy"], (proxy) => {
    const addressed = names.reduce(
      (edited, name) =>
        editVariable(edited, variable(name), (text) => text.replaceAll(`:${linkerdNumber(from)}`, `:${to}`)),
      proxy,
    );
    return changedAt(addressed, ["ports"], (ports) =>
      isList(ports)
        ? ports.map((each) =>
            port !== undefined && objectOr(each)["name"] === port && objectOr(each)["containerPort"] === from
              ? { ...objectOr(each), containerPort: to }
              : each,
          )
        : ports,
    );
  });
}

const skipLists = [
  { annotation: "skip-inbound-ports", flag: "--inbound-ports-to-ignore", accepts: isPortOrRange, isAppended: true },
  { annotation: "skip-outbound-ports", flag: "--outbound-ports-to-ignore", accepts: isPortOrRange, isAppended: false },
  { annotation: "skip-subnets", flag: "--subnets-to-ignore", accepts: isSubnet, isAppended: false },
] as const;

const timeouts = [
  { annotation: "proxy-outbound-connect-timeout", name: "OUTBOUND_CONNECT_TIMEOUT", unit: "ms" },
  { annotation: "proxy-inbound-connect-timeout", name: "INBOUND_CONNECT_TIMEOUT", unit: "ms" },
  { annotation: "shutdown-grace-period", name: "SHUTDOWN_GRACE_PERIOD", unit: "ms" },
  { annotation: "proxy-outbound-discovery-cache-unused-timeout", name: "OUTBOUND_DISCOVERY_IDLE_TIMEOUT", unit: "s" },
  { annotation: "proxy-inbound-discovery-cache-unused-timeout", name: "INBOUND_DISCOVERY_IDLE_TIMEOUT", unit: "s" },
] as const;

/** How annotations are read. */
const throughFloat = (exact: bigint, unit: "ms" | "s"): string => {
  const seconds = Number(exact / 1_000_000_000n) + Number(exact % 1_000_000_000n) / 1e9;
  return unit === "ms" ? `${Math.trunc(seconds * 1000)}ms` : `${Math.trunc(seconds)}s`;
};

const exactly = (exact: bigint, unit: "ms" | "s"): string => {
  const milliseconds = exact / 1_000_000n;
  const isFine = unit === "s" && milliseconds !== 0n && milliseconds / 1000n === 0n;
  return unit === "ms" || isFine ? `${milliseconds}ms` : `${milliseconds / 1000n}s`;
};

/** The CronJob that made this pod, directly or through a Job that exists. */
function cronJobOf({ object, namespace, clusterObjects }: Case): string | undefined {
  const single = (owned: JsonObject | undefined): JsonObject | undefined => {
    const owners = memberAt(owned, "metadata", "ownerReferences");
    return isList(owners) && owners.length === 1 ? objectOr(owners[0]) : undefined;
  };
  const owner = single(object);
  const job = (clusterObjects ?? []).find(
    (each) =>
      each["kind"] === "Job" &&
      memberAt(each, "metadata", "name") === owner?.["name"] &&
      memberAt(each, "metadata", "namespace") === namespace.name,
  );
  const found = owner?.["kind"] === "Job" ? single(job) : owner;
  return found?.["kind"] === "CronJob" ? String(found["name"]) : undefined;
}
