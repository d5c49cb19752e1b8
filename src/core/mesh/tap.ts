/** What a proxy is asked by that shows its requests (tap), and whom it lets. */
import { isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import { textAt } from "../base/json/read.ts";
import { anchorsVariable } from "./sidecar.ts";

/** The ServiceAccount of a namespace whose identity may tap the proxies of that namespace. */
export const tapAccount = "weft-tap";

/** The variable that opens a proxy's tap, and names the identity that it lets in. */
export const tapVariable = "LINKERD2_PROXY_TAP_SVC_NAME";

/** The proxy's own identity, and the one that its identity service shows. */
const localNameVariable = "LINKERD2_PROXY_IDENTITY_LOCAL_NAME";
const identityServiceVariable = "LINKERD2_PROXY_IDENTITY_SVC_NAME";

/** A page of the admin port: these variables as the proxy has them. They are not secret. */
export const environmentPage = `/env.json?${[tapVariable, localNameVariable, identityServiceVariable, anchorsVariable].join("&")}`;

/** What of it is needed to tap a proxy. */
export interface ProxyNames {
  /** Who may tap; undefined: nobody. */
  readonly lets: string | undefined;
  readonly own: string;
  readonly identityService: string;
  /** PEM: whom the proxy believes. */
  readonly anchors: string;
}

/** Undefined: the page is none of a proxy's. */
export function proxyNamesIn(page: Json): ProxyNames | undefined {
  if (!isObject(page)) return undefined;
  const [own, identityService, anchors] = [localNameVariable, identityServiceVariable, anchorsVariable].map((name) =>
    textAt(page, name),
  );
  if (!own || !identityService || !anchors) return undefined;
  return { lets: textAt(page, tapVariable) || undefined, own, identityService, anchors };
}

/** The identity of the tap account of the namespace that another identity is of; undefined: it is none. */
export function tapIdentityBeside(identity: string): string | undefined {
  const [, rest] = /^[^.]+(\.[^.]+\.serviceaccount\.identity\..+)$/.exec(identity) ?? [];
  return rest === undefined ? undefined : `${tapAccount}${rest}`;
}
