import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generateConnector } from '../../infra/logic-apps/generate.ts';
import { createSchemaConverter } from '../../infra/logic-apps/to-swagger-schema.ts';
import { OPERATIONS } from '../../src/lib/openapi/operations.ts';
import { lintOpenapi } from '../support/lint-openapi.ts';

const [api, connector] = await generateConnector(join(import.meta.dirname, '../..'));

interface Action {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly 'x-ms-visibility': string;
  readonly responses: Readonly<Record<string, object>>;
  readonly parameters: {
    readonly in: string;
    readonly 'x-ms-summary'?: string;
    readonly 'x-ms-url-encoding'?: string;
  }[];
}

const definition = JSON.parse(api?.text ?? '') as {
  readonly host: string;
  readonly basePath: string;
  readonly securityDefinitions: Record<string, object>;
  readonly paths: Record<string, Record<string, Action>>;
};
const actions = Object.values(definition.paths).flatMap((methods) => Object.values(methods));

describe('the definition', () => {
  test('passes the recommended rules of a linter', async () => {
    expect(await lintOpenapi(definition)).toEqual([]);
  });

  test('has an action for each operation that belongs to the connector', () => {
    const wanted = OPERATIONS.filter(({ connector }) => connector !== 'none').map(({ operationId }) => operationId);
    expect(actions.map(({ operationId }) => operationId.toLowerCase())).toEqual(wanted.map((id) => id.toLowerCase()));
  });

  test('answers nothing that designers would poll, because the key need not come along', () => {
    const statuses = actions.flatMap(({ responses }) => Object.keys(responses));
    expect(statuses).toContain('201');
    expect(statuses).not.toContain('202');
  });

  test('names actions and parameters for people', () => {
    for (const action of actions) {
      expect(action.operationId).toMatch(/^[A-Z]\w+$/);
      expect(action.summary).not.toBe(action.description);
      expect(['important', 'advanced', 'internal']).toContain(action['x-ms-visibility']);
      for (const parameter of action.parameters.filter((each) => each.in !== 'body')) {
        expect(parameter['x-ms-summary']).toMatch(/^[A-Z]/);
        if (parameter.in === 'path') expect(parameter['x-ms-url-encoding']).toBe('single');
      }
    }
  });

  test('keeps its paths where the policy replaces host and base path by the host of the connection', () => {
    const { properties } = JSON.parse(connector?.text ?? '') as {
      properties: { connectionParameters: object; policyTemplateInstances: { parameters: object }[] };
    };
    expect(definition.basePath).toBe('/');
    expect(Object.keys(definition.paths).filter((path) => !path.startsWith('/api/'))).toEqual([]);
    expect(Object.values(properties.policyTemplateInstances[0]?.parameters ?? {})).toEqual([
      "https://@connectionParameters('hostName')",
    ]);
    // A connection's secret reaches the header by the name that both files give it.
    expect(Object.keys(properties.connectionParameters)).toEqual([
      'hostName',
      ...Object.keys(definition.securityDefinitions),
    ]);
  });
});

describe('a schema', () => {
  const { convert } = createSchemaConverter({
    Name: { type: 'string', enum: ['a'] },
    Thing: { type: 'object', properties: {} },
  });

  test.for([
    [
      'null beside a type',
      { type: ['string', 'null'], format: 'date-time' },
      { type: 'string', format: 'date-time', 'x-nullable': true },
    ],
    [
      'null as one of two',
      { anyOf: [{ type: 'integer' }, { type: 'null' }], description: 'd' },
      { type: 'integer', description: 'd', 'x-nullable': true },
    ],
    [
      'null beside an object',
      { anyOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }] },
      { $ref: '#/definitions/Thing' },
    ],
    ['one of several forms', { anyOf: [{ type: 'integer' }, { type: 'string' }] }, {}],
    ['a constant', { const: 1 }, { enum: [1] }],
    ['examples', { type: 'string', examples: ['x', 'y'] }, { type: 'string', example: 'x' }],
    [
      'a reference to an object',
      { $ref: '#/components/schemas/Thing', description: 'd' },
      { $ref: '#/definitions/Thing' },
    ],
    [
      'a reference to a simple type',
      { $ref: '#/components/schemas/Name', description: 'd' },
      { type: 'string', enum: ['a'], description: 'd' },
    ],
    ['a title', { type: 'string', title: 'Name' }, { type: 'string', 'x-ms-summary': 'Name' }],
    [
      'a property',
      { type: 'object', properties: { lagSeconds: { type: 'integer' } } },
      { type: 'object', properties: { lagSeconds: { type: 'integer', 'x-ms-summary': 'Lag Seconds' } } },
    ],
  ] as const)('with %s is said in the words of Swagger 2.0', ([, schema, swagger]) => {
    expect(convert(schema)).toEqual(swagger);
  });

  test('with a keyword that Swagger 2.0 does not have is refused by its name', () => {
    expect(() => convert({ if: {} })).toThrow(/keyword if/);
    expect(() => convert({ $ref: '#/components/schemas/Gone' })).toThrow(/Gone/);
  });
});
