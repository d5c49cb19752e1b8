/**
 * `weft webhook`: everything that answers an API server, put together. Files → settings, objects and certificate, each
 * followed as it changes; the HTTPS listener with the engine behind it; the admin listener; log and metrics.
 */
import type { ServingPair } from "../../certificates/webhook/serving-pair.ts";
import { aborted } from "../../async/until.ts";
import type { Parsed } from "../../files/reloaded.ts";
import type { ConnectionGuard } from "../../net/connection-guard.ts";
import { createLog } from "../../observe/log.ts";
import type { LogSink } from "../../observe/log.ts";
import { joinedPages } from "../../observe/registry.ts";
import type { MetricsPage } from "../../observe/registry.ts";
import { createMetrics } from "../../observe/metrics.ts";
import { addressText } from "../../net/address.ts";
import type { Address } from "../../net/address.ts";
import { serveAdmin } from "../../net/admin-server.ts";
import type { AdminServer, Check, CheckState } from "../../net/admin-server.ts";
import type { ClientCertificates } from "../../webhook/client-certificates.ts";
import { serveReviews } from "../../webhook/https-server.ts";
import type { ReviewServer } from "../../webhook/https-server.ts";
import { usualLimits } from "../../webhook/limits.ts";
import type { ReviewLimits } from "../../webhook/limits.ts";
import { reviewPaths } from "../../webhook/paths.ts";
import type { Answers } from "../../webhook/paths.ts";
import type { Phase } from "../../webhook/stop.ts";
import { issuesText } from "../watched-files.ts";
import type { Watched } from "../watched-files.ts";
import type { ClusterWorld, LiveCluster } from "./cluster.ts";
import { StartFailure } from "../start-failure.ts";
import { started } from "../started.ts";
import { watchInputs } from "./inputs.ts";
import type { InputLoaders } from "./inputs.ts";
import { deadlineReason, reviewEvents } from "./telemetry.ts";
import type { WebhookOptions } from "./flags.ts";
import { connectionsCheck } from "../../webhook/connections-check.ts";
import { turnedAwayCounts } from "../../net/turned-away.ts";

/** The parts that know what reviews, settings and objects are. */
export interface WebhookParts<Settings, Objects> extends InputLoaders<Settings, Objects> {
  readonly version: string;
  readonly makeAnswers: (deps: AnswerDeps<Settings, Objects>) => Answers;
  /** The cluster to look things up in; absent: the objects of files are all there is. */
  readonly openCluster?: ((world: ClusterWorld) => Promise<Parsed<LiveCluster>>) | undefined;
  /** Annotations, and reasons of answers, that may become metric labels. */
  readonly known: { readonly annotations: ReadonlySet<string>; readonly reasons: ReadonlySet<string> };
}

/** What an answer may use. The functions give what is in use now: ask once for each review. */
interface AnswerDeps<Settings, Objects> {
  readonly settings: () => Settings;
  readonly objects: () => Objects;
  readonly cluster: LiveCluster | undefined;
}

/** The world around the command. */
export interface WebhookIo {
  readonly now: () => Date;
  readonly log: LogSink;
  /** Asks it to stop. */
  readonly signal: AbortSignal;
  /** Told once it serves. */
  readonly started?: (started: WebhookStarted) => void;
  readonly limits?: Partial<ReviewLimits>;
  /** What else this process does, on the same admin listener. */
  readonly beside?: Companion;
}

export interface Companion {
  readonly checks: readonly Check[];
  readonly page: () => Promise<MetricsPage>;
}

export interface WebhookStarted {
  readonly address: Address;
  readonly adminAddress: Address;
  /** PEM chain to trust; of weft's own making without `--tls-dir`. */
  readonly certificate: string;
}

/** Serves until the signal aborts and all is answered. Rejects with a `StartFailure` when it cannot start. */
export const webhook = async <Settings, Objects>(
  options: WebhookOptions,
  parts: WebhookParts<Settings, Objects>,
  io: WebhookIo,
): Promise<void> => {
  const { now, signal } = io;
  let server: ReviewServer | undefined;
  let admin: AdminServer | undefined;
  const listeners = (): Readonly<Record<string, ConnectionGuard>> => ({
    ...(server === undefined ? {} : { reviews: server.connections }),
    ...(admin === undefined ? {} : { admin: admin.connections }),
  });
  const log = createLog({ level: options.logLevel, format: options.logFormat, sink: io.log, now });
  const metrics = createMetrics({
    version: parts.version,
    known: { ...parts.known, reasons: new Set([...parts.known.reasons, deadlineReason]) },
    inFlight: () => server?.inFlight() ?? 0,
    logLinesLost: log.lost,
    connections: () => mapped(listeners(), (guard) => guard.counts().open),
  });
  const turnedAway = turnedAwayCounts(() => performance.now());
  const follower = { log, metrics, now, signal };
  // What a cluster gives is of use until the last review is answered, well after the signal.
  const end = new AbortController();
  const usePair = (next: ServingPair): void => server?.usePair(next);
  const cluster = await parts.openCluster?.({ log, metrics, now, end: end.signal, usePair });
  if (cluster !== undefined && "issues" in cluster) throw new StartFailure([issuesText(cluster.issues)]);
  const live = cluster?.value;
  const useClientAuthority = (authority: string): void => server?.useClientAuthority(authority);
  const inputs = await watchInputs(options, parts, {
    ...follower,
    pair: live?.certificate,
    usePair,
    useClientAuthority,
  });
  const { settings, objects, pair, clientCa } = inputs;
  const phase: Check = { name: "webhook", look: () => phaseState(server?.phase()) };
  const read = [settings.check, ...(live?.checks ?? [objects.check]), pair.check];
  const reviews: Check = { name: "reviews", look: turnedAway.look };
  const bounds = [...(clientCa === undefined ? [] : [clientCa.check]), connectionsCheck(listeners), reviews];
  const own = [phase, ...read, ...bounds];

  const { address: adminAddress, close } = (admin = await started(options.adminAddress, (address) =>
    serveAdmin({
      address,
      checks: () => [...own, ...(io.beside?.checks ?? [])],
      metrics: async () => joinedPages(await metrics.page(), await io.beside?.page()),
      onCut: (reason) => metrics.connectionCut("admin", reason),
    }),
  ));
  try {
    const answers = parts.makeAnswers({ settings: settings.current, objects: objects.current, cluster: live });
    const first = pair.current() ?? (await firstPair(live, signal));
    server = await started(options.address, (address) =>
      serveReviews(
        {
          address,
          pair: first,
          paths: reviewPaths(answers),
          ready: live?.ready ?? (() => true),
          events: reviewEvents(log, metrics, turnedAway.count),
          clients: clientsOf(options, clientCa),
          onCut: (reason) => metrics.connectionCut("reviews", reason),
          limits: { ...limitsOf(options), ...io.limits },
        },
        signal,
      ),
    );
    const { certificate, fingerprint, notAfter } = first;
    const [address, expires] = [addressText(server.address), notAfter.toISOString()];
    log.info("serving reviews", { address, admin: addressText(adminAddress), certificate: fingerprint, expires });
    // There may be another one since the server began to listen.
    usePair(pair.current() ?? first);
    io.started?.({ address: server.address, adminAddress, certificate });
    signal.addEventListener("abort", () => log.info("stopping"), { once: true });
    await server.stopped;
    log.info("stopped");
  } finally {
    end.abort();
    await live?.ended;
    await close();
  }
};

/** Whoever makes it may start later than this; probes are answered meanwhile. */
async function firstPair(live: LiveCluster | undefined, stop: AbortSignal): Promise<ServingPair> {
  const pair = await Promise.race([live?.certificate?.first, aborted(stop)]);
  if (pair) return pair;
  throw new StartFailure(["stopped before there was a certificate to serve with"]);
}

const limitsOf = ({ gracePeriod }: WebhookOptions): Partial<ReviewLimits> => ({
  grace: gracePeriod,
  drainStart: Math.min(usualLimits.drainStart, gracePeriod),
});

const clientsOf = (
  { clientCertificates, clientNames }: WebhookOptions,
  authority: Watched<string> | undefined,
): ClientCertificates | undefined =>
  authority && { authority: authority.current(), required: clientCertificates === "required", names: clientNames };

const phaseState = (phase: Phase | undefined): CheckState =>
  phase === "serving" ? { fails: false, says: "serving" } : { fails: true, says: phase ?? "starting" };

const mapped = <From, To>(record: Readonly<Record<string, From>>, to: (from: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
