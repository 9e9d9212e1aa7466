import { expect, test } from 'vitest';
import { RetryableError } from '../../../src/lib/errors.ts';
import { createLog } from '../../../src/lib/log.ts';
import type { Sink } from '../../../src/lib/pipeline/ports.ts';
import { replayDeadLetters, type StoredDeadLetter } from '../../../src/lib/pipeline/replay-dead-letters.ts';

const silent = createLog({ info: () => undefined, warn: () => undefined, error: () => undefined });

async function* letters(): AsyncGenerator<StoredDeadLetter> {
  const common = {
    version: 1,
    stream: 's',
    run: 'live',
    window: 'w',
    table: 'T',
    reason: '413',
    at: '2026-01-01T00:00:00Z',
  } as const;
  yield await Promise.resolve({ ...common, name: 'one', json: Buffer.from('[{"a":1}]') });
}

test('the reason why a dead letter is still refused is answered without credentials', async () => {
  const sink = {
    upload: () => Promise.reject(new RetryableError('refused: authorization: Bearer abcdef123456')),
  } as unknown as Sink;
  const source = { list: letters, markRefused: () => Promise.resolve(), remove: () => Promise.resolve() };
  expect((await replayDeadLetters(10, { source, sink, log: silent })).failed).toEqual([
    { name: 'one', error: 'refused: authorization: [redacted]' },
  ]);
});
