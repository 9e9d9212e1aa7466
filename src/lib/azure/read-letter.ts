import * as z from 'zod';
import { jsonIn } from '../json/json-in.ts';
import type { StoredDeadLetter } from '../pipeline/replay-dead-letters.ts';

/** A dead letter as it is stored. */
const letterForm = z.object({
  version: z.literal(1),
  stream: z.string(),
  run: z.string(),
  window: z.string(),
  table: z.string(),
  reason: z.string(),
  at: z.string(),
  rows: z.string().refine((text) => Array.isArray(jsonIn(text)), 'must be the text of a JSON array'),
});

/** Reads a stored letter; one that cannot be read is told as broken, because it must not hide those behind it. */
export function readLetter(name: string, modifiedAt: Date, body: Buffer): StoredDeadLetter {
  const parsed = letterForm.safeParse(jsonIn(body.toString('utf8')));
  if (!parsed.success) return brokenLetter(name, modifiedAt, whatIsWrong(parsed.error), body);
  const { rows, ...about } = parsed.data;
  return { ...about, name, json: Buffer.from(rows) };
}

/** A letter that cannot be read, with what its name tells. */
export function brokenLetter(
  name: string,
  modifiedAt: Date,
  broken: string,
  json: Uint8Array = new Uint8Array(),
): StoredDeadLetter {
  const [stream = '', run = '', window = ''] = name.split('/');
  return { version: 1, name, stream, run, window, table: '', reason: '', at: modifiedAt.toISOString(), json, broken };
}

function whatIsWrong({ issues }: z.ZodError): string {
  const [first] = issues;
  if (first === undefined || first.path.length === 0) return 'it is no JSON object';
  return `its field ${first.path.join('.')}: ${first.message}`;
}
