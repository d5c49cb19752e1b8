/**
 * `weft webhook`: everything that answers an API server, put together. Files → settings, objects and certificate, each
 * followed as it changes; the HTTPS listener with the engine behind it; the admin listener; log and metrics.
 */
import type { ServingPair } from "../../certificates/webhook/serving-pair.ts";
import { aborted } from "../../async/until.ts";
import type { Parsed } from "../../files/reloaded.ts";
import type { ConnectionGuard } from "../../net/connection-guard.ts";
import { createLog } from "../../observe/log.ts";
import type { Log, LogSink } from "../../observe/log.ts";
import { joinedPages } from "../../observe/registry.ts";
import type { MetricsPage } from "../../observe/registry.ts";
import { createWebhookMetrics } from "../../observe/webhook-metrics.ts";
import type { WebhookMetrics } from "../../observe/webhook-metrics.ts";
import { addressText } from "../../net/address.ts";
import type { Address } from "../../net/address.ts";
import { serveAdmin } from "../../net/admin-server.ts";
import type { AdminServer, Check, CheckState } from "../../net/admin-server.ts";
import type { ClientCertificates } from "../../webhook/client-certificates.ts";
import { serveReviews } from "../../webhook/https-server.ts";
import type { ReviewServer } from "../../webhook/https-server.ts";
import { defaultLimits } from "../../webhook/limits.ts";
import type { ReviewLimits } from "../../webhook/limits.ts";
import { reviewPaths } from "../../webhook/paths.ts";
import type { Answers } from "../../webhook/paths.ts";
import { webhookAnswers } from "../../webhook/reviews/handlers.ts";
import type { Phase } from "../../webhook/stop.ts";
import { issuesText } from "../watched-files.ts";
import type { Watched } from "../watched-files.ts";
import type { Context } from "../context.ts";
import { clusterOf } from "./cluster.ts";
import type { ClusterWorld, LiveCluster } from "./cluster.ts";
import { StartFailure } from "../start-failure.ts";
import { started } from "../started.ts";
import { watchInputs } from "./inputs.ts";
import type { Inputs } from "./inputs.ts";
import { knownLabels, reviewEvents } from "./telemetry.ts";
import type { WebhookOptions } from "./flags.ts";
import { connectionsCheck } from "../../webhook/connections-check.ts";
import { turnedAwayCounts } from "../../net/turned-away.ts";

/** What the webhook is put together from. */
export interface WebhookParts {
  /** Of weft. */
  readonly version: string;
  /** The cluster to look things up in; absent: the objects of files are all there is. */
  readonly openCluster?: ((world: ClusterWorld) => Promise<Parsed<LiveCluster>>) | undefined;
  /** What answers reviews; weft's own answers when absent. Its functions give what is in use now: asked once for each review. */
  readonly answers?: (needs: AnswerNeeds) => Answers;
}

type AnswerNeeds = Parameters<typeof webhookAnswers>[0];

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

/** The webhook in the cluster that the options or the environment name, or on its own. */
export const runWebhook = (options: WebhookOptions, { env, version }: Context, io: WebhookIo): Promise<void> =>
  webhook(options, { version, openCluster: clusterOf(options, env) }, io);

/** Serves until the signal aborts and all is answered. Rejects with a `StartFailure` when it cannot start. */
export const webhook = (options: WebhookOptions, parts: WebhookParts, io: WebhookIo): Promise<void> =>
  new Webhook(options, parts, io).run();

class Webhook {
  readonly #options: WebhookOptions;
  readonly #parts: WebhookParts;
  readonly #io: WebhookIo;
  readonly #log: Log & { readonly lost: () => number };
  readonly #metrics: WebhookMetrics;
  readonly #turnedAway = turnedAwayCounts(() => performance.now());
  /** What a cluster gives is of use until the last review is answered, well after the signal. */
  readonly #end = new AbortController();
  #server: ReviewServer | undefined;
  #admin: AdminServer | undefined;

  constructor(options: WebhookOptions, parts: WebhookParts, io: WebhookIo) {
    this.#options = options;
    this.#parts = parts;
    this.#io = io;
    this.#log = createLog({ level: options.logLevel, format: options.logFormat, sink: io.log, now: io.now });
    this.#metrics = createWebhookMetrics({
      version: parts.version,
      known: knownLabels,
      inFlight: () => this.#server?.inFlight() ?? 0,
      logLinesLost: this.#log.lost,
      connections: () => mapped(this.#listeners(), (guard) => guard.counts().open),
    });
  }

  async run(): Promise<void> {
    const live = await this.#openCluster();
    const inputs = await this.#watchInputs(live);
    const admin = await this.#serveAdmin(this.#checks(inputs, live));
    this.#admin = admin;
    try {
      const first = inputs.pair.current() ?? (await firstPair(live, this.#io.signal));
      this.#server = await this.#serveReviews(first, inputs, live);
      this.#sayServing(this.#server, admin, first);
      // There may be another one since the server began to listen.
      this.#usePair(inputs.pair.current() ?? first);
      this.#io.started?.({
        address: this.#server.address,
        adminAddress: admin.address,
        certificate: first.certificate,
      });
      this.#io.signal.addEventListener("abort", () => this.#log.info("stopping"), { once: true });
      await this.#server.stopped;
      this.#log.info("stopped");
    } finally {
      this.#end.abort();
      await live?.ended;
      await admin.close();
    }
  }

  async #openCluster(): Promise<LiveCluster | undefined> {
    const [log, metrics, now, end] = [this.#log, this.#metrics, this.#io.now, this.#end.signal];
    const cluster = await this.#parts.openCluster?.({ log, metrics, now, end, usePair: (pair) => this.#usePair(pair) });
    if (cluster !== undefined && "issues" in cluster) throw new StartFailure([issuesText(cluster.issues)]);
    return cluster?.value;
  }

  #watchInputs(live: LiveCluster | undefined): Promise<Inputs> {
    const { now, signal } = this.#io;
    return watchInputs(this.#options, {
      log: this.#log,
      metrics: this.#metrics,
      now,
      signal,
      pair: live?.certificate,
      mounted: live?.mounted,
      usePair: (pair) => this.#usePair(pair),
      useClientAuthority: (authority) => this.#server?.useClientAuthority(authority),
    });
  }

  #usePair(pair: ServingPair): void {
    this.#server?.usePair(pair);
  }

  #checks({ settings, objects, pair, clientCa }: Inputs, live: LiveCluster | undefined): readonly Check[] {
    const phase: Check = { name: "webhook", look: () => phaseState(this.#server?.phase()) };
    const read = [settings.check, ...(live?.checks ?? [objects.check]), pair.check];
    const reviews: Check = { name: "reviews", look: this.#turnedAway.look };
    const connections = connectionsCheck(() => this.#listeners());
    return [phase, ...read, ...(clientCa === undefined ? [] : [clientCa.check]), connections, reviews];
  }

  #serveAdmin(own: readonly Check[]): Promise<AdminServer> {
    const [metrics, { beside }] = [this.#metrics, this.#io];
    return started(this.#options.adminAddress, (address) =>
      serveAdmin({
        address,
        checks: () => [...own, ...(beside?.checks ?? [])],
        metrics: async () => joinedPages(await metrics.page(), await beside?.page()),
        onCut: (reason) => metrics.connectionCut("admin", reason),
      }),
    );
  }

  #serveReviews(pair: ServingPair, inputs: Inputs, live: LiveCluster | undefined): Promise<ReviewServer> {
    const [options, log, metrics] = [this.#options, this.#log, this.#metrics];
    const answers = (this.#parts.answers ?? webhookAnswers)(this.#needs(inputs, live));
    return started(options.address, (address) =>
      serveReviews(
        {
          address,
          pair,
          paths: reviewPaths(answers),
          ready: live?.ready ?? (() => true),
          events: reviewEvents({
            log,
            metrics,
            recordEvent: live?.recordEvent,
            onTurnedAway: this.#turnedAway.count,
          }),
          clients: clientsOf(options, inputs.clientCa),
          onCut: (reason) => metrics.connectionCut("reviews", reason),
          limits: { ...limitsOf(options), ...this.#io.limits },
        },
        this.#io.signal,
      ),
    );
  }

  #needs({ settings, objects }: Inputs, live: LiveCluster | undefined): AnswerNeeds {
    const files: LiveCluster["lookups"] = {
      namespaceNamed: (name) => objects.current().namespaceNamed(name),
      namespaceFacts: (name) => objects.current().objectNamed("Namespace", "", name),
      ownerNamed: (kind, namespace, name) => objects.current().objectNamed(kind, namespace, name),
    };
    const { version } = this.#parts;
    return { version, installation: () => settings.current().installation, ...(live?.lookups ?? files) };
  }

  #sayServing(server: ReviewServer, admin: AdminServer, { fingerprint, notAfter }: ServingPair): void {
    this.#log.info("serving reviews", {
      address: addressText(server.address),
      admin: addressText(admin.address),
      certificate: fingerprint,
      expires: notAfter.toISOString(),
    });
  }

  #listeners(): Readonly<Record<string, ConnectionGuard>> {
    return {
      ...(this.#server === undefined ? {} : { reviews: this.#server.connections }),
      ...(this.#admin === undefined ? {} : { admin: this.#admin.connections }),
    };
  }
}

/** Whoever makes it may start later than this; probes are answered meanwhile. */
async function firstPair(live: LiveCluster | undefined, stop: AbortSignal): Promise<ServingPair> {
  const pair = await Promise.race([live?.certificate?.first, aborted(stop)]);
  if (pair) return pair;
  throw new StartFailure(["stopped before there was a certificate to serve with"]);
}

const limitsOf = ({ gracePeriod }: WebhookOptions): Partial<ReviewLimits> => ({
  grace: gracePeriod,
  drainStart: Math.min(defaultLimits.drainStart, gracePeriod),
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
