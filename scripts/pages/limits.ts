/** docs/limits.md: every bound in one place, its numbers those of the code. */
import { longestPiece } from "../../src/async/pieces-of-work.ts";
import { mostCertificates } from "../../src/certificates/x509/pem.ts";
import { mostPods, roundEvery } from "../../src/cli/dashboard/rounds.ts";
import { mostWaiting } from "../../src/cli/dashboard/tap-lines.ts";
import { mostPods as mostRead } from "../../src/cli/traffic/gather.ts";
import { reviewBounds, stored } from "../../src/core/admission/bounds.ts";
import { mostOfMessage } from "../../src/core/destination/updates.ts";
import { longestName } from "../../src/core/base/scalars/dns-label.ts";
import { mostPorts } from "../../src/core/mesh/lists.ts";
import { mostPeers } from "../../src/core/traffic/edges.ts";
import { mostAddresses } from "../../src/core/view/from-objects.ts";
import { longerPiece, mostPutOff } from "../../src/core/view/live.ts";
import * as heldBack from "../../src/grpc/held-back.ts";
import { defaultLimits as certifying } from "../../src/grpc/identity-service.ts";
import { limitsForAnybody, limitsForStreams, limitsForTheMesh, mostEncoded } from "../../src/grpc/limits.ts";
import type { ListenerLimits } from "../../src/grpc/limits.ts";
import { mostConnections } from "../../src/kube/agents.ts";
import { mostTogether, ofOneText } from "../../src/kube/bounded-text.ts";
import { mostOfPages, pagesAtOnce, pageWithin } from "../../src/kube/pod-pages.ts";
import * as events from "../../src/kube/event-recorder.ts";
import { longestMessage } from "../../src/kube/event-sink.ts";
import { listWithin, mostListed, ofOnePage } from "../../src/kube/list.ts";
import { mostInLine, ownOfText } from "../../src/kube/named-lines.ts";
import { longestAskedFor, pauses, defaultRoom } from "../../src/kube/reflector.ts";
import { adminBounds, timeouts } from "../../src/net/admin-server.ts";
import { forStrangers, withoutRequest } from "../../src/net/connection-table.ts";
import type { ConnectionBounds } from "../../src/net/connection-table.ts";
import { untilMended, untilRead, waitingAtMost, waitingInTrouble } from "../../src/observe/log-file.ts";
import { mostKept } from "../../src/serve/controller/cluster-feed.ts";
import { lines as callerLines } from "../../src/serve/controller/caller-log.ts";
import { lines as certificateLines } from "../../src/serve/controller/identity-telemetry.ts";
import { mostMounted } from "../../src/serve/mounted-objects.ts";
import * as tokens from "../../src/serve/controller/token-reviews.ts";
import type { LineRates } from "../../src/serve/told-lines.ts";
import * as namespaces from "../../src/serve/webhook/namespaces.ts";
import * as owners from "../../src/serve/webhook/owners.ts";
import { mostAlike } from "../../src/webhook/reviews/alike.ts";
import { kept } from "../../src/web/page/history.ts";
import { mostWorkloads } from "../../src/web/page/graph.ts";
import { mostLines } from "../../src/web/page/tap-lines.ts";
import { lingering } from "../../src/web/rounds.ts";
import { portsTried, tapsAtOnce } from "../../src/web/server.ts";
import { defaultLimits as reviews } from "../../src/webhook/limits.ts";
import { binary, count, likewise, size, time } from "./limit-words.ts";
import type { Section } from "./limit-words.ts";
import { policyLimits } from "./policy-limits.ts";

/** The page as Markdown, not yet formatted. */
export const limitsPage = (): string => `${[...head, ...sections.flatMap(section)].join("\n").trimEnd()}\n`;

const section = ({ title, text, columns, rows }: Section): readonly string[] => [
  `## ${title}`,
  "",
  text,
  "",
  line(columns),
  line(columns.map(() => "---")),
  ...rows.map(line),
  "",
];

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const rate = ({ atOnce, perSecond }: { readonly atOnce: number; readonly perSecond: number }): string =>
  `${count(atOnce)} at once, then ${perSecond < 1 ? `one in ${time(Math.round(1000 / perSecond))}` : `${count(perSecond)} a second`}`;

const ratesOf = ({ each, inAll }: LineRates): string => `${rate(each)}; in all ${rate(inAll)}`;

const ofStrangers = ({ open }: ConnectionBounds): string => count(Math.floor(open * forStrangers));

const both = (text: (limits: ListenerLimits) => string): readonly [string, string] => [
  text(limitsForAnybody),
  text(limitsForTheMesh),
];

const waits = (characters: number, again: string): readonly string[] => {
  const [unit, factor] = binary(characters);
  return [`${characters / factor} ${unit} characters`, again, "lost, and counted"];
};

const { connections } = reviews;
const { outbox, encoding, behind } = limitsForStreams;

const head = [
  "# Bounds",
  "",
  "Whoever reaches a port may try to stop weft with it. So everything that somebody else can make weft hold or do has a bound. Bounds are in what it costs: bytes that are held, time of the processor, requests to the API server.",
  "",
  "All bounds hold for each replica, whoever asks. Where there is one for each caller and one for all, the first keeps one caller from taking the second.",
  "",
  "A bound that turns callers away never makes a replica unready: else whoever fills one could make all of them so. `/readyz?verbose` says that it does, and [metrics](metrics.md) count it.",
  "",
  "<!-- Made from the constants of the code by `make golden`. -->",
  "",
];

const sections: readonly Section[] = [
  {
    title: "Webhook",
    text: "Memory is counted as it is held, not as it is sent. What a known address is, and how API servers get outside of these bounds: [API servers that show a certificate](api-server-certificates.md#bounds).",
    columns: ["what", "how much", "beyond it"],
    rows: [
      [
        "connections on 8443",
        `${count(connections.open)}, of one address (IPv6: a /64) ${count(connections.openOfOne)}; ${count(connections.reserved)} are kept for known addresses, ${ofStrangers(connections)} for others`,
        "one without a request is closed, then the one that has been idle for longest, of the address that has most",
      ],
      [
        "handshakes",
        `${connections.perSecond} are begun in a second, each as ${withoutRequest} until it has a request; ${connections.waiting} wait; ${time(reviews.handshakeTimeout)} for each`,
        "the last that came of the address of which most wait is closed",
      ],
      ["requests on a connection", "one at a time", "the connection is closed"],
      [
        "bodies that are still coming",
        `${reviews.arriving}, of one address ${reviews.arrivingOfOne}; ${size(reviews.arrivingBytes)}, of one address ${size(reviews.arrivingBytesOfOne)}; ${time(reviews.bodyPatience)}, and ${reviews.bodyRate} bytes in each millisecond`,
        "the slowest is answered 408, the largest 503",
      ],
      ["pieces of a body", `${count(reviews.pieces)}, and one for each ${reviews.pieceBytes} bytes`, "400"],
      ["a body", `${size(reviews.bodyBytes)} (an API server takes requests of 3 MiB)`, "413"],
      [
        "what a review holds",
        `${count(reviewBounds.values)} values, ${reviewBounds.depth} lists and objects in another; a uid of ${reviewBounds.uid} characters`,
        "413; 400",
      ],
      [
        "annotations of an object, with those that weft would add",
        `${size(stored)} (an API server stores no more)`,
        "let through as it is, with a warning",
      ],
      ["labels of an object", size(stored), likewise],
      [
        "complete reviews",
        count(reviews.inFlight),
        "the last one of the namespace with most, of the address with most, is answered 503",
      ],
      [
        "memory of reviews, about",
        `${size(reviews.smallHeld)} for small ones (up to ${size(reviews.smallCost)} each), ${size(reviews.largeHeld)} for large ones`,
        likewise,
      ],
      ["answers kept for pods of one template", size(mostAlike), "what was kept first is made again"],
      [
        "large reviews",
        `one at a time, in turn by address and namespace, half of the processor's time; ${time(reviews.largePatience)} for what is looked up`,
        "they wait",
      ],
    ],
  },
  {
    title: "Admin listener",
    text: "Of every program. Known is an address that was told something before.",
    columns: ["what", "how much", "beyond it"],
    rows: [
      [
        "connections on 9995",
        `${adminBounds.open}, of one address ${adminBounds.openOfOne}; ${adminBounds.reserved} are kept for known addresses, ${ofStrangers(adminBounds)} for others`,
        "as on 8443",
      ],
      ["connections that are begun", `${adminBounds.perSecond} in a second, ${adminBounds.waiting} wait`, likewise],
      [
        "time",
        `${time(timeouts.requestTimeout)} for a request, ${time(timeouts.keepAliveTimeout)} without one`,
        "the connection is closed",
      ],
    ],
  },
  {
    title: "Dashboard",
    text: "`weft dashboard`, on a person's own machine.",
    columns: ["what", "how much", "beyond it"],
    rows: [
      [
        "pods that are read",
        `${count(mostPods)}, a connection to each`,
        "nothing is read; the page says to choose a namespace",
      ],
      ["rounds", `one in ${time(roundEvery)}; none when no page has been open for ${time(lingering)}`, ""],
      ["taps at once", count(tapsAtOnce), "refused, in words"],
      ["lines of a tap that wait for the page", count(mostWaiting), "lost, and said"],
      ["lines of a tap on the page", count(mostLines), "the oldest go"],
      ["charts", time(kept), "older rounds go"],
      [
        "workloads on the map",
        count(mostWorkloads),
        "namespaces are shown, and the workloads of the one that is chosen",
      ],
      ["ports that are tried", count(portsTried), "it does not start"],
    ],
  },
  {
    title: "Control plane",
    text: "What becomes of those that are turned away, and how metrics name the reason: [The control plane](controller.md#bounds). Together these bounds keep the process within the 1 GiB that `weft install` gives it.",
    columns: ["what", "identity (8080)", "destination, policy (8086, 8090), each"],
    rows: [
      [
        "connections at once",
        ...both(
          (limits) =>
            `${count(limits.open)}, of these ${limits.reserved} for known addresses and ${ofStrangers(limits)} for others`,
        ),
      ],
      ["of one address (IPv6: one /64)", ...both(({ openOfOne }) => count(openOfOne))],
      [
        "taken on in a second",
        ...both(
          ({ perSecond }) =>
            `${perSecond} of known addresses, ${perSecond} of others; each as ${withoutRequest} until it has a request`,
        ),
      ],
      ["handshake", ...both(({ handshake }) => time(handshake))],
      ["first bytes", ...both(({ handshake }) => `${time(handshake)} after the handshake`)],
      [
        "first request",
        ...both(({ firstRequest }) =>
          firstRequest === undefined ? "whenever it likes" : `${time(firstRequest)} after the handshake`,
        ),
      ],
      ["age of a connection", ...both(({ age }) => (age === undefined ? "as it likes" : time(age)))],
      ["a connection without a call", ...both(({ idle }) => (idle === undefined ? "as long as it likes" : time(idle)))],
      ["calls on a connection", ...both(({ streams }) => `${count(streams)} at a time`)],
      [
        "requests of one identity",
        ...both(({ pace }) =>
          pace === undefined ? "" : `${rate(pace)}; more wait, and so does what is sent after them`,
        ),
      ],
      [
        "a request",
        ...both(
          ({ message, pieces, unfinished }) =>
            `${size(message)}, in ${pieces} pieces, whole within ${time(unfinished)}`,
        ),
      ],
      ["requests that are still coming", ...both(({ unfinishedBytes }) => `${size(unfinishedBytes)} in all`)],
      ["bytes that wait for their turn", ...both(({ unread }) => `${size(unread)} in all`)],
      [
        "bytes that are of no request",
        ...both(({ overhead, overheadPerSecond }) => `${size(overhead)}, and ${size(overheadPerSecond)} a second`),
      ],
      ["an answer that is not taken", ...both(({ lingering }) => time(lingering))],
      ["streams that a client drops", ...both(({ resets }) => rate(resets))],
      ["streams of HTTP/2", ...both(({ openStreams }) => count(openStreams))],
      [
        "streams that follow something",
        "",
        `${count(limitsForStreams.most)} for both ports, of one identity ${count(limitsForStreams.mostOfOne)}`,
      ],
      [
        "messages on their way",
        "",
        `${size(outbox.bytes)} for both ports, of one identity ${size(outbox.bytesOfOne)}, the rest waits; ${time(outbox.stall)} for a reader that takes nothing, when others wait`,
      ],
      [
        "large answers",
        "",
        `${rate(encoding)} for one identity, of messages of ${count(mostOfMessage)} endpoints that are encoded, beside the first of an answer; ${size(mostEncoded)} of messages are kept for others who get the same`,
      ],
      [
        "values for readers who are behind",
        "",
        `${size(behind)} of old ones, then whoever is behind for longest is cut off`,
      ],
      [
        "addresses asked for in vain",
        "",
        `${count(heldBack.mostRemembered)} are remembered, for ${time(heldBack.rememberedFor)}; whoever asked for most has its oldest forgotten`,
      ],
      ["names", "", `${longestName} characters, labels of 63, else \`INVALID_ARGUMENT\` at once`],
    ],
  },
  {
    title: "Certificates of workloads",
    text: "A known address is one from which something was certified. More: [Identity](identity.md#how-a-certificate-is-made).",
    columns: ["what", "how much", "beyond it"],
    rows: [
      [
        "certificates made",
        `${certifying.most} at a time, ${certifying.mostOfStrangers} of them for addresses that are not known`,
        `${count(certifying.mostWaiting)} wait; the others are refused (\`overloaded\`)`,
      ],
      [
        "reviews of tokens",
        `${tokens.defaultLimits.most} at a time, ${tokens.defaultLimits.mostOfStrangers} of them for addresses that are not known`,
        `${count(tokens.defaultLimits.mostWaiting)} wait; the others are refused (\`overloaded\`)`,
      ],
      [
        "tokens of one address that were refused",
        `${rate(tokens.refusedOfKnown)}; of one that is not known ${rate(tokens.refusedOfStranger)}`,
        "its tokens are not reviewed for a while (`token_limit`)",
      ],
      [
        "tokens of issuers of which none was good yet, of addresses that are not known",
        rate(tokens.ofOtherIssuers),
        likewise,
      ],
    ],
  },
  {
    title: "Events",
    text: "What is told, and on what: [Events and look-ups](events.md#events).",
    columns: ["what", "how much", "beyond it"],
    rows: [
      ["requests for Events, whatever they are about", rate(events.requestsInAll), "they wait"],
      ["Events of one object", rate(events.ofAnObject), "dropped, and counted"],
      [
        "Events on a namespace, of owners that nobody has read",
        `${rate(events.claims.each)}; in all ${rate(events.claims.inAll)}`,
        likewise,
      ],
      ["Events that wait", `${count(events.mostWaiting)}, each namespace's in its turn`, likewise],
      ["length of a message", `${count(longestMessage)} characters`, "the rest is cut off"],
      ["the same again", `one Event within ${time(events.sameFor)}`, "it has a count"],
    ],
  },
  {
    title: "Look-ups",
    text: "What the webhook asks of the API server for a review ([more](events.md#look-ups)).",
    columns: ["what", "how much", "beyond it"],
    rows: [
      [
        "a namespace that the watch has not brought yet",
        `${rate(namespaces.lookUps)}; ${namespaces.flights.atOnce} under way`,
        "tried again while the review has time; a namespace that is new comes by the watch meanwhile. Else HTTP 500",
      ],
      ["a ReplicaSet or Job that is there", `none by number; ${owners.flights.atOnce} under way`, "they wait"],
      [
        "one that is not there",
        `for each namespace ${rate(owners.misses.each)}; in all ${rate(owners.misses.inAll)}`,
        "the owner is the one that the pod names, as when it is not found",
      ],
      ["an owner in a namespace that is not there", "none is asked for", ""],
      [
        "a StatefulSet or DaemonSet, for an Event",
        `${owners.flightsForEvents.atOnce} under way; when it is not there, as above, but by itself`,
        "no Event",
      ],
    ],
  },
  {
    title: "What an API server can make weft hold",
    text: `A watch or a list that fails, or that ends within a minute, is begun again after a pause: ${time(pauses.first)} at first, up to ${time(pauses.most)}, a random part of it left away. \`Retry-After\` makes it longer, up to ${longestAskedFor} s.`,
    columns: ["what", "how much", "beyond it"],
    rows: [
      [
        "one answer, or one line of a watch",
        `${size(ofOneText.most)}, ${count(ofOneText.mostValues)} JSON values`,
        "the connection is closed; a page of a list is asked for again, smaller",
      ],
      ["all answers and lines that are under way", size(mostTogether), likewise],
      ["what is kept of namespaces (webhook)", size(defaultRoom), "what was kept stays; tried again, ever less often"],
      [
        "what is kept of the ConfigMaps and the Secret that settings and CAs are mounted from",
        size(mostMounted),
        likewise,
      ],
      ["what is kept of Nodes and Namespaces (control plane)", size(mostKept.ofCluster), likewise],
      [
        "what is kept of pods, Services and EndpointSlices (control plane)",
        size(mostKept.others),
        "the namespace that has most of them goes without what came last; its pods are [closed](controller.md#bounds) where a policy might be about them",
      ],
      [
        "what is kept of policies and routes (control plane)",
        size(mostKept.policies),
        "the namespace that has most of them goes without what came last, and its ports are [closed](controller.md#bounds)",
      ],
      [
        "policies or routes of one kind in a namespace (control plane)",
        count(mostKept.ofOneKind),
        "it goes without what came last, and its ports are [closed](controller.md#bounds)",
      ],
      [
        "a list",
        `${count(mostListed)} objects, of each page some that are new; ${time(listWithin)}`,
        "as when the list fails",
      ],
      [
        "a page of a list",
        `${size(ofOnePage.most)}; ${count(ofOnePage.mostValues)} values; one object may have more`,
        "a smaller page is asked for",
      ],
      ["connections", `${mostConnections} for answers, ${mostConnections} for watches`, "others wait"],
      [
        "addresses of a pod, of an endpoint of an EndpointSlice",
        count(mostAddresses),
        "the first count; a pod has one of each family",
      ],
      [
        "ports of a pod of which `hostIP` is read",
        count(mostPorts),
        "of a pod that has more, each counts as it is spelled",
      ],
    ],
  },
  {
    title: "Work without a pause",
    text: "One process does everything, one thing at a time. What takes longer is done in pieces, one in each turn, whoever's work it is; between two pieces callers are answered.",
    columns: ["what", "how much", "beyond it"],
    rows: [
      [
        "a piece of work: objects that a list or a watch brings, answers that are made anew, pods that are counted",
        time(longestPiece),
        "the rest waits behind what waits already",
      ],
      [
        "an answer that changes faster than it is made",
        `it is put off ${count(mostPutOff)} times, then a piece of it may take ${time(longerPiece * longestPiece)}`,
        "it is put off further: those who follow it keep the one before",
      ],
      [
        "different certificates in a text: trust anchors, a chain, a bundle of CAs",
        count(mostCertificates),
        "none is read, and the reason says so",
      ],
    ],
  },
  policyLimits,
  {
    title: "weft edges, weft stat",
    text: "Of what the command line reads from proxies ([more](seeing.md)).",
    columns: ["what", "how much", "beyond it"],
    rows: [
      ["pods", `${count(mostRead)}; \`--all-pods\`: all`, "none is read, and the command fails"],
      ["pods at the same time", `${pagesAtOnce}; \`--at-once\`: others`, "they wait"],
      ["a page, unpacked", `${time(pageWithin)}, ${size(ofOneText.most)}`, "the pod was not read, and is told"],
      ["a line of it", size(mostInLine), likewise],
      [
        "what is kept of a page",
        `${size(ownOfText)}; more as long as that of all pages is no more than ${size(mostOfPages)}`,
        likewise,
      ],
      ["peers of a pod", count(mostPeers), "the others are left out, and the pod is told"],
    ],
  },
  {
    title: "Log",
    text: "Lines wait in memory while they cannot be written ([more](output.md#the-log)).",
    columns: ["what", "how much", "tried again after", "beyond it"],
    rows: [
      ["lines for a pipe whose reader is behind, or does not read", ...waits(waitingAtMost, time(untilRead))],
      ["lines for a disk that is slow", ...waits(waitingAtMost, "when it is done")],
      [
        "lines for a disk that is full or fails, a quota that is used up, a reader that is gone",
        ...waits(waitingInTrouble, time(untilMended)),
      ],
    ],
  },
  {
    title: "Lines that others bring about",
    text: "Of what callers of the control plane bring about so much is logged of each namespace, that of their identity or their token; strangers are one. `untold` says in the next line how many were not. [Metrics](metrics.md#control-plane) count each.",
    columns: ["what", "how much", "beyond it"],
    rows: [
      ["callers that are not whom they speak for", ratesOf(callerLines), "no line"],
      ["certificates that were issued, and those that were refused", ratesOf(certificateLines), likewise],
    ],
  },
];
