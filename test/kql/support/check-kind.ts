import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readCaseIds, readCases, type Case } from './cases.ts';
import { findDifference } from './compare.ts';
import { startEngine, type Engine, type Result, type Rows, type Sight } from './engine.ts';
import { TEXTS, type KqlText } from './texts.ts';

const LONG_AGO = '2000-01-01T00:00:00.000Z';
const FAR_AHEAD = '2100-01-01T00:00:00.000Z';
/** Azure runs what is scheduled this long after the time that it takes for now. */
const DELAY_MS = 5 * 60_000;
const NONE = { missing: [], unexpected: [] };

/** Texts that the engine cannot run, as `<kind>/<id>`, with the reason. */
const CANNOT_RUN = (parse(readFileSync(join(import.meta.dirname, '../cannot-run.yaml'), 'utf8')) ?? {}) as Readonly<
  Record<string, string>
>;

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

  async function run(
    text: KqlText,
    { now, parameters }: Pick<Case, 'now' | 'parameters'>,
    rows: Rows,
  ): Promise<Result> {
    await engine().fill(rows);
    return engine().run(await text.write(parameters, new Date(now)), seenAt(now, text));
  }

  describe.each(texts.filter(({ id }) => !(`${kind}/${id}` in CANNOT_RUN)))(`${kind}/$id`, (text) => {
    const cases = readCases(kind, text.id);
    let finds = 0;
    let passesBy = 0;

    test.each(cases)('$name', async (each) => {
      const found = await run(text, each, each.rows);
      const empty = await run(text, each, {});
      const expected = each.expect === 'likeEmpty' ? empty.rows : each.expect;
      expect(findDifference(expected, found, each.now)).toEqual(NONE);
      const isLikeEmpty =
        expected.length === empty.rows.length && found.rows.length === empty.rows.length && each.expect === 'likeEmpty';
      if (expected.length === 0 || isLikeEmpty) passesBy += 1;
      else finds += 1;
    });

    test.skipIf(cases.length === 0)('has rows that it finds, and rows that it passes by', () => {
      expect(finds).toBeGreaterThan(0);
      expect(passesBy).toBeGreaterThan(0);
    });
  });

  test('what is said to be beyond the engine is', async () => {
    for (const text of texts.filter(({ id }) => `${kind}/${id}` in CANNOT_RUN))
      await expect(run(text, { now: LONG_AGO, parameters: {} }, {}), text.id).rejects.toThrow();
  });

  test('no case is for a text that is gone', () => {
    const ids = new Set(texts.map(({ id }) => id));
    expect(readCaseIds(kind).filter((id) => !ids.has(id))).toEqual([]);
  });
}
