import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEventStore, type EventStore } from '../../dev/simulator/events.ts';
import { processedTimeAt } from '../../dev/simulator/event-times.ts';
import type { JsonObject } from '../../dev/simulator/event-record.ts';

const END = Date.parse('2024-06-15T12:00:00Z');
const DAY_MS = 86_400_000;

function makeStore(count: number, seed = 1, livePerMinute = 0): EventStore {
  return createEventStore({ seed, count, start: END - DAY_MS, end: END, longEventEvery: 5_000, livePerMinute });
}

function recordsOf(store: EventStore): JsonObject[] {
  return Array.from({ length: store.count() }, (_, position) => store.recordAt(position) as JsonObject);
}

test('processed times never fall and stay inside the span, however dense the events are', () => {
  const sizes = fc.record({
    seed: fc.integer(),
    count: fc.integer({ min: 1, max: 3_000 }),
    // Just dense enough for busy seconds, the next events come before the second is over.
    slotMs: fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 10, max: 16 })),
  });
  fc.assert(
    fc.property(sizes, ({ seed, count, slotMs }) => {
      const span = { seed, count, start: END - count * slotMs, end: END };
      const times = Array.from({ length: count }, (_, index) => processedTimeAt(span, index));
      expect(times.every((time, index) => time >= (times[index - 1] ?? span.start) && time < END)).toBe(true);
    }),
    { numRuns: 120 },
  );
});

test('a busy second holds more than a hundred events, several of them at one instant', () => {
  const store = makeStore(2_000);
  const seconds = new Map<number, number>();
  const instants = new Map<number, number>();
  for (let position = 0; position < store.count(); position += 1) {
    const time = store.timeAt(position);
    seconds.set(Math.floor(time / 1_000), (seconds.get(Math.floor(time / 1_000)) ?? 0) + 1);
    instants.set(time, (instants.get(time) ?? 0) + 1);
  }
  expect(Math.max(...seconds.values())).toBeGreaterThanOrEqual(100);
  expect(Math.max(...instants.values())).toBeGreaterThanOrEqual(5);
});

test('the same seed gives the same events, another seed gives others', () => {
  expect(recordsOf(makeStore(50))).toEqual(recordsOf(makeStore(50)));
  expect(recordsOf(makeStore(50, 2))[0]).not.toEqual(recordsOf(makeStore(50))[0]);
});

test('every id is unique and leads back to its event', () => {
  const store = makeStore(3_000);
  store.addBurst({ processedTime: END - 1_000, count: 500, spreadMs: 0 });
  const ids = Array.from({ length: store.count() }, (_, position) => store.factsAt(position).id);
  expect(new Set(ids).size).toBe(3_500);
  expect(ids.every((id, position) => store.positionOf(id) === position)).toBe(true);
  expect(store.positionOf('RTF_someone_1')).toBeUndefined();
  expect(store.positionOf('nothing')).toBeUndefined();
});

describe('the records have the quirks of the documents', () => {
  const records = recordsOf(makeStore(6_000));
  const some = (test: (record: JsonObject) => boolean): number => records.filter(test).length;

  test('all five types occur, in upper case', () => {
    expect(new Set(records.map((record) => record.type))).toEqual(
      new Set(['FILE', 'PROCESS', 'NETWORK', 'REGISTRY', 'MUTEX']),
    );
  });

  test('the score is a text, a number, one space or missing', () => {
    expect(some(({ score }) => typeof score === 'string' && /^\d+$/u.test(score))).toBeGreaterThan(0);
    expect(some(({ score }) => typeof score === 'number')).toBeGreaterThan(0);
    expect(some(({ score }) => score === ' ')).toBeGreaterThan(0);
    expect(some((record) => !('score' in record))).toBeGreaterThan(0);
  });

  test('some full paths are the folder only', () => {
    const files = records.flatMap(({ file }) =>
      file === undefined ? [] : [file as { fullPath: string; path: string }],
    );
    expect(files.some(({ fullPath, path }) => fullPath === path)).toBe(true);
    expect(files.some(({ fullPath, path }) => fullPath !== path)).toBe(true);
  });

  test('parts of the asset, the actor and the indicators may be missing', () => {
    for (const name of ['interfaces', 'lastLoggedOnUser', 'tags']) {
      expect(some(({ asset }) => name in (asset as object))).toBeGreaterThan(0);
      expect(some(({ asset }) => !(name in (asset as object)))).toBeGreaterThan(0);
    }
    for (const name of ['actor', 'indicator2']) expect(some((record) => !(name in record))).toBeGreaterThan(0);
  });

  test('some events were processed days after they happened', () => {
    const late = some(
      (record) => Date.parse(String(record.eventProcessedTime)) - Date.parse(String(record.dateTime)) > DAY_MS,
    );
    expect(late).toBeGreaterThan(60);
    expect(late).toBeLessThan(600);
  });

  test('times have the vendor\u2019s offset without a colon', () => {
    expect(
      records.every(({ dateTime }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/u.test(String(dateTime))),
    ).toBe(true);
  });

  test('one in five thousand is longer than a field of Log Analytics', () => {
    expect(some((record) => Buffer.byteLength(JSON.stringify(record)) > 65_536)).toBe(1);
  });
});

test('records put in by hand are kept as they are, in the place of their time', () => {
  const store = makeStore(100);
  const record = { id: 'mine', type: 'FILE', score: 'odd', dateTime: 'never' };
  store.addRecords([
    { record, processedTime: END - DAY_MS },
    { record: 42, processedTime: END - 1 },
  ]);
  expect(store.recordAt(0)).toBe(record);
  expect(store.factsAt(0)).toMatchObject({ id: 'mine', score: undefined, dateTime: END - DAY_MS });
  expect(store.positionOf('mine')).toBe(0);
  expect(store.recordAt(101)).toBe(42);
});

test('live events arrive as time goes by, each once', () => {
  const store = makeStore(100, 1, 60);
  store.growTo(END + 90_500);
  store.growTo(END + 90_600);
  expect(store.count()).toBe(190);
  expect(store.timeAt(189)).toBeLessThanOrEqual(END + 90_500);
  store.growTo(END);
  expect(store.count()).toBe(190);
});
