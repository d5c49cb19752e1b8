/** What a listener of a control plane shows to a proxy that calls it: the handshake alone, without a certificate. */
import { wordsOf } from "../core/base/text/words.ts";
import { connect } from "node:tls";

export interface Shown {
  /** DNS names of the certificate. */
  readonly names: readonly string[];
  /** Why its chain does not lead to the anchors; undefined: it does. */
  readonly refusal: string | undefined;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  /** PEM. */
  readonly anchors: string;
}

/** As proxies do it: TLS 1.3, no ALPN. Rejects when nobody answers, or not by TLS. */
export function shownBy({ host, port, serverName, anchors }: Listener, within: number): Promise<Shown> {
  const { promise, resolve, reject } = Promise.withResolvers<Shown>();
  const socket = connect({
    host,
    port,
    servername: serverName,
    ca: anchors,
    minVersion: "TLSv1.3",
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  socket.setTimeout(within, () => socket.destroy(new Error(`no answer within ${within} ms`)));
  socket.once("error", reject);
  // The server may refuse a client without certificate afterwards; its own it has shown by then.
  socket.once("secureConnect", () => {
    const names = (socket.getPeerCertificate().subjectaltname ?? "").matchAll(/DNS:([^,\s]+)/g);
    const error: unknown = socket.authorizationError;
    const refusal = socket.authorized ? undefined : wordsOf(error);
    resolve({ names: [...names].map(([, name = ""]) => name), refusal });
    socket.destroy();
  });
  return promise;
}
