/** JSON Schema 2020-12 of the OpenAPI 3.1 document as Swagger 2.0 knows it, with what Logic Apps shows to people. */

/** A JSON object. */
export type JsonObject = Record<string, unknown>;

/** Keywords that mean the same in both. */
const SAME = new Set([
  'type',
  'format',
  'description',
  'default',
  'enum',
  'pattern',
  'required',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'x-ms-summary',
  'x-ms-visibility',
  'x-ms-dynamic-values',
  'x-nullable',
]);

/** Converts schemas that may refer to `components`. */
export interface SchemaConverter {
  /** @throws Error for a keyword that Swagger 2.0 has no counterpart of. */
  readonly convert: (schema: JsonObject) => JsonObject;
  /** The same with references to simple types resolved, as parameters need it. */
  readonly resolve: (schema: JsonObject) => JsonObject;
}

/** Makes a converter for the schemas of one document. */
export function createSchemaConverter(components: Readonly<Record<string, JsonObject>>): SchemaConverter {
  const resolve = (schema: JsonObject): JsonObject => {
    const { $ref, ...beside } = schema;
    if (typeof $ref !== 'string') return schema;
    const name = $ref.replace('#/components/schemas/', '');
    const target = components[name];
    if (target === undefined) throw new Error(`${$ref} leads nowhere`);
    return isStructure(target) ? { $ref: `#/definitions/${name}` } : { ...target, ...beside };
  };
  const convert = (schema: JsonObject): JsonObject => {
    const resolved = withoutNull(resolve(schema));
    if (typeof resolved.$ref === 'string')
      return resolved.$ref.startsWith('#/definitions/') ? resolved : convert(resolved);
    return Object.assign(
      {},
      ...Object.entries(resolved).map(([keyword, value]) => convertKeyword(keyword, value, convert)),
    ) as JsonObject;
  };
  return { convert, resolve };
}

function isStructure({ type }: JsonObject): boolean {
  return type === 'object' || type === 'array';
}

/** Null is a mark beside the type in Swagger 2.0. */
function withoutNull(schema: JsonObject): JsonObject {
  const { type, anyOf, ...rest } = schema;
  if (Array.isArray(type) && type.includes('null')) {
    return { type: type.find((each) => each !== 'null') as unknown, ...rest, 'x-nullable': true };
  }
  if (!Array.isArray(anyOf)) return schema;
  const others = (anyOf as JsonObject[]).filter((each) => each.type !== 'null');
  // One of several forms cannot be said: any is allowed then.
  if (others.length > 1) return rest;
  const [only = {}] = others;
  return typeof only.$ref === 'string' ? only : { ...only, ...rest, 'x-nullable': true };
}

function convertKeyword(keyword: string, value: unknown, convert: (schema: JsonObject) => JsonObject): JsonObject {
  if (SAME.has(keyword)) return { [keyword]: value };
  switch (keyword) {
    case 'const':
      return { enum: [value] };
    case 'examples':
      return exampleOf(value as readonly unknown[]);
    case 'title':
      return { 'x-ms-summary': value };
    case 'items':
      return { items: convert(value as JsonObject) };
    case 'properties':
      return { properties: convertProperties(value as Record<string, JsonObject>, convert) };
    case 'additionalProperties':
      // Further members are allowed unless forbidden.
      return value === false ? { additionalProperties: false } : {};
    default:
      throw new Error(
        `the keyword ${keyword} has no counterpart in Swagger 2.0: teach infra/logic-apps/to-swagger-schema.ts`,
      );
  }
}

/** Only of simple types: in whole objects, null would contradict the types. */
function exampleOf([example]: readonly unknown[]): JsonObject {
  return typeof example === 'object' ? {} : { example };
}

function convertProperties(
  properties: Readonly<Record<string, JsonObject>>,
  convert: (schema: JsonObject) => JsonObject,
): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const converted = convert(property);
      return [name, '$ref' in converted ? converted : { 'x-ms-summary': titleOf(name), ...converted }];
    }),
  );
}

/** A name in title case: `lagSeconds` and `case_id` become `Lag Seconds` and `Case Id`. */
export function titleOf(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[\s_-]+/);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}
