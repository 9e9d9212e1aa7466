import { describe, expect, test } from 'vitest';
import { readDayIds, readDays, type Day } from './support/cases.ts';
import { seenAt, useEngine } from './support/check-kind.ts';
import { isSuch } from './support/compare.ts';
import { RULES, type RuleText } from './support/texts.ts';

const engine = useEngine();

function runsOf({ from, to }: Day, { frequencyMs }: RuleText): string[] {
  const start = Date.parse(from);
  const count = Math.floor((Date.parse(to) - start) / frequencyMs);
  return Array.from({ length: count }, (_, run) => new Date(start + (run + 1) * frequencyMs).toISOString());
}

describe.each(readDayIds())('%s', (id) => {
  test.each(readDays(id))('$name', async (day) => {
    const rule = RULES.find((text) => text.id === id)!;
    await engine().fill(day.rows);
    const counts = day.expect.map(() => 0);
    const unexpected: unknown[] = [];
    for (const now of runsOf(day, rule)) {
      const { columns, rows } = await engine().run(await rule.write({}, new Date(now)), seenAt(now, rule));
      for (const row of rows) {
        const place = day.expect.findIndex(({ key }) => isSuch(key, row, columns, day.from));
        if (place >= 0) counts[place]! += 1;
        else unexpected.push({ run: now, row });
      }
    }
    expect(unexpected).toEqual([]);
    expect(day.expect.map(({ key }, place) => ({ ...key, runs: counts[place] }))).toEqual(
      day.expect.map(({ key, runs }) => ({ ...key, runs })),
    );
  });
});
