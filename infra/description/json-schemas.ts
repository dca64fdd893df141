import * as z from "zod";
import * as claim from "../../functions/intake/claim.ts";
import * as create from "../../shared/gateway/create.ts";
import * as profile from "../../shared/gateway/profile.ts";
import * as videoCalls from "../../shared/gateway/video-calls.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A body to describe, and the name that it gets when it is not known under another. */
export interface Body {
  name: string;
  schema: z.ZodType;
  /** `taken`: what may be sent to us. `answered`: what we send. */
  as: "taken" | "answered";
}

export const refTo = (id: string): { $ref: string } => ({ $ref: `#/components/schemas/${id}` });

export const jsonContent = (schema: JsonObject, examples: JsonObject): JsonObject => ({
  "application/json": { schema, examples },
});

export const pascalCase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

export interface JsonSchemas {
  schemas: Record<string, JsonObject>;
  refOf: (schema: z.ZodType) => { $ref: string };
}

/**
 * Bodies as JSON Schemas that refer to each other by name. A schema that others use is named after its export
 * (`captureLinkSchema` is CaptureLink), every other body as its `name` says. Throws when one name stands for two shapes:
 * a schema with defaults or transformations differs by direction.
 */
export function jsonSchemas(bodies: readonly Body[]): JsonSchemas {
  const registry = z.registry<{ id: string }>();
  for (const module of [create, profile, videoCalls, claim])
    for (const [name, schema] of Object.entries(module))
      if (name.endsWith("Schema") && schema instanceof z.ZodType)
        registry.add(schema, { id: pascalCase(name.replace(/Schema$/, "")) });
  for (const { name, schema } of bodies) if (!registry.has(schema)) registry.add(schema, { id: name });

  const idOf = (schema: z.ZodType): string => {
    const id = registry.get(schema)?.id;
    if (!id) throw new Error("a schema that is no body was asked for");
    return id;
  };
  const made = { taken: generate(registry, "input"), answered: generate(registry, "output") };
  const schemas: Record<string, JsonObject> = {};
  const add = (id: string, as: Body["as"]): void => {
    const schema = made[as][id];
    if (!schema) throw new Error(`no schema ${id}`);
    const text = JSON.stringify(schema);
    const known = schemas[id];
    if (known && JSON.stringify(known) !== text) throw new Error(`${id} differs by direction: name it twice`);
    if (known) return;
    schemas[id] = schema;
    for (const [, used] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) if (used) add(used, as);
  };
  for (const { schema, as } of bodies) add(idOf(schema), as);
  return {
    schemas: Object.fromEntries(Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1))),
    refOf: (schema) => refTo(idOf(schema)),
  };
}

function generate(
  registry: z.core.$ZodRegistry<{ id: string }>,
  io: "input" | "output",
): Record<string, JsonObject> {
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => refTo(id).$ref, io, override: plain(io) });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema as JsonObject]),
  );
}

/** The JSON Schema of one value that we send. */
export const jsonSchema = (schema: z.ZodType): JsonObject => alone(schema, "output");

/** The JSON Schema of one value that is sent to us, before our transformations. */
export const takenSchema = (schema: z.ZodType): JsonObject => alone(schema, "input");

function alone(schema: z.ZodType, io: "input" | "output"): JsonObject {
  const { $schema: _, ...made } = z.toJSONSchema(schema, { io, override: plain(io) });
  return made as JsonObject;
}

/** Without what says nothing to a reader: the bounds of a safe integer; and what we send may grow. */
const plain =
  (io: "input" | "output") =>
  ({ jsonSchema: schema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    if (schema.type === "integer") {
      if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
      if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
    }
    const { additionalProperties: more } = schema;
    if ((more === false && io === "output") || (typeof more === "object" && Object.keys(more).length === 0))
      delete schema.additionalProperties;
  };
