import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCaseIds, readCases } from './cases.ts';
import { findDifference } from './compare.ts';
import { startEngine, type Engine, type Sight } from './engine.ts';
import { TEXTS, type KqlText } from './texts.ts';

const LONG_AGO = '2000-01-01T00:00:00.000Z';
const FAR_AHEAD = '2100-01-01T00:00:00.000Z';
/** Azure runs what is scheduled this long after the time that it takes for now. */
const DELAY_MS = 5 * 60_000;

/** What a text that runs at `now` sees. */
export function seenAt(now: string, { periodMs }: Pick<KqlText, 'periodMs'>): Sight {
  if (periodMs === undefined) return { now, from: LONG_AGO, to: FAR_AHEAD, ingestedUntil: FAR_AHEAD };
  const instant = Date.parse(now);
  return {
    now,
    from: new Date(instant - periodMs).toISOString(),
    to: now,
    ingestedUntil: new Date(instant + DELAY_MS).toISOString(),
  };
}

/** The engine of a test file. */
export function useEngine(): () => Engine {
  let engine: Engine | undefined;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine?.close());
  return () => engine!;
}

/** Runs the cases of every text of a kind. */
export function checkKind(kind: string): void {
  const engine = useEngine();
  const texts = TEXTS.filter((text) => text.kind === kind);

  describe.each(texts)(`${kind}/$id`, (text) => {
    const cases = readCases(kind, text.id);

    test('runs on empty tables', async () => {
      await engine().fill({});
      await engine().run(text.write({}), seenAt('2026-03-10T12:00:00Z', text));
    });

    test.each(cases)('$name', async ({ now, parameters, rows, expect: expected }) => {
      const query = text.write(parameters);
      const sight = seenAt(now, text);
      await engine().fill({});
      const empty = expected === 'likeEmpty' ? (await engine().run(query, sight)).rows : [];
      await engine().fill(rows);
      const found = await engine().run(query, sight);
      expect(findDifference(expected === 'likeEmpty' ? empty : expected, found, now)).toEqual({
        missing: [],
        unexpected: [],
      });
    });
  });

  test('no case is for a text that is gone', () => {
    const ids = new Set(texts.map(({ id }) => id));
    expect(readCaseIds(kind).filter((id) => !ids.has(id))).toEqual([]);
  });
}
