import { expect, test } from 'vitest';
import type { Health } from '../../../src/lib/health/health-answers.ts';
import { judgeHealth } from '../../../src/lib/health/judge-health.ts';
import { noteHealth } from '../../../src/lib/health/note-health.ts';
import { withLogTarget } from '../../../src/lib/log.ts';
import { ago, limit, stand } from '../../support/stands.ts';

function linesOf(health: Health, isTick: boolean): Record<string, unknown>[] {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  withLogTarget({ info: keep, warn: keep, error: keep }, () => noteHealth(health, isTick));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const FINE = judgeHealth(stand());
const POISON = judgeHealth(stand({ queue: { poison: 1 } }));

test('is written where the judgement is another one than before, and at each tick', () => {
  expect(linesOf(FINE, false)).toHaveLength(1);
  expect(linesOf(FINE, false)).toHaveLength(0);
  expect(linesOf(FINE, true)).toHaveLength(1);
  expect(linesOf(POISON, false)).toHaveLength(1);
  expect(linesOf(POISON, false)).toHaveLength(0);
  expect(linesOf(FINE, false)).toHaveLength(1);
});

test('names each problem with its stream, or its API, or all', () => {
  const limits = [limit({ api: 'vm', pausedUntil: ago(-5), pausedSince: ago(5) })];
  const backfills = [{ id: 'b-1', stream: 'edr-events', startedAt: ago(9), movedAt: ago(9), fedBy: ago(9) }];
  const failed = backfills.map((each) => ({ ...each, status: 'failed' as const }));
  const [line] = linesOf(judgeHealth(stand({ queue: { poison: 1 }, backfills: failed, limits })), true);
  expect(line).toMatchObject({
    codes: 'poison:all backfill-failed:edr-events vendor-pause:vm',
    attention: 'poison:all backfill-failed:edr-events',
    down: '',
  });
});
