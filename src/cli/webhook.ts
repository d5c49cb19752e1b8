/**
 * `weft webhook`: everything that answers an API server, put together. Files → settings, objects and certificate, each
 * followed as it changes; the HTTPS listener with the engine behind it; the admin listener; log and metrics.
 */
import type { ServingPair } from "../certificates/serving-pair.ts";
import { tlsDir } from "../certificates/tls-dir.ts";
import { issueText } from "../core/mesh/issue.ts";
import type { Issue } from "../core/mesh/issue.ts";
import type { FileSource, Parsed } from "../files/reloaded.ts";
import { realClock } from "../kube/clock.ts";
import { createLog } from "../observe/log.ts";
import type { LogSink } from "../observe/log.ts";
import { joinedPages } from "../observe/common-metrics.ts";
import type { MetricsPage } from "../observe/common-metrics.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { Metrics } from "../observe/metrics.ts";
import { addressText } from "../webhook/address.ts";
import type { Address } from "../webhook/address.ts";
import { serveAdmin } from "../webhook/admin-server.ts";
import type { Check, CheckState } from "../webhook/admin-server.ts";
import { serveReviews } from "../webhook/https-server.ts";
import type { ReviewServer } from "../webhook/https-server.ts";
import { usualLimits } from "../webhook/limits.ts";
import type { ReviewLimits } from "../webhook/limits.ts";
import { reviewPaths } from "../webhook/paths.ts";
import type { Answers } from "../webhook/paths.ts";
import type { Phase } from "../webhook/stop.ts";
import { follow, issuesText } from "./follow.ts";
import type { Followed, Follower } from "./follow.ts";
import { ownCertificate } from "./own-certificate.ts";
import type { ClusterWorld, LiveCluster } from "./webhook-cluster.ts";
import { CommandFailure } from "./io.ts";
import { started } from "./started.ts";
import { deadlineReason, reviewEvents } from "./webhook-events.ts";
import type { WebhookOptions } from "./webhook-options.ts";

/** A file's text under its name, so that issues can say where. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** The parts that know what reviews, settings and objects are. */
export interface WebhookParts<Settings, Objects> {
  readonly version: string;
  /** Either text is undefined when no file was named. */
  readonly loadSettings: (settings: NamedText | undefined, trustAnchors: NamedText | undefined) => Parsed<Settings>;
  /** What their author should know of settings that can be used; logged whenever they are read. */
  readonly doubts?: (settings: Settings) => readonly Issue[];
  readonly loadObjects: (files: readonly NamedText[]) => Parsed<Objects>;
  readonly makeAnswers: (deps: AnswerDeps<Settings, Objects>) => Answers;
  /** The cluster to look things up in; absent: the objects of files are all there is. */
  readonly openCluster?: ((world: ClusterWorld) => Promise<Parsed<LiveCluster>>) | undefined;
  /** Annotations, and reasons of answers, that may become metric labels. */
  readonly known: { readonly annotations: ReadonlySet<string>; readonly reasons: ReadonlySet<string> };
}

/** What an answer may use. The functions give what is in use now: ask once for each review. */
export interface AnswerDeps<Settings, Objects> {
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
  readonly beside?: Beside;
}

export interface Beside {
  readonly checks: readonly Check[];
  readonly page: () => Promise<MetricsPage>;
}

export interface WebhookStarted {
  readonly address: Address;
  readonly adminAddress: Address;
  /** PEM chain to trust; of weft's own making without `--tls-dir`. */
  readonly certificate: string;
}

/** Serves until the signal aborts and all is answered. Rejects with a `CommandFailure` when it cannot start. */
export const webhook = async <Settings, Objects>(
  options: WebhookOptions,
  parts: WebhookParts<Settings, Objects>,
  io: WebhookIo,
): Promise<void> => {
  const { now, signal } = io;
  let server: ReviewServer | undefined;
  const log = createLog({ level: options.logLevel, format: options.logFormat, sink: io.log, now });
  const metrics = createMetrics({
    version: parts.version,
    known: { ...parts.known, reasons: new Set([...parts.known.reasons, deadlineReason]) },
    underWay: () => server?.underWay() ?? 0,
    logLinesLost: log.lost,
  });
  const follower = { log, metrics, now, signal };
  // What a cluster gives is of use until the last review is answered, well after the signal.
  const end = new AbortController();
  const usePair = (next: ServingPair): void => server?.usePair(next);
  const cluster = await parts.openCluster?.({ log, metrics, now, stop: signal, end: end.signal, usePair });
  if (cluster !== undefined && "issues" in cluster) throw new CommandFailure([issuesText(cluster.issues)]);
  const live = cluster?.value;
  const [settings, objects, pair] = allUsable(
    await follow("settings", settingsSource(options, parts), follower, {
      onValue: (value) => {
        for (const doubt of parts.doubts?.(value) ?? []) log.warn(`settings: ${issueText(doubt)}`);
      },
    }),
    await follow("objects", objectsSource(options, parts), follower),
    live?.pair === undefined ? await servedPair(options, follower, usePair) : { value: live.pair },
  );
  const phase: Check = { name: "webhook", look: () => phaseState(server?.phase()) };
  const own = [phase, settings.check, ...(live?.checks ?? [objects.check]), pair.check];

  const admin = await started(options.adminAddress, (address) =>
    serveAdmin({
      address,
      checks: () => [...own, ...(io.beside?.checks ?? [])],
      metrics: async () => joinedPages(await metrics.page(), await io.beside?.page()),
    }),
  );
  try {
    const { gracePeriod } = options;
    const answers = parts.makeAnswers({ settings: settings.current, objects: objects.current, cluster: live });
    const limits = {
      ...usualLimits,
      grace: gracePeriod,
      lastCall: Math.min(usualLimits.lastCall, gracePeriod),
      ...io.limits,
    };
    server = await started(options.address, (address) =>
      serveReviews(
        {
          address,
          pair: pair.current(),
          paths: reviewPaths(answers),
          ready: live?.ready ?? (() => true),
          events: reviewEvents(log, metrics),
          limits,
        },
        signal,
      ),
    );
    const { certificate, fingerprint, notAfter } = pair.current();
    log.info("serving reviews", {
      address: addressText(server.address),
      admin: addressText(admin.address),
      certificate: fingerprint,
      expires: notAfter.toISOString(),
    });
    io.started?.({ address: server.address, adminAddress: admin.address, certificate });
    signal.addEventListener("abort", () => log.info("stopping"), { once: true });
    await server.stopped;
    log.info("stopped");
  } finally {
    end.abort();
    await live?.ended;
    await admin.close();
  }
};

const phaseState = (phase: Phase | undefined): CheckState =>
  phase === "serving" ? { fails: false, says: "serving" } : { fails: true, says: phase ?? "starting" };

/** All of them, or a failure that names everything that is wrong with any. */
const allUsable = <A, B, C>(a: Parsed<A>, b: Parsed<B>, c: Parsed<C>): readonly [A, B, C] => {
  if ("value" in a && "value" in b && "value" in c) return [a.value, b.value, c.value];
  const issues = [a, b, c].flatMap((read) => ("issues" in read ? read.issues : []));
  throw new CommandFailure([issuesText(issues)]);
};

const settingsSource = <Settings, Objects>(
  { settings, trustAnchors }: WebhookOptions,
  { loadSettings }: WebhookParts<Settings, Objects>,
): FileSource<Settings> => {
  const paths = [settings, trustAnchors].filter((path) => path !== undefined);
  const named = (path: string | undefined, texts: readonly string[]): NamedText | undefined => {
    const text = path === undefined ? undefined : texts[paths.indexOf(path)];
    return path === undefined || text === undefined ? undefined : { name: path, text };
  };
  return { paths, parse: (texts) => loadSettings(named(settings, texts), named(trustAnchors, texts)) };
};

const objectsSource = <Settings, Objects>(
  { objects }: WebhookOptions,
  { loadObjects }: WebhookParts<Settings, Objects>,
): FileSource<Objects> => ({
  paths: objects,
  parse: (texts) => loadObjects(texts.map((text, index) => ({ name: objects[index] ?? "", text }))),
});

const servedPair = async (
  options: WebhookOptions,
  follower: Follower & { readonly metrics: Metrics },
  use: (pair: ServingPair) => void,
): Promise<Parsed<Followed<ServingPair>>> => {
  const { metrics, now } = follower;
  const onValue = (pair: ServingPair): void => {
    metrics.certificateExpires(pair.notAfter);
    use(pair);
  };
  if (options.tlsDir === undefined) {
    const onPair = (pair: ServingPair): void => {
      metrics.reloaded("certificate", true, now());
      onValue(pair);
    };
    return ownCertificate(options, { ...follower, clock: realClock, onPair });
  }
  const describe = ({ notAfter }: ServingPair): string => `, expires ${notAfter.toISOString()}`;
  return follow("certificate", tlsDir(options.tlsDir, now), follower, { onValue, describe });
};
