/** Values that the mesh's own control plane was given, and that change nothing. */
import { unheeded, unheededText } from "../install/unheeded.ts";
import { isObject } from "../base/json/json.ts";
import { skipped, warning, given, ok } from "./check.ts";
import type { Check } from "./check.ts";
import type { Facts } from "./facts.ts";
import { valuesIn } from "./settings.ts";

export const valuesCheck: Check<Facts> = {
  id: "unheeded-values",
  says: "every value that is set has an effect",
  needs: ["settings"],
  about:
    "Values files of Linkerd's chart are taken as they are, and weft has no use for some of the values: see [install.md](install.md#values-without-effect). Where one was to protect something, it does not.",
  look: ({ controlPlane, settings }) => {
    if (controlPlane === undefined) return skipped;
    return given(settings, (configMap) => {
      const values = valuesIn(configMap);
      const paths = "value" in values && isObject(values.value) ? unheeded(values.value) : [];
      return paths.length === 0 ? ok : warning([`without effect: ${unheededText(paths)}`]);
    });
  },
};
