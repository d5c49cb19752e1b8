/** values.schema.json: strict below `weft`, as `weft install` is; of Linkerd's values only what the chart itself reads. */
import { valueRows } from "../../src/core/install/weft-values.ts";
import { failurePolicies } from "../../src/core/registration/webhooks.ts";
import { isObject } from "../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";

export function valuesSchema(): JsonObject {
  const text = { type: "string" };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: {
      identityTrustAnchorsPEM: orNull(text),
      identityTrustDomain: orNull(text),
      clusterDomain: orNull(text),
      webhookFailurePolicy: orNull({ enum: failurePolicies }),
      identity: map({
        issuer: map({
          scheme: orNull(text),
          issuanceLifetime: orNull(text),
          clockSkewAllowance: orNull(text),
          tls: map({ crtPEM: orNull(text), keyPEM: orNull(text) }),
        }),
      }),
      proxyInjector: map({
        caBundle: orNull(text),
        crtPEM: orNull(text),
        keyPEM: orNull(text),
        timeoutSeconds: orNull({ type: "integer", minimum: 1, maximum: 30 }),
      }),
      weft: weftSchema(),
    },
  };
}

const map = (properties: JsonObject): JsonObject => orNull({ type: "object", properties });

/** Null takes away what is below, as in Helm and in weft. */
const orNull = (schema: JsonObject): JsonObject => ({ anyOf: [{ type: "null" }, schema] });

/** Members of a map likewise. */
function withNulls(schema: JsonObject): JsonObject {
  const { properties, additionalProperties: others } = schema;
  const member = (inner: Json | undefined): Json => (isObject(inner) ? orNull(withNulls(inner)) : (inner ?? null));
  const members = isObject(properties)
    ? Object.entries(properties).map(([key, inner]) => [key, member(inner)])
    : undefined;
  return {
    ...schema,
    ...(members === undefined ? {} : { properties: Object.fromEntries(members) as JsonObject }),
    ...(others === undefined ? {} : { additionalProperties: member(others) }),
  };
}

interface Row {
  readonly help: string;
  readonly expects: string;
  readonly defaultValue?: unknown;
  readonly schema?: JsonObject;
}

function weftSchema(): JsonObject {
  const root: Folder = new Map();
  for (const [path, row] of Object.entries<Row>(valueRows)) {
    const keys = path.split(".");
    const name = keys.pop() ?? "";
    let folder = root;
    for (const key of keys) {
      const next = folder.get(key);
      const inner: Folder = next instanceof Map ? next : new Map();
      folder.set(key, inner);
      folder = inner;
    }
    folder.set(name, rowSchema(path, row));
  }
  const schema = folderSchema(root);
  const image = isObject(schema["properties"]) ? schema["properties"]["image"] : undefined;
  // Also as one text.
  return orNull({
    ...schema,
    properties: {
      ...(schema["properties"] as JsonObject),
      image: { anyOf: [{ type: "string", minLength: 1 }, image ?? null] },
    },
  });
}

type Folder = Map<string, Folder | JsonObject>;

const folderSchema = (folder: Folder): JsonObject => ({
  type: "object",
  additionalProperties: false,
  properties: Object.fromEntries(
    [...folder].map(([key, inner]) => [key, inner instanceof Map ? orNull(folderSchema(inner)) : inner]),
  ),
});

function rowSchema(path: string, { schema, help, expects }: Row): JsonObject {
  if (schema === undefined) throw new Error(`weft.${path} has no schema`);
  return { description: help === "" ? expects : help, ...orNull(withNulls(schema)) };
}
