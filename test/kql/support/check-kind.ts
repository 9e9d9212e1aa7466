import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readCaseIds, readCases, type Case } from './cases.ts';
import { findDifference } from './compare.ts';
import { startEngine, type Engine, type Result, type Rows, type Sight } from '../../../dev/kql/engine.ts';
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

/** Whether a text is said to be beyond the engine. */
export function isBeyondEngine({ kind, id }: Pick<KqlText, 'kind' | 'id'>): boolean {
  return `${kind}/${id}` in CANNOT_RUN;
}

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
  beforeAll(() => {
    engine = startEngine();
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

  describe.each(texts.filter((text) => !isBeyondEngine(text)))(`${kind}/$id`, (text) => {
    const cases = readCases(kind, text.id);

    test.each(cases)('$name', async (each) => {
      const found = await run(text, each, each.rows);
      const expected = each.expect === 'likeEmpty' ? (await run(text, each, {})).rows : each.expect;
      expect(findDifference(expected, found, each.now)).toEqual(NONE);
    });

    test('has rows that it finds, and rows that it passes by', () => {
      const passesBy = (each: Case): boolean => each.expect === 'likeEmpty' || each.expect.length === 0;
      expect(cases.filter((each) => !passesBy(each)).length).toBeGreaterThan(0);
      expect(cases.filter((each) => passesBy(each) && Object.keys(each.rows).length > 0).length).toBeGreaterThan(0);
    });
  });

  test('what is said to be beyond the engine is', async () => {
    for (const text of texts.filter(isBeyondEngine))
      await expect(run(text, { now: LONG_AGO, parameters: {} }, {}), text.id).rejects.toThrow();
  });

  test('no case is for a text that is gone', () => {
    const ids = new Set(texts.map(({ id }) => id));
    expect(readCaseIds(kind).filter((id) => !ids.has(id))).toEqual([]);
  });
}
