/** What is checked before weft is installed: may it be, is the place free, and who else injects. */
import { names } from "../install/names.ts";
import type { JsonObject } from "../base/json/json.ts";
import { skipped, warningIf, failureIf, given, ok, unread, worst } from "./check.ts";
import type { Category } from "./check.ts";
import type { Facts } from "./facts.ts";
import { cut } from "./lines.ts";
import { nameOf } from "../base/json/read.ts";
import { ownConfiguration } from "./registered.ts";
import { istio } from "./registration.ts";
import { linkerdConfiguration } from "./registered.ts";
import { rightText } from "./rights.ts";
import { serverChecks } from "./server.ts";
import { anchorsIn, anchorsOutcome, anchorsText, settingsOutcome } from "./settings.ts";
import { valueOf } from "./fact.ts";
import type { Fact } from "./fact.ts";

export interface FactsBefore extends Pick<Facts, "question" | "server" | "mutating" | "tools"> {
  /** weft is to take the place of a running Linkerd's injector. */
  readonly adopts: boolean;
  /** What the user may do, of what installing takes. */
  readonly rights: Facts["rights"];
  /** What is in the cluster under the names of what would be installed. */
  readonly present: readonly { readonly what: string; readonly found: Fact<JsonObject> }[];
  readonly linkerdSettings: Fact<JsonObject>;
  readonly linkerdTrustAnchors: Fact<JsonObject>;
}

const beforeChecks: Category<FactsBefore> = {
  name: "pre-weft",
  checks: [
    {
      id: "pre-rights",
      says: "you may create what weft install prints",
      needs: ["api-answers"],
      about:
        "Whoever installs weft creates roles, and registers webhooks for the whole cluster: usually a cluster administrator does.",
      look: ({ rights }) => {
        const refused = rights.filter(({ allowed }) => valueOf(allowed) === false);
        if (refused.length > 0) return failureIf(refused.map(({ right }) => `you may not ${rightText(right)}`));
        return worst(rights.map(({ allowed }) => (allowed.kind === "known" ? ok : unread(allowed))));
      },
    },
    {
      id: "pre-names",
      says: "nothing has the names that weft needs",
      needs: ["api-answers"],
      about:
        "`kubectl apply` would change what is there. An installed weft: `weft upgrade` shows what would change, `weft check` without `--pre` what is wrong with it.",
      look: ({ present }) =>
        worst([
          warningIf(
            cut(present.flatMap(({ what, found }) => (found.kind === "known" ? [`${what} is there`] : []))),
            "weft upgrade",
          ),
          ...present.map(({ found }) => (found.kind === "absent" || found.kind === "known" ? ok : unread(found))),
        ]),
    },
    {
      id: "pre-registration",
      says: "weft is not registered yet",
      needs: ["api-answers"],
      about:
        "Two installations in one cluster inject every pod twice over. Remove the other one by `weft uninstall` first.",
      look: ({ mutating }) =>
        given(mutating, (all) => {
          const own = ownConfiguration(all);
          return failureIf(own === undefined ? [] : [`${nameOf(own)} has entries of weft's`], "weft check");
        }),
    },
  ],
};

const linkerdChecks: Category<FactsBefore> = {
  name: "pre-linkerd",
  checks: [
    {
      id: "pre-linkerd-settings",
      says: "Linkerd's settings can be used",
      needs: ["api-answers"],
      about:
        "`weft install --adopt-linkerd` injects with the settings and trust anchors of the running Linkerd. Without Linkerd in the cluster give weft settings and trust anchors of your own.",
      look: ({ linkerdSettings, linkerdTrustAnchors, adopts, tools }) => {
        if (linkerdSettings.kind === "absent" && !adopts) return skipped;
        return given(linkerdSettings, (configMap) =>
          settingsOutcome(configMap, anchorsText(valueOf(linkerdTrustAnchors)), tools),
        );
      },
    },
    {
      id: "pre-linkerd-trust-anchors",
      says: "Linkerd's trust anchors are valid",
      needs: ["api-answers", "pre-linkerd-settings"],
      about: "Proxies trust who is signed by one of these. See Linkerd's documentation on rotating them.",
      look: ({ linkerdSettings, linkerdTrustAnchors, adopts, tools, question }) => {
        if (linkerdSettings.kind === "absent" && !adopts) return skipped;
        return given(linkerdTrustAnchors, (configMap) => anchorsOutcome(anchorsIn(configMap, tools), question.now));
      },
    },
    {
      id: "pre-linkerd-injector",
      says: "no other injector is asked before weft",
      needs: ["api-answers"],
      about:
        "Beside Linkerd's injector install with `--adopt-linkerd`: weft then is called first, and Linkerd's finds the sidecar there and stays out. Istio's injects by labels of its own: let no namespace have both.",
      look: ({ mutating, adopts }) =>
        given(mutating, (all) => {
          const names = all.map(nameOf);
          const isBefore = names.includes(linkerdConfiguration) && !adopts;
          return worst([
            warningIf(
              isBefore ? [`${linkerdConfiguration} is called before weft-injector would be`] : [],
              "weft install --adopt-linkerd",
            ),
            warningIf(names.filter((name) => istio.test(name)).map((name) => `${name} injects Istio's proxy`)),
          ]);
        }),
    },
    {
      id: "pre-linkerd-namespace",
      says: "Linkerd's control plane is there",
      needs: ["api-answers"],
      about:
        "Who adopts Linkerd uses its control plane: proxies ask it for identities, destinations and policies. Otherwise `weft install` brings one of its own.",
      look: ({ linkerdTrustAnchors, question, adopts }) => {
        if (linkerdTrustAnchors.kind === "absent" && !adopts) return skipped;
        return linkerdTrustAnchors.kind === "absent"
          ? warningIf([`namespace ${question.controlPlaneNamespace} has no ConfigMap ${names.trustAnchors}`])
          : given(linkerdTrustAnchors, () => ok);
      },
    },
  ],
};

export const checksBefore: readonly Category<FactsBefore>[] = [serverChecks, beforeChecks, linkerdChecks];
