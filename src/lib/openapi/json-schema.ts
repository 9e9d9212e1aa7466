import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';

/** A JSON Schema, or a part of an OpenAPI document. */
export type JsonObject = Record<string, unknown>;

/** Makes JSON Schemas of a document whose named schemas stand in one place. */
export type SchemaWriter = ReturnType<typeof createSchemaWriter>;

/** Starts with no components. Writing throws an Error where two different schemas have the same id. */
export function createSchemaWriter() {
  const components: JsonObject = {};
  const write = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => {
    const { $schema: _, $defs = {}, ...whole } = toReferring(z.toJSONSchema(schema, { io, override: simplify(io) }));
    for (const [id, definition] of Object.entries($defs as JsonObject)) {
      if (id in components && !isDeepStrictEqual(components[id], definition)) {
        throw new Error(`two different schemas have the id ${id}`);
      }
      components[id] = definition;
    }
    return whole;
  };
  return {
    /** Schemas that have an id, by it; complete once everything is written. */
    components,
    /** The schema of what is sent; a reference where it has an id. */
    request: (schema: z.ZodType) => write(schema, 'input'),
    /** The schema of what is answered; clients are to bear further fields. */
    answer: (schema: z.ZodType) => write(schema, 'output'),
  };
}

/** Points references at the components of the document. */
function toReferring(schema: object): JsonObject {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonObject;
}

/** Takes out what holds for zod alone and tells a reader nothing. */
function simplify(io: 'input' | 'output') {
  return ({ jsonSchema }: { jsonSchema: JsonObject }): void => {
    const isInteger = jsonSchema.type === 'integer';
    if (isInteger || jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    if (isInteger && typeof jsonSchema.default === 'string') jsonSchema.default = Number(jsonSchema.default);
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    if (isDeepStrictEqual(jsonSchema.properties, {})) delete jsonSchema.properties;
    if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  };
}
