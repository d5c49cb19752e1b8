/** Metadata as every object of an installation has it. */
import { commonLabels } from "./names.ts";

export const meta = (name: string, namespace?: string) => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  labels: commonLabels,
});
