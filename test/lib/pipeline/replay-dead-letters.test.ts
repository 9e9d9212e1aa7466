import { expect, test } from 'vitest';
import { RetryableError } from '../../../src/lib/errors.ts';
import { createLog } from '../../../src/lib/log.ts';
import type { Sink } from '../../../src/lib/pipeline/ports.ts';
import { replayDeadLetters, type StoredDeadLetter } from '../../../src/lib/pipeline/replay-dead-letters.ts';

const silent = createLog({ info: () => undefined, warn: () => undefined, error: () => undefined });

/** Letters in storage: who was refused goes to the end, who was accepted goes. */
function stored(names: readonly string[], changes: Partial<StoredDeadLetter> = {}) {
  const left = [...names];
  const common = { version: 1, stream: 's', run: 'live', window: 'w', table: 'T', reason: '413' } as const;
  const json = Buffer.from('[{"a":1},{"a":2}]');
  const asked: number[] = [];
  return {
    left,
    asked,
    async *list(limit: number): AsyncGenerator<StoredDeadLetter> {
      asked.push(limit);
      for (const name of left.slice(0, limit)) {
        yield await Promise.resolve({ ...common, at: '2026-01-01T00:00:00Z', name, json, ...changes });
      }
    },
    markRefused: (name: string) => Promise.resolve(void left.push(...left.splice(left.indexOf(name), 1))),
    remove: (name: string) => Promise.resolve(void left.splice(left.indexOf(name), 1)),
  };
}

/** A sink that refuses some uploads, by their place. */
function sinkRefusing(isRefused: (place: number) => boolean): Sink & { readonly uploads: number[] } {
  const uploads: number[] = [];
  const upload: Sink['upload'] = (_table, { rows }) => {
    const place = uploads.push(rows) - 1;
    return isRefused(place)
      ? Promise.reject(new RetryableError('refused: authorization: Bearer abcdef123456'))
      : Promise.resolve();
  };
  return { uploads, upload };
}

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `l-${at}`);

test('the reason why a dead letter is still refused is answered without credentials', async () => {
  const source = stored(['one']);
  expect(await replayDeadLetters(10, { source, sink: sinkRefusing(() => true), log: silent })).toEqual({
    replayed: 0,
    rows: 0,
    failed: [{ name: 'one', error: 'refused: authorization: [redacted]' }],
  });
});

test('what is accepted goes, up to as many as were asked for; what is refused goes to the end and holds none', async () => {
  const source = stored(names(5));
  const sink = sinkRefusing((place) => place === 0);
  expect(await replayDeadLetters(2, { source, sink, log: silent })).toMatchObject({
    replayed: 2,
    rows: 4,
    failed: [{ name: 'l-0' }],
  });
  expect(source.left).toEqual(['l-3', 'l-4', 'l-0']);
  expect(sink.uploads).toEqual([2, 2, 2]);
});

test('a replay ends after a hundred that are refused', async () => {
  const source = stored(names(150));
  const sink = sinkRefusing(() => true);
  expect((await replayDeadLetters(5, { source, sink, log: silent })).failed).toHaveLength(100);
  expect(source.asked).toEqual([105]);
});

test('a letter that cannot be read is not sent, and says why', async () => {
  const source = stored(['one'], { broken: 'it is cut' });
  const sink = sinkRefusing(() => false);
  expect((await replayDeadLetters(5, { source, sink, log: silent })).failed).toEqual([
    { name: 'one', error: 'broken: it is cut' },
  ]);
  expect([sink.uploads, source.left]).toEqual([[], ['one']]);
});
