/** Makes the custom connector for Logic Apps and Power Automate from the OpenAPI document. */
import { buildDocument } from '../../src/lib/openapi/build-document.ts';
import type { Operation } from '../../src/lib/openapi/operation.ts';
import { OPERATIONS } from '../../src/lib/openapi/operations.ts';
import { STREAMS } from '../../src/lib/streams/index.ts';
import { createSchemaConverter, titleOf, type JsonObject, type SchemaConverter } from './to-swagger-schema.ts';

/** Host that stands in the file until it is imported. */
const HOST = 'func-qualys.azurewebsites.net';

/** The designer offers the streams of the app that the connection leads to. */
const STREAM_LIST = {
  operationId: 'GetStatus',
  'value-collection': 'streams',
  'value-path': 'name',
  'value-title': 'name',
};

interface Document {
  readonly info: { readonly title: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonObject>>;
    readonly responses: Readonly<Record<string, DescribedAnswer>>;
  };
}

interface DescribedOperation {
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, DescribedAnswer>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: JsonObject;
}

interface DescribedAnswer {
  readonly $ref?: string;
  readonly description: string;
  readonly content?: Content;
}

type Content = Readonly<Record<string, { readonly schema: JsonObject }>>;

/** `apiDefinition.swagger.json`: OpenAPI 2.0, which is what custom connectors take. */
export function buildDefinition(version: string): JsonObject {
  const streams = STREAMS.map(({ name }) => name);
  const serverUrl = `https://${HOST}/api`;
  const document = buildDocument({ version, serverUrl, streams }) as unknown as Document;
  const { enum: _, ...streamName } = document.components.schemas.StreamName ?? {};
  const schemas = { ...document.components.schemas, StreamName: { ...streamName, 'x-ms-dynamic-values': STREAM_LIST } };
  const converter = createSchemaConverter(schemas);
  const shown = OPERATIONS.filter(({ connector }) => connector !== 'none');
  const paths: Record<string, JsonObject> = {};
  for (const operation of shown) {
    (paths[`/api/${operation.route}`] ??= {})[operation.method] = toAction(operation, document, converter);
  }
  return {
    swagger: '2.0',
    info: { ...document.info, version, license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' } },
    host: HOST,
    // Not /api: the policy that sets the host drops the base path.
    basePath: '/',
    schemes: ['https'],
    consumes: ['application/json'],
    produces: ['application/json'],
    securityDefinitions: { api_key: { type: 'apiKey', in: 'header', name: 'x-functions-key' } },
    security: [{ api_key: [] }],
    paths,
    definitions: definitionsFor(paths, document, converter),
  };
}

/** `apiProperties.json`: what a connection asks for, for Power Automate and Power Apps. */
export function buildProperties(): JsonObject {
  const required = { constraints: { required: 'true' } };
  return {
    properties: {
      iconBrandColor: '#ED2E26',
      capabilities: [],
      connectionParameters: {
        hostName: {
          type: 'string',
          uiDefinition: {
            displayName: 'Host name of the function app',
            description: `For example ${HOST}, without https://`,
            tooltip: 'The default domain on the overview page of the function app',
            ...required,
          },
        },
        api_key: {
          type: 'securestring',
          uiDefinition: {
            displayName: 'Function key',
            description: 'A host key or function key of the function app',
            tooltip: 'App keys of the function app; make one for this connection alone',
            ...required,
          },
        },
      },
      policyTemplateInstances: [
        {
          templateId: 'dynamichosturl',
          title: 'Host name of the connection',
          parameters: { 'x-ms-apimTemplateParameter.urlTemplate': "https://@connectionParameters('hostName')" },
        },
      ],
    },
  };
}

function toAction(operation: Operation, document: Document, converter: SchemaConverter): JsonObject {
  const described = document.paths[`/${operation.route}`]?.[operation.method];
  if (described === undefined) throw new Error(`${operation.operationId} is missing in the document`);
  const { summary, description, tags, parameters = [], requestBody, responses } = described;
  const body = requestBody?.content['application/json'];
  // Where nothing has to be given, what can be given must not hide in a menu.
  const isFree = body === undefined && parameters.every(({ required }) => required !== true);
  return {
    operationId: operation.operationId.charAt(0).toUpperCase() + operation.operationId.slice(1),
    summary,
    description,
    tags,
    'x-ms-visibility': operation.connector,
    parameters: [
      ...parameters.map((parameter) => toParameter(parameter, isFree, converter)),
      ...(body === undefined
        ? []
        : [{ name: 'body', in: 'body', required: true, schema: converter.convert(body.schema) }]),
    ],
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, answer]) => [status, toResponse(answer, document, converter)]),
    ),
  };
}

function toParameter(parameter: Parameter, isShown: boolean, converter: SchemaConverter): JsonObject {
  const { name, in: place, required = false, description, schema } = parameter;
  const { example: _, ...converted } = converter.convert(converter.resolve(schema));
  return {
    name,
    in: place,
    required,
    'x-ms-summary': titleOf(name),
    ...(isShown ? {} : { 'x-ms-visibility': required ? 'important' : 'advanced' }),
    ...(place === 'path' ? { 'x-ms-url-encoding': 'single' } : {}),
    ...converted,
    ...(description === undefined ? {} : { description }),
  };
}

function toResponse(answer: DescribedAnswer, document: Document, converter: SchemaConverter): JsonObject {
  const named = answer.$ref?.replace('#/components/responses/', '');
  const { description, content = {} } = named === undefined ? answer : (document.components.responses[named] ?? answer);
  const [schema] = Object.values(content).map((each) => converter.convert(each.schema));
  const isKnown = schema !== undefined && Object.keys(schema).length > 0;
  return { description, ...(isKnown ? { schema } : {}) };
}

/** The definitions that the actions use, in the order of their names. */
function definitionsFor(paths: JsonObject, { components }: Document, converter: SchemaConverter): JsonObject {
  const definitions: JsonObject = {};
  const visit = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/definitions\/(\w+)"/g)) {
      if (name in definitions) continue;
      const { description, ...schema } = components.schemas[name] ?? {};
      definitions[name] = { ...(description === undefined ? {} : { description }), ...converter.convert(schema) };
      visit(definitions[name]);
    }
  };
  visit(paths);
  return Object.fromEntries(Object.entries(definitions).sort(([left], [right]) => left.localeCompare(right)));
}
