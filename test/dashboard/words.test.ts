import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNear,
  formatPlural,
  formatRange,
} from '../../src/dashboard/model/format.ts';
import { groupWindows } from '../../src/dashboard/model/group-by-reason.ts';
import { toVisibleText } from '../../src/dashboard/model/visible-text.ts';
import {
  allowedActs,
  completeness,
  needsAttention,
  waitsForTry,
  windowLabel,
} from '../../src/dashboard/model/window-words.ts';
import { NOW, windowView } from './views.ts';

describe('lengths of time', () => {
  test.for([
    [-5, '0 s'],
    [59.4, '59 s'],
    [60, '1 min'],
    [3599, '59 min'],
    [3600, '1 h'],
    [8880, '2 h 28 min'],
    [86_400, '1 d'],
    [273_700, '3 d 4 h'],
  ] as const)('of %d seconds are %s', ([seconds, text]) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

test('times of another day carry their day', () => {
  expect(formatNear('2026-05-01T00:00:00Z', NOW)).toBe('00:00');
  expect(formatNear('2026-04-30T23:59:00Z', NOW)).toBe('2026-04-30 23:59');
  expect(formatRange('2026-04-30T23:00:00Z', '2026-05-01T00:00:00Z')).toBe('2026-04-30 23:00 – 2026-05-01 00:00');
  expect(formatRange('2026-04-30T23:00:00Z', '2026-04-30T23:15:00Z')).toBe('2026-04-30 23:00 – 23:15');
  expect(formatNear('garbage', NOW)).toContain('?');
});

test('windows below a minute carry their seconds', () => {
  const [from, to] = ['2026-05-01T15:00:10Z', '2026-05-01T15:00:40Z'];
  expect(formatRange(from, to)).toBe('2026-05-01 15:00:10 – 15:00:40');
  expect(windowLabel(windowView({ from, to }))).toBe('15:00:10–15:00:40, closed, 10 rows');
  expect(formatRange('2026-05-01T15:00:10Z', '2026-05-01T15:01:10Z')).toBe('2026-05-01 15:00 – 15:01');
  expect(formatRange('2026-05-01T23:59:50Z', '2026-05-02T00:00:10Z')).toBe('2026-05-01 23:59:50 – 2026-05-02 00:00');
});

test('counts and sizes are readable', () => {
  expect([formatCount(48_211), formatPlural(1, 'row'), formatPlural(0, 'row')]).toEqual(['48,211', '1 row', '0 rows']);
  expect([formatBytes(999), formatBytes(1234), formatBytes(3_400_000)]).toEqual(['999 bytes', '1.2 KB', '3.4 MB']);
});

describe('a vendor’s text', () => {
  test('shows what hides or turns text, and keeps what can be read', () => {
    expect(toVisibleText('invoice\u202Egpj.exe\u0007')).toBe('invoice⟨U+202E⟩gpj.exe⟨U+0007⟩');
    expect(toVisibleText('מחשב–北京 Zoë <b>')).toBe('מחשב–北京 Zoë <b>');
    expect(toVisibleText('one\ntwo')).toBe('one\ntwo');
  });

  test('never holds a hidden character afterwards', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ max: 0x10ffff, min: 0 })), (codes) => {
        const text = String.fromCodePoint(...codes);
        expect(toVisibleText(text).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u);
      }),
    );
  });
});

describe('a window', () => {
  test('can be retried or waived as the app allows it', () => {
    expect(allowedActs(windowView({ state: 'closed' }))).toEqual({ retry: false, waive: false });
    expect(allowedActs(windowView({ state: 'waived' }))).toEqual({ retry: false, waive: false });
    expect(allowedActs(windowView({ state: 'running', inWork: true }))).toEqual({ retry: false, waive: false });
    expect(allowedActs(windowView({ state: 'failed' }))).toEqual({ retry: true, waive: true });
    expect(allowedActs(windowView({ state: 'incomplete', acknowledged: true }))).toEqual({ retry: true, waive: false });
  });

  test('needs a look when it failed, or is incomplete and nobody has taken note', () => {
    expect(needsAttention(windowView({ state: 'failed', acknowledged: false }))).toBe(true);
    expect(needsAttention(windowView({ state: 'incomplete', acknowledged: false }))).toBe(true);
    expect(needsAttention(windowView({ state: 'incomplete', acknowledged: true }))).toBe(false);
    expect(needsAttention(windowView({ state: 'planned', acknowledged: false }))).toBe(false);
  });

  test('needs a look while it waits for a repair', () => {
    expect(needsAttention(windowView({ state: 'planned', repair: 'account' }))).toBe(true);
  });

  test('waits for its next try where nobody is needed and its time has not come', () => {
    const later = new Date(NOW + 60_000).toISOString();
    const waiting = windowView({ state: 'planned', notBefore: later, error: 'HTTP 503' });
    expect(waitsForTry(waiting, NOW)).toBe(true);
    const others = [
      { notBefore: null },
      { inWork: true },
      { repair: 'account' as const },
      { state: 'failed' as const },
    ];
    for (const changes of others) expect(waitsForTry({ ...waiting, ...changes }, NOW)).toBe(false);
    expect(waitsForTry(waiting, NOW + 60_000)).toBe(false);
  });

  test('says in words whether all has come', () => {
    expect(completeness(windowView({ expected: null }))).toBeUndefined();
    expect(completeness(windowView({ expected: 10, fetched: 10 }))).toBe('all that Qualys counts has come');
    expect(completeness(windowView({ state: 'incomplete', expected: 10, fetched: 7 }))).toContain('3 missing');
    expect(completeness(windowView({ state: 'running', expected: 10, fetched: 7 }))).toBe('still being read');
  });

  test('has one line for who listens', () => {
    expect(windowLabel(windowView({ slice: 'type.file' }))).toBe('11:00–12:00 (type.file), closed, 10 rows');
  });
});

describe('windows with errors', () => {
  const failed = (error: string | null) => windowView({ state: 'failed', error });
  test('that failed for one reason are one group, which says it once', () => {
    const groups = groupWindows([failed('HTTP 500'), failed('HTTP 400: a'), failed('HTTP 400: a')]);
    expect(groups.map(({ reason, members }) => `${members.length} ${reason ?? ''}`)).toEqual([
      '1 HTTP 500',
      '2 HTTP 400: a',
    ]);
  });

  test('that differ in figures only are one group, in which each says its own', () => {
    const groups = groupWindows([failed('counts 28, 23 came'), failed('counts 29, 24 came')]);
    expect(groups).toMatchObject([{ reason: undefined, members: [{}, {}] }]);
  });

  test('come with the failed ones first, and without an error too', () => {
    const incomplete = windowView({ state: 'incomplete', error: 'HTTP 500' });
    const groups = groupWindows([incomplete, failed(null)]);
    expect(groups.map(({ members }) => members[0]?.state)).toEqual(['failed', 'incomplete']);
  });
});
