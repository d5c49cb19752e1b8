/** Metadata as every object of an installation has it. */
import { components, labelsOf } from "./names.ts";
import type { Component } from "./names.ts";

export const meta = (name: string, namespace?: string, component: Component = components.injector) => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  labels: labelsOf(component),
});
