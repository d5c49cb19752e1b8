/** All attacks, in the order in which they are run. */
import { adminConnections } from "./attacks/admin-connections.ts";
import { adminScrapes } from "./attacks/admin-scrapes.ts";
import { arrayBodies } from "./attacks/array-bodies.ts";
import { certifyForgedTokens, certifyHugeTokens } from "./attacks/certify-floods.ts";
import { costlyAnnotations } from "./attacks/costly-annotations.ts";
import { eventFlood } from "./attacks/event-flood.ts";
import { expectations } from "./attacks/expectations.ts";
import { halfOpenConnections } from "./attacks/half-open-connections.ts";
import { handshakeStorm } from "./attacks/handshake-storm.ts";
import { headerFloods } from "./attacks/header-floods.ts";
import { helloDestination } from "./attacks/hello-destination.ts";
import { helloIdentity } from "./attacks/hello-identity.ts";
import { helloWebhook } from "./attacks/hello-webhook.ts";
import { listWithoutEnd, watchesThatEnd } from "./attacks/hot-loops.ts";
import { http2FloodsDestination, http2FloodsIdentity } from "./attacks/http2-floods.ts";
import { identityManyAddresses } from "./attacks/identity-many-addresses.ts";
import { identityOneByteFrames } from "./attacks/identity-one-byte-frames.ts";
import { identitySilentTcp, identitySilentTls } from "./attacks/identity-silence.ts";
import { idleConnections } from "./attacks/idle-connections.ts";
import { injectorToken } from "./attacks/injector-token.ts";
import { keyUpdates } from "./attacks/key-updates.ts";
import { largeAnnotations } from "./attacks/large-annotations.ts";
import { logFullDisk } from "./attacks/log-full-disk.ts";
import { logFullDiskController } from "./attacks/log-full-disk-controller.ts";
import { logUnread } from "./attacks/log-unread.ts";
import { lookUpAmplification } from "./attacks/look-up-amplification.ts";
import { nestedBodies } from "./attacks/nested-bodies.ts";
import { oddBodies } from "./attacks/odd-bodies.ts";
import { oneByteChunks } from "./attacks/one-byte-chunks.ts";
import { opaqueList } from "./attacks/opaque-list.ts";
import { pathInjection } from "./attacks/path-injection.ts";
import { pipelinedRequests } from "./attacks/pipelined-requests.ts";
import { policyCrowd, policyPorts, policyRules, policyServers } from "./attacks/policy-attacks.ts";
import { policyStreams } from "./attacks/policy-streams.ts";
import { serviceAdvice } from "./attacks/service-advice.ts";
import { slowBodies } from "./attacks/slow-bodies.ts";
import { slowReaders } from "./attacks/slow-readers.ts";
import { endpointPorts } from "./attacks/endpoint-ports.ts";
import { slowStreams } from "./attacks/slow-streams.ts";
import { callsTakenBack } from "./attacks/calls-taken-back.ts";
import { packedCalls } from "./attacks/packed-calls.ts";
import { streamCrowd } from "./attacks/stream-crowd.ts";
import { streamNames } from "./attacks/stream-names.ts";
import { targetKeys } from "./attacks/target-keys.ts";
import { terminalEscapes } from "./attacks/terminal-escapes.ts";
import { watch410Http, watch410Https } from "./attacks/watch-410.ts";
import type { Attack } from "./shape.ts";

export const attacks: readonly Attack[] = [
  // What is looked at, without a process.
  injectorToken,
  terminalEscapes,

  // The webhook's connections.
  idleConnections,
  halfOpenConnections,
  helloWebhook,
  handshakeStorm,
  keyUpdates,
  expectations,

  // Its requests.
  slowBodies,
  oneByteChunks,
  headerFloods,
  pipelinedRequests,
  slowReaders,
  nestedBodies,
  arrayBodies,
  oddBodies,
  largeAnnotations,
  costlyAnnotations,
  serviceAdvice,

  // What it asks the API server for, and what that answers.
  eventFlood,
  lookUpAmplification,
  pathInjection,
  watchesThatEnd,
  listWithoutEnd,

  // The admin port, and the log.
  adminConnections,
  adminScrapes,
  logFullDisk,
  logFullDiskController,
  logUnread,

  // Certificates.
  helloIdentity,
  identitySilentTcp,
  identitySilentTls,
  identityManyAddresses,
  identityOneByteFrames,
  http2FloodsIdentity,
  certifyHugeTokens,
  certifyForgedTokens,

  // Streams.
  helloDestination,
  http2FloodsDestination,
  streamNames,
  streamCrowd,
  packedCalls,
  callsTakenBack,
  slowStreams,
  endpointPorts,
  policyStreams,
  targetKeys,
  opaqueList,

  // Policies, and the API server.
  policyPorts,
  policyCrowd,
  policyRules,
  policyServers,
  watch410Http,
  watch410Https,
];
