/**
 * `weft controller`: the control plane of the mesh, put together. Identity, destination and policy, each behind a TLS
 * listener of its own; one index of the cluster for all streams; the admin listener; log and metrics.
 *
 * Identity is served from the moment there is an issuer: proxies are certified while the cluster is still being read.
 */
import { setTimeout as after } from "node:timers/promises";
import { aborted } from "../../async/until.ts";
import { LatestStreams } from "../../grpc/latest.ts";
import { toldEvents } from "../told-events.ts";
import { createControllerMetrics } from "../../observe/controller-metrics.ts";
import type { ControllerMetrics } from "../../observe/controller-metrics.ts";
import { createLog } from "../../observe/log.ts";
import type { Log, LogSink } from "../../observe/log.ts";
import { addressText } from "../../net/address.ts";
import type { Address } from "../../net/address.ts";
import { serveAdmin } from "../../net/admin-server.ts";
import type { Check } from "../../net/admin-server.ts";
import { watchCluster } from "./cluster.ts";
import type { WatchedCluster } from "./cluster.ts";
import { addressesText, openListeners, turnedAway } from "./listeners.ts";
import type { Listeners, TurnedAway } from "./listeners.ts";
import type { ControllerOptions } from "./flags.ts";
import type { Addresses, ControllerParts, ServedIdentity } from "./parts.ts";
import { tellClosingRoutes } from "./routes.ts";
import { keepStatuses } from "./status.ts";
import type { StatusNeeds } from "./status.ts";
import { streamCounts, streamServices } from "./services.ts";
import { hashText, watchedFile, issuesText } from "../watched-files.ts";
import { mountedConfigMaps, mountedObjects } from "../mounted-objects.ts";
import type { MountedObjects } from "../mounted-objects.ts";
import { issuerObject } from "./identity.ts";
import { realClock } from "../../async/clock.ts";
import type { KubeApi } from "../../kube/api.ts";
import type { MeshView } from "../../core/view/mesh.ts";
import { StartFailure } from "../start-failure.ts";
import { meshSource } from "./mesh-settings.ts";
import { started } from "../started.ts";
import type { Result } from "../../core/base/text/result.ts";

export interface ControllerIo {
  readonly now: () => Date;
  readonly log: LogSink;
  /** Asks it to stop. */
  readonly signal: AbortSignal;
  /** Told once it serves. */
  readonly started?: (started: ControllerStarted) => void;
}

export type ControllerStarted = Addresses & { readonly admin: Address };

/** Serves until the signal aborts and all is given up. Rejects with a `StartFailure` when it cannot start. */
export async function controller(options: ControllerOptions, parts: ControllerParts, io: ControllerIo): Promise<void> {
  const log = createLog({ level: options.logLevel, format: options.logFormat, sink: io.log, now: io.now });
  const stopping = follower(io.signal);
  const running = runController(options, parts, { log, now: io.now, signal: stopping.signal });
  try {
    const admin = await started(options.adminAddress, (address) =>
      serveAdmin({ address, checks: () => running.checks, metrics: running.page }),
    );
    try {
      const addresses = await running.listening;
      if (addresses !== undefined) {
        log.info("serving proxies", { ...addressesText(addresses), admin: addressText(admin.address) });
        io.started?.({ ...addresses, admin: admin.address });
      }
      await running.ended;
    } finally {
      await admin.close();
    }
  } finally {
    stopping.abort();
    // What it failed with was told already.
    await running.ended.catch(() => undefined);
  }
}

export interface RunningController {
  /** Grows while it starts. */
  readonly checks: readonly Check[];
  readonly page: ControllerMetrics["page"];
  /** Undefined: it was stopped before. */
  readonly listening: Promise<Addresses | undefined>;
  readonly ended: Promise<void>;
}

interface World {
  readonly log: Log;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

interface State {
  phase: "starting" | "serving" | "stopping" | "stopped";
  cluster?: WatchedCluster;
  mounted?: MountedObjects;
  streams?: LatestStreams;
  listeners?: Listeners;
  identity?: ServedIdentity;
  statuses?: Promise<void>;
}

/** The control plane without a log and an admin listener of its own. */
export function runController(options: ControllerOptions, parts: ControllerParts, world: World): RunningController {
  const state: State = { phase: "starting" };
  const away = turnedAway(world.now);
  const metrics = createControllerMetrics(parts.version, {
    turningAway: away.gauge,
    connections: () => state.listeners?.connections() ?? {},
    streams: () => state.streams?.size ?? 0,
    targets: () => state.cluster?.live.targets() ?? 0,
    objects: () => state.cluster?.objects() ?? {},
    leftOut: () => state.cluster?.leftOut() ?? { policies: {}, others: {} },
    missed: () => state.cluster?.missed() ?? 0,
    staleness: () => (state.cluster?.feed.silence() ?? Infinity) / 1000,
    linesLost: world.log.lost,
  });
  const checks: Check[] = [
    { name: "controller", look: () => ({ fails: state.phase !== "serving", says: state.phase }) },
    ...away.checks,
  ];
  const { promise: listening, resolve } = Promise.withResolvers<Addresses>();
  const ended = serve({ options, parts, world, state, metrics, away, checks, onListening: resolve });
  const first = Promise.race([listening, ended.then(() => undefined)]);
  // Who waits for the end hears of it, too.
  first.catch(() => undefined);
  return { checks, page: metrics.page, listening: first, ended };
}

interface Serving {
  readonly options: ControllerOptions;
  readonly parts: ControllerParts;
  readonly world: World;
  readonly state: State;
  readonly metrics: ControllerMetrics;
  readonly away: TurnedAway;
  readonly checks: Check[];
  readonly onListening: (addresses: Addresses) => void;
}

/** Proxies that were asked to go elsewhere have so long; milliseconds. */
const leaveWithin = 2000;

async function serve(serving: Serving): Promise<void> {
  const { options, parts, state, metrics, away, checks, onListening } = serving;
  const { log, now, signal } = serving.world;
  const [stop, end] = [follower(signal), new AbortController()];
  try {
    const [api, apiOfIdentity] = [usable(await parts.connect()), usable(await parts.connect())];
    const mounted = watchMounted(serving, apiOfIdentity, end.signal);
    const settings = usable(
      await watchedFile(
        "settings",
        meshSource(options, mounted),
        { log, metrics, now, signal },
        {
          onValue: ({ sha256 }) => {
            metrics.inUse("settings", sha256);
            state.streams?.again();
          },
          describe: ({ sha256 }) => `, ${hashText(sha256)}`,
        },
      ),
    );
    const mesh = (): MeshView => settings.current().view;
    const cluster = (state.cluster = watchCluster(api, log, end.signal, options));
    const counts = streamCounts(metrics, log, away.of.streams.count);
    const streams = (state.streams = new LatestStreams(cluster.feed.whenSynced, counts));
    checks.push(settings.check, cluster.check);
    const world = { mesh: mesh(), api: apiOfIdentity, mounted, log, metrics, now, stop: signal, end: end.signal };
    const identity = usable(await parts.openIdentity(world));
    state.identity = identity;
    checks.push(...identity.checks);
    state.statuses = keepStatusesOf(serving, { ...cluster, api, mesh }, stop.signal);
    const services = streamServices({ live: cluster.live, mesh, streams, log, metrics, now });
    const listeners = (state.listeners = await openListeners({
      addresses: options,
      identity: identity.identity(),
      services: { identity: [identity.service], ...services },
      log,
      metrics,
      turnedAway: away,
    }));
    identity.onIdentity(listeners.useIdentity);
    state.phase = "serving";
    onListening(listeners.addresses);
    await aborted(signal);
    state.phase = "stopping";
    log.info("stopping", { streams: streams.size });
    await after(options.gracePeriod);
    streams.endAll();
    await listeners.close(leaveWithin);
  } finally {
    stop.abort();
    end.abort();
    await Promise.all([state.cluster?.feed.ended, state.mounted?.ended, state.identity?.close(), state.statuses]);
    state.phase = "stopped";
  }
  log.info("stopped");
}

/** What settings, trust anchors and issuer are mounted from; undefined where nobody says. */
function watchMounted(
  { options, state, metrics, checks, world: { log } }: Serving,
  api: KubeApi,
  signal: AbortSignal,
): MountedObjects | undefined {
  const { issuerSecret, issuerDir, namespace } = options;
  const issuer = issuerSecret === undefined ? [] : [issuerObject(issuerSecret, issuerDir)];
  const objects = [...mountedConfigMaps(options), ...issuer];
  if (objects.length === 0) return undefined;
  const mounted = mountedObjects(objects, { api, namespace, clock: realClock, random: Math.random, signal, log });
  state.mounted = mounted;
  metrics.mountedStaleness(mounted.staleness);
  checks.push(mounted.check);
  return mounted;
}

async function keepStatusesOf(
  { options, parts, metrics, world: { log, now } }: Serving,
  { api, live, feed, mesh }: WatchedCluster & Pick<StatusNeeds, "api" | "mesh">,
  stop: AbortSignal,
): Promise<void> {
  await Promise.race([feed.whenSynced, aborted(stop)]);
  if (stop.aborted) return;
  const { namespace } = options;
  const { instance } = parts;
  const { record, end } = toldEvents({ ask: api.ask, instance, now, log });
  const endTelling = tellClosingRoutes(live, log);
  try {
    const resources = feed.policyResources;
    await keepStatuses({ namespace, instance }, { api, live, mesh, log, metrics, now, record, resources }, stop);
  } catch (error) {
    log.error("the status of policies is not written any more", {}, error);
  } finally {
    endTelling();
    await end();
  }
}

/** Aborts with the signal, or on its own. */
export function follower(signal: AbortSignal): AbortController {
  const own = new AbortController();
  if (signal.aborted) own.abort();
  signal.addEventListener("abort", () => own.abort(), { once: true });
  return own;
}

function usable<Value>(read: Result<Value>): Value {
  if ("issues" in read) throw new StartFailure([issuesText(read.issues)]);
  return read.value;
}
