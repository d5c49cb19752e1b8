/** Values that the mesh's own control plane was given, and that change nothing. */
import { unheeded, unheededText } from "../install/unheeded.ts";
import { isObject } from "../base/json/json.ts";
import type { JsonObject } from "../base/json/json.ts";
import { issueText } from "../base/text/issue.ts";
import { chartIssues } from "../install/values-issues.ts";
import { skipped, warning, warningIf, given, ok } from "./check.ts";
import { cut } from "./lines.ts";
import type { Check, Outcome } from "./check.ts";
import type { Facts } from "./facts.ts";
import { valuesIn } from "./settings.ts";

export const knownValuesCheck: Check<Facts> = {
  id: "known-values",
  says: "every value that is set is one that weft or Linkerd's chart knows",
  needs: ["settings"],
  about:
    "Typing mistakes: a key that nobody knows, or a value of another type. Neither weft nor Linkerd takes it up. Mend it in the values file, and give that to `weft upgrade --values FILE -o yaml | kubectl apply -f -`; `weft upgrade --set proxy.imagee=null` takes a key away.",
  look: ofValues((values) => warningIf(cut(chartIssues(values).map(issueText)))),
};

export const valuesCheck: Check<Facts> = {
  id: "unheeded-values",
  says: "every value that is set has an effect",
  needs: ["settings"],
  about:
    "Values files of Linkerd's chart are taken as they are, and weft has no use for some of the values: see [values.md](values.md#values-without-effect). Where one was to protect something, it does not.",
  look: ofValues((values) => {
    const paths = unheeded(values);
    return paths.length === 0 ? ok : warning([`without effect: ${unheededText(paths)}`]);
  }),
};

/** Of the mesh's own control plane; values that cannot be read are told by the checks of settings. */
function ofValues(look: (values: JsonObject) => Outcome): Check<Facts>["look"] {
  return ({ controlPlane, settings }) => {
    if (controlPlane === undefined) return skipped;
    return given(settings, (configMap) => {
      const values = valuesIn(configMap);
      return "value" in values && isObject(values.value) ? look(values.value) : ok;
    });
  };
}
