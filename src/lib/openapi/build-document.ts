import type * as z from 'zod';
import { problemBody } from '../http/problem-body.ts';
import { createSchemaWriter, type JsonObject, type SchemaWriter } from './json-schema.ts';
import { TAGS, type Answer, type Operation, type ProblemStatus } from './operation.ts';
import { OPERATIONS } from './operations.ts';

/** What the document tells of the app that answers it. */
export interface DocumentFacts {
  /** Version of the connector. */
  readonly version: string;
  /** Address of the routes, e.g. `https://func-qualys.azurewebsites.net/api`. */
  readonly serverUrl: string;
  /** Names of all streams. */
  readonly streams: readonly string[];
}

const PROBLEMS: Readonly<Record<ProblemStatus, { readonly name: string; readonly description: string }>> = {
  400: { name: 'BadRequest', description: 'A parameter or the body is wrong; `errors` names each.' },
  404: { name: 'NotFound', description: 'There is nothing of that name.' },
  409: { name: 'Conflict', description: 'The present state does not allow it; nothing was changed.' },
  413: { name: 'ContentTooLarge', description: 'The body is larger than 64 KB.' },
  429: { name: 'TooManyRequests', description: 'Too many requests.' },
  500: { name: 'InternalServerError', description: 'It failed for a reason that the connector does not know.' },
  502: { name: 'BadGateway', description: 'Qualys or Azure failed.' },
  503: { name: 'ServiceUnavailable', description: 'A setting is wrong, or Qualys asks to wait (header Retry-After).' },
};

/** The OpenAPI 3.1 document of all routes, from the schemas that check requests. */
export function buildDocument({ version, serverUrl, streams }: DocumentFacts): JsonObject {
  const schemas = createSchemaWriter();
  const paths: Record<string, JsonObject> = {};
  for (const operation of OPERATIONS) {
    (paths[`/${operation.route}`] ??= {})[operation.method] = describeOperation(operation, schemas);
  }
  const problems = new Set<ProblemStatus>([500, ...OPERATIONS.flatMap((operation) => operation.problems)]);
  const responses = Object.fromEntries(
    [...problems].map((status) => [PROBLEMS[status].name, problem(status, schemas)]),
  );
  Object.assign(schemas.components.StreamName as JsonObject, { enum: streams });
  return {
    openapi: '3.1.1',
    info: {
      title: 'Qualys connector for Microsoft Sentinel',
      version,
      description: 'Health, progress and operation of the connector, and look-ups in Qualys with its login.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl }],
    security: [{ functionKey: [] }, { entraId: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        functionKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-functions-key',
          description: 'A function key or host key of the function app, where callers have keys (CALLER_AUTH is keys).',
        },
        entraId: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token of Entra ID for the app, with the app role Read or Operate, where callers sign in (CALLER_AUTH is entra).',
        },
      },
      schemas: schemas.components,
      responses: {
        Unauthorized: {
          description: 'The key or the sign-in is missing or wrong. Answered by the platform, mostly without a body.',
        },
        Forbidden: {
          description:
            'The caller signed in and has not the app role for this. Also answered by the platform, to networks that may not call the app.',
        },
        ...responses,
      },
    },
  };
}

function describeOperation(operation: Operation, schemas: SchemaWriter): JsonObject {
  const { operationId, tag, summary, description, params, query, body, answers, problems } = operation;
  const parameters = [...parametersOf('path', params, schemas), ...parametersOf('query', query, schemas)];
  const responses: Record<number, JsonObject> = {
    401: { $ref: '#/components/responses/Unauthorized' },
    403: { $ref: '#/components/responses/Forbidden' },
    500: problemReference(500),
  };
  for (const status of problems) responses[status] = problemReference(status);
  for (const [status, answer] of Object.entries(answers)) responses[Number(status)] = describeAnswer(answer, schemas);
  return {
    operationId,
    tags: [tag],
    summary,
    description,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: json(schemas.request(body)) } }),
    responses,
  };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined, schemas: SchemaWriter): JsonObject[] {
  if (schema === undefined) return [];
  const { properties, required = [] } = schemas.request(schema) as { properties: JsonObject; required?: string[] };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property as JsonObject;
    const isRequired = required.includes(name);
    return {
      name,
      in: place,
      ...(isRequired ? { required: true } : {}),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function describeAnswer({ description, schema, headers }: Answer, schemas: SchemaWriter): JsonObject {
  const described = Object.entries(headers ?? {}).map(([name, meaning]) => [
    name,
    { description: meaning, schema: { type: 'string' } },
  ]);
  return {
    description,
    ...(headers === undefined ? {} : { headers: Object.fromEntries(described) as JsonObject }),
    ...(schema === undefined ? {} : { content: json(schemas.answer(schema)) }),
  };
}

function json(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } };
}

function problemReference(status: ProblemStatus): JsonObject {
  return { $ref: `#/components/responses/${PROBLEMS[status].name}` };
}

function problem(status: ProblemStatus, schemas: SchemaWriter): JsonObject {
  const { description } = PROBLEMS[status];
  return { description, content: { 'application/problem+json': { schema: schemas.answer(problemBody) } } };
}
