import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { buildDocument } from '../../../src/lib/openapi/build-document.ts';
import { createSchemaWriter } from '../../../src/lib/openapi/json-schema.ts';
import { TAGS } from '../../../src/lib/openapi/operation.ts';
import { OPERATIONS } from '../../../src/lib/openapi/operations.ts';
import { lintOpenapi } from '../../support/lint-openapi.ts';

const FACTS = {
  version: '1.2.3',
  serverUrl: 'https://func-qualys.azurewebsites.net/api',
  streams: ['edr-events', 'was-findings'],
};

interface Document {
  readonly servers: unknown;
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, { parameters?: { name: string; schema: unknown }[] } | undefined>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}

const document = (): Document => buildDocument(FACTS) as unknown as Document;

describe('the OpenAPI document', () => {
  test('passes the recommended rules of a linter', async () => {
    expect(await lintOpenapi(document())).toEqual([]);
  });

  test('would not pass them with an example that its schema refuses', async () => {
    const broken = document();
    Object.assign(broken.components.schemas.Problem as object, { examples: [{ status: 'four hundred' }] });
    expect(await lintOpenapi(broken)).not.toEqual([]);
  });

  test('tells the version, the address and the streams of the app that answers it', () => {
    expect(document()).toMatchObject({
      info: { version: FACTS.version },
      servers: [{ url: FACTS.serverUrl }],
      components: { schemas: { StreamName: { enum: FACTS.streams } } },
    });
  });

  test('describes numbers in a query as numbers, with their bounds', () => {
    const parameters = document().paths['/dead-letters']?.get?.parameters;
    expect(parameters).toMatchObject([
      { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 } },
    ]);
  });

  test('has a description for every parameter', () => {
    const bare = Object.entries(document().paths).flatMap(([path, methods]) =>
      Object.values(methods)
        .flatMap((operation) => operation?.parameters ?? [])
        .filter((parameter) => !('description' in parameter) && !('$ref' in (parameter.schema as object)))
        .map(({ name }) => `${path} ${name}`),
    );
    expect(bare).toEqual([]);
  });

  test('uses every section, and each operation has a sentence besides its title', () => {
    expect(new Set(OPERATIONS.map(({ tag }) => tag))).toEqual(new Set(Object.keys(TAGS)));
    const bad = OPERATIONS.filter(({ summary, description }) => summary.endsWith('.') || !description.endsWith('.'));
    expect(bad.map(({ operationId }) => operationId)).toEqual([]);
  });
});

describe('the schema writer', () => {
  test('refuses two different schemas with one id', () => {
    const writer = createSchemaWriter();
    writer.answer(z.strictObject({ a: z.string() }).meta({ id: 'TwiceNamed' }));
    expect(() => writer.request(z.strictObject({ b: z.string() }).meta({ id: 'TwiceNamed' }))).toThrow(/TwiceNamed/);
  });
});
