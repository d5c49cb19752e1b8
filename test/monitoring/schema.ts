/**
 * JSON Schema, as much of it as the objects of prometheus-operator need here, and strict: a field that the schema does
 * not name is an issue, since an API server would drop it without a word.
 */
import type { Json } from "../../src/core/base/json/json.ts";
import { isList, isObject } from "../../src/core/base/json/json.ts";

export type Schema =
  | { readonly type: "string"; readonly pattern?: RegExp; readonly enum?: readonly string[] }
  | { readonly type: "boolean" }
  | { readonly type: "map" }
  | { readonly type: "array"; readonly items: Schema }
  | {
      readonly type: "object";
      readonly properties: Readonly<Record<string, Schema>>;
      readonly required?: readonly string[];
    };

/** Lines such as `/spec/selector: expected an object`. */
export function issuesOf(value: Json | undefined, schema: Schema, at = ""): readonly string[] {
  switch (schema.type) {
    case "string":
      if (typeof value !== "string") return [`${at}: expected a text`];
      if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at}: ${value} is none of its values`];
      return schema.pattern === undefined || schema.pattern.test(value) ? [] : [`${at}: ${value} has not its form`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${at}: expected true or false`];
    case "map":
      return isObject(value) && Object.values(value).every((each) => typeof each === "string")
        ? []
        : [`${at}: expected a map of texts`];
    case "array":
      return isList(value)
        ? value.flatMap((each, index) => issuesOf(each, schema.items, `${at}/${index}`))
        : [`${at}: expected a list`];
    case "object": {
      if (!isObject(value)) return [`${at}: expected an object`];
      const missing = (schema.required ?? []).filter((name) => value[name] === undefined);
      return [
        ...missing.map((name) => `${at}/${name}: is missing`),
        ...Object.entries(value).flatMap(([name, each]) => {
          const property = schema.properties[name];
          return property === undefined ? [`${at}/${name}: is unknown`] : issuesOf(each, property, `${at}/${name}`);
        }),
      ];
    }
  }
}

const text: Schema = { type: "string" };
const texts: Schema = { type: "array", items: text };
/** Of Prometheus, such as `1m30s`. */
const duration: Schema = {
  type: "string",
  pattern: /^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$/,
};
const object = (properties: Readonly<Record<string, Schema>>, ...required: readonly string[]): Schema => ({
  type: "object",
  properties,
  required,
});

const actions = ["replace", "keep", "drop", "hashmod", "labelmap", "labeldrop", "labelkeep", "lowercase", "uppercase"];
const relabelings: Schema = {
  type: "array",
  items: object({
    sourceLabels: { type: "array", items: { type: "string", pattern: /^[a-zA-Z_][a-zA-Z0-9_]*$/ } },
    separator: text,
    regex: text,
    targetLabel: text,
    replacement: text,
    action: { type: "string", enum: actions },
  }),
};

const metadata = object({ name: text, namespace: text, labels: { type: "map" } }, "name");
const named = (kind: string, spec: Schema): Schema =>
  object(
    {
      apiVersion: { type: "string", enum: ["monitoring.coreos.com/v1"] },
      kind: { type: "string", enum: [kind] },
      metadata,
      spec,
    },
    "apiVersion",
    "kind",
    "metadata",
    "spec",
  );

/** Of `podmonitors.monitoring.coreos.com`, v1, what prometheus-operator has from 0.66 to 0.93, and is used here. */
export const podMonitor = named(
  "PodMonitor",
  object(
    {
      jobLabel: text,
      podTargetLabels: texts,
      namespaceSelector: object({ any: { type: "boolean" }, matchNames: texts }),
      selector: object({
        matchLabels: { type: "map" },
        matchExpressions: {
          type: "array",
          items: object(
            {
              key: text,
              operator: { type: "string", enum: ["In", "NotIn", "Exists", "DoesNotExist"] },
              values: texts,
            },
            "key",
            "operator",
          ),
        },
      }),
      podMetricsEndpoints: {
        type: "array",
        items: object({
          port: text,
          path: text,
          scheme: { type: "string", enum: ["http", "https"] },
          interval: duration,
          scrapeTimeout: duration,
          honorLabels: { type: "boolean" },
          relabelings,
          metricRelabelings: relabelings,
        }),
      },
    },
    "selector",
    "podMetricsEndpoints",
  ),
);

/** Of `prometheusrules.monitoring.coreos.com`, v1, likewise; `keep_firing_for` came with 0.66. */
export const prometheusRule = named(
  "PrometheusRule",
  object({
    groups: {
      type: "array",
      items: object(
        {
          name: { type: "string", pattern: /./ },
          interval: duration,
          rules: {
            type: "array",
            items: object(
              {
                record: text,
                alert: text,
                expr: text,
                for: duration,
                keep_firing_for: duration,
                labels: { type: "map" },
                annotations: { type: "map" },
              },
              "expr",
            ),
          },
        },
        "name",
      ),
    },
  }),
);
