import { expect } from 'vitest';
import * as z from 'zod';
import type { Operation } from '../../src/lib/openapi/operation.ts';
import { OPERATIONS } from '../../src/lib/openapi/operations.ts';
import { problemBody } from '../../src/lib/http/problem-body.ts';

/** As much of the served document as answers are compared with. */
export interface ServedDocument {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Record<string, ServedAnswer> }>>>
  >;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, ServedAnswer>>;
  };
}

interface ServedAnswer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

/** An answer as it came. */
export interface CameAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Expects that an answer is one that the document promises, in the promised form, without a field that the schemas do not know.
 * @returns operation and status, e.g. `getStatus 200`.
 */
export function expectPromised(document: ServedDocument, method: string, path: string, answer: CameAnswer): string {
  const operation = findOperation(method, path);
  const name = `${operation.operationId} ${answer.status}`;
  const content = contentOf(document, operation, answer.status);
  if (content === undefined) {
    expect(answer.text, name).toBe('');
    return name;
  }
  const [[type, { schema }] = ['', { schema: {} }]] = Object.entries(content);
  expect(answer.headers.get('content-type'), name).toBe(type);
  const body: unknown = JSON.parse(answer.text);
  const own = type === 'application/problem+json' ? problemBody : operation.answers[answer.status]?.schema;
  expect(own?.safeParse(body).error?.issues, name).toBeUndefined();
  const served = z.fromJSONSchema({ ...toLocal(schema), $defs: toLocal(document.components.schemas) });
  expect(served.safeParse(body).error?.issues, name).toBeUndefined();
  return name;
}

function findOperation(method: string, path: string): Operation {
  const [bare = ''] = path.split('?');
  const fits = ({ method: own, route }: Operation): boolean =>
    own === method.toLowerCase() && new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`).test(bare);
  const found = OPERATIONS.find(fits);
  if (found === undefined) throw new Error(`${method} ${path} is no operation`);
  return found;
}

function contentOf(document: ServedDocument, { route, method }: Operation, status: number): ServedAnswer['content'] {
  const promised = document.paths[`/${route}`]?.[method]?.responses[status];
  expect(promised, `${method} ${route} does not promise ${status}`).toBeDefined();
  const named = promised?.$ref?.replace('#/components/responses/', '');
  return named === undefined ? promised?.content : document.components.responses[named]?.content;
}

function toLocal(schema: object): Record<string, never> {
  return JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')) as Record<string, never>;
}
