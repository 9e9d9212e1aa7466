import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeHealth } from '../../../src/lib/health/judge-health.ts';
import { isFine, PROBLEM_CODES, VERDICTS, verdictOf } from '../../../src/lib/health/problem-codes.ts';
import type { Stand } from '../../../src/lib/health/health.ts';
import { status } from '../../../src/lib/health/health-answers.ts';
import { streamStatus } from '../../dashboard/views.ts';
import { ago, answerOf, backfill, CASES, healthOf, held, limit, stand, withStream } from '../../support/stands.ts';

describe('each state', () => {
  test.each(CASES)('$name', (each) => {
    const health = healthOf(each);
    expect({ verdict: health.verdict, codes: health.problems.map(({ code }) => code) }).toEqual({
      verdict: each.verdict,
      codes: each.codes,
    });
    expect(health.ok).toBe(isFine(each.verdict));
    for (const { text, act } of health.problems) expect(`${text} ${act}`).not.toMatch(/undefined|NaN|null|Infinity/);
  });

  test.each(CASES)('$name is a status as it is described', (each) => {
    expect(status.safeParse(JSON.parse(JSON.stringify(answerOf(each)))).error?.issues).toBeUndefined();
  });

  test('all kinds of problems are among them', () => {
    expect(new Set(CASES.flatMap(({ codes }) => codes))).toEqual(new Set(PROBLEM_CODES));
  });
});

describe('the judgement', () => {
  const textOf = (of: Stand): string[] => judgeHealth(of).problems.map(({ text }) => text);

  test('names the account, what is said of it, what waits and when that is tried', () => {
    const [text] = textOf(withStream({ held: [held()] }));
    expect(text).toBe(
      'Qualys refuses the account at the EDR API since 12:25 UTC: window: Qualys refuses the account (HTTP 401); check QUALYS_USERNAME and QUALYS_PASSWORD. 12 windows wait for it (edr-events 12), tried again at 12:40 UTC.',
    );
  });

  test('names the API that refuses, and what is kept from trying on the other one', () => {
    const each = CASES.find(({ name }) => name.startsWith('an account that one API refuses'))!;
    expect(healthOf(each).problems).toMatchObject([{ api: 'edr' }]);
    expect(healthOf(each).problems[0]?.text).toContain('19 windows wait for it (edr-events 12, vm-detections 7)');
  });

  test('is one problem an API where several of its streams are refused', () => {
    const streams = ['edr-events', 'edr-incidents'].map((name) => streamStatus({ name, held: [held()] }));
    expect(judgeHealth(stand({ streams })).problems).toMatchObject([{ code: 'account-refused', api: 'edr' }]);
    expect(judgeHealth(stand({ streams })).problems[0]).not.toHaveProperty('stream');
  });

  test('tells until when a pause and a spent budget last', () => {
    const paused = limit({ pausedUntil: ago(-40), pausedSince: ago(20), pauseReason: 'code 1965' });
    expect(textOf(stand({ limits: [paused], backfills: [backfill()] }))).toEqual([
      'Qualys asked the callers of the EDR API to wait until 13:14 UTC. code 1965. 1 backfill waits.',
    ]);
    const budget = { limit: 300, left: 0, reserve: 60, windowSeconds: 3600, seenAt: ago(1) };
    expect(textOf(stand({ limits: [limit({ budget })] }))).toEqual([
      'The 300 calls in 1 h of the EDR API are used up. One comes free every 12 s, all are back at 13:34 UTC.',
    ]);
  });

  test('tells rows, windows and time left of a stream that catches up', () => {
    const progress = { movedAt: ago(0), rowsLastHour: 48_211, secondsLeft: 1500, heldBy: null };
    const windows = { open: 24, failed: 0, incomplete: 0, since: null };
    expect(textOf(withStream({ watermark: ago(360), lagSeconds: 21_600, windows, progress }))).toEqual([
      'edr-events is 6 h behind and catching up: 24 windows left, 48,211 rows in the last hour, about 25 min to go.',
    ]);
  });

  test('says nothing of a stream that is disabled, or a day behind by design', () => {
    const disabled = streamStatus({ enabled: false, watermark: null, lagSeconds: null, lastTick: null });
    const slow = { name: 'vm-hosts', watermark: ago(1440), lagSeconds: 86_400, normalLagSeconds: 90_000 };
    expect(judgeHealth(stand({ streams: [disabled, streamStatus(slow)] }))).toMatchObject({
      verdict: 'ok',
      problems: [],
    });
  });

  test('is as bad as the worst problem, which stands first, causes before effects, whatever goes together', () => {
    const stands = CASES.flatMap(({ of }) => ('error' in of ? [] : [of]));
    fc.assert(
      fc.property(fc.subarray(stands, { minLength: 1 }), (some) => {
        const merged = stand({
          streams: some.flatMap(({ streams }, index) => streams.map((each) => ({ ...each, name: `s-${index}` }))),
          limits: some.flatMap(({ limits }) => limits).slice(0, 1),
          deadLetters: Math.max(...some.map(({ deadLetters }) => deadLetters)),
        });
        const { verdict, problems } = judgeHealth(merged);
        const ranks = problems.map((problem) => VERDICTS.indexOf(verdictOf(problem)));
        expect(ranks).toEqual([...ranks].sort((left, right) => right - left));
        expect(VERDICTS.indexOf(verdict)).toBe(ranks[0] ?? 0);
      }),
    );
  });

  test('is never green while the account was refused last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 86_400 }), (windows, lagSeconds) => {
        const { verdict, problems } = judgeHealth(withStream({ lagSeconds, held: [held({ windows })] }));
        expect(verdict).toBe('down');
        expect(problems[0]?.code).toBe('account-refused');
      }),
    );
  });
});
