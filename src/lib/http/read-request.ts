import type { HttpRequest } from '@azure/functions';
import * as z from 'zod';
import { jsonIn } from '../json/json-in.ts';
import { ProblemError } from './problem.ts';

/** Longest body accepted, in bytes. */
const MAX_BODY_BYTES = 65_536;

/** Reads a JSON body. @throws ProblemError (400, 413) that names every wrong field. */
export async function readBody<T extends z.ZodType>(request: HttpRequest, schema: T): Promise<z.output<T>> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  const text = declared > MAX_BODY_BYTES ? undefined : await request.text();
  if (text === undefined || Buffer.byteLength(text) > MAX_BODY_BYTES) {
    throw new ProblemError(413, `the body must be at most ${MAX_BODY_BYTES} bytes`);
  }
  const body = jsonIn(text);
  if (body === undefined) throw new ProblemError(400, 'the body must be JSON');
  return checkInput(body, schema, 'body');
}

/** Reads the query. @throws ProblemError (400) that names every wrong parameter. */
export function readQuery<T extends z.ZodType>(request: HttpRequest, schema: T): z.output<T> {
  // The function key may come as `code`; it is the host's.
  const query = new URL(request.url).searchParams;
  query.delete('code');
  const repeated = [...new Set(query.keys())].filter((name) => query.getAll(name).length > 1);
  if (repeated.length > 0) {
    const errors = repeated.map((name) => `${name} must be given once`);
    throw new ProblemError(400, errors.join('; '), errors);
  }
  return checkInput(Object.fromEntries(query), schema, 'query');
}

/** Reads the parameters of the path. @throws ProblemError (400) that names every wrong one. */
export function readParams<T extends z.ZodType>(request: HttpRequest, schema: T): z.output<T> {
  return checkInput(request.params, schema, 'path');
}

/** Checks what a caller gave; `whole` names it where no field is at fault. @throws ProblemError (400) that names every wrong field. */
export function checkInput<T extends z.ZodType>(value: unknown, schema: T, whole: string): z.output<T> {
  const parsed = schema.safeParse(value, { error: explain });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => {
    const name = path.length === 0 ? whole : path.map(String).join('.');
    return message.startsWith(name) ? message : `${name}: ${message}`;
  });
  throw new ProblemError(400, [...new Set(errors)].join('; ').slice(0, 2000), errors.slice(0, 50));
}

const KINDS: Readonly<Record<string, string>> = { string: 'a text', array: 'a list', object: 'a JSON object' };

/** Says what is allowed, where the schema has no words of its own for a fault. */
function explain({ code, input, inst, ...issue }: z.core.$ZodRawIssue): string | undefined {
  if (code === 'invalid_type') {
    const kind = KINDS[String(issue.expected)] ?? String(issue.expected);
    return input === undefined ? `must be given: ${kind}` : `must be ${kind}`;
  }
  const things = issue.origin === 'string' ? 'characters' : 'items';
  if (code === 'too_small') return `must have at least ${String(issue.minimum)} ${things}`;
  if (code === 'too_big') return `must have at most ${String(issue.maximum)} ${things}`;
  if (code !== 'unrecognized_keys') return undefined;
  const unknown = (issue.keys as string[]).map((key) => JSON.stringify(key.slice(0, 64))).join(', ');
  return `there is no ${unknown}${inst instanceof z.ZodObject ? elseOf(inst, input) : ''}`;
}

/** What else could have been given. What is missing, or given wrong, has an error of its own that names it. */
function elseOf({ shape }: z.ZodObject, input: unknown): string {
  const fields = Object.entries<z.ZodType>(shape);
  if (fields.length === 0) return '; nothing is taken';
  const given = Object.keys(input as object);
  const others = fields.filter(([name, type]) => !given.includes(name) && type.safeParse(undefined).success);
  return others.length === 0 ? '' : `; there are also ${others.map(([name]) => name).join(', ')}`;
}
