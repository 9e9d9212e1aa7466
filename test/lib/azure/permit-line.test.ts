import { describe, expect, test } from 'vitest';
import { createTurn, PermitLine, sleepInLine, wakeTurn } from '../../../src/lib/azure/permit-line.ts';

describe('the line for permits', () => {
  test('goes by priority, and by who came first among equals', () => {
    const line = new PermitLine();
    const [backfill, enrichment, live, later] = (['backfill', 'enrichment', 'live', 'live'] as const).map(createTurn);
    for (const turn of [backfill!, enrichment!, live!, later!]) line.join(turn);
    const order = [];
    for (let first = line.first(); first !== undefined; first = line.first()) {
      order.push(first);
      line.leave(first);
    }
    expect(order).toEqual([live, later, enrichment, backfill]);
    expect([order[0] === live, order[1] === later]).toEqual([true, true]);
  });

  test('tells whether somebody of a higher priority waits', () => {
    const line = new PermitLine();
    for (const priority of ['enrichment', 'backfill'] as const) line.join(createTurn(priority));
    expect((['live', 'enrichment', 'backfill'] as const).map((priority) => line.isAhead(priority))).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('passes over those who were woken, and counts them until they leave', () => {
    const line = new PermitLine();
    const [one, two] = [createTurn('live'), createTurn('live')];
    line.join(one);
    line.join(one);
    line.join(two);
    wakeTurn(one);
    expect(line.woken()).toBe(1);
    expect(line.first()).toBe(two);
    wakeTurn(two);
    expect([line.woken(), line.first()]).toEqual([2, undefined]);
    line.leave(one);
    expect(line.woken()).toBe(1);
  });
});

describe('a worker in the line', () => {
  const MINUTE_MS = 60_000;

  test('sleeps until it is woken', async () => {
    const turn = createTurn('live');
    const sleeping = sleepInLine(turn, MINUTE_MS);
    wakeTurn(turn);
    await sleeping;
    expect(turn.isWoken).toBe(true);
  });

  test('does not sleep where it was woken before', async () => {
    const turn = createTurn('live');
    wakeTurn(turn);
    await sleepInLine(turn, MINUTE_MS);
  });

  test('sleeps no longer than it is told', async () => {
    const turn = createTurn('live');
    const startedAt = performance.now();
    await sleepInLine(turn, 30);
    expect(performance.now() - startedAt).toBeGreaterThan(25);
    expect(turn.isWoken).toBe(false);
  });
});
