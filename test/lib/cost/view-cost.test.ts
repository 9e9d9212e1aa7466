import { describe, expect, test } from 'vitest';
import results from '../../../bench/results.json' with { type: 'json' };
import { NO_CAUSES } from '../../../src/lib/cost/causes.ts';
import { EVENT_BYTES, modesOf } from '../../../src/lib/cost/modes.ts';
import type { SentRow } from '../../../src/lib/cost/sent.ts';
import { otherBytes } from '../../../src/lib/cost/view-causes.ts';
import { firstDay, viewCost } from '../../../src/lib/cost/view-cost.ts';
import { COST_SETTINGS as SETTINGS } from '../../support/cost-settings.ts';

const NOW = new Date('2026-05-10T12:00:00Z');
const GIGABYTE = 1e9;

const NONE = { received: 0, unchanged: 0, otherBytes: undefined };

function row(day: string, bytes: number, since = `${day}T00:10:00.000Z`, stream = 'edr-events'): SentRow {
  return { day, since, streams: { [stream]: { rows: 10, bytes, optional: bytes / 2, cut: 0 } } };
}

const view = (rows: readonly SentRow[], streams = ['edr-events']) => viewCost(rows, streams, SETTINGS, NONE, NOW);

describe('what ingestion costs', () => {
  test('is told by day and week, and as thirty days at the pace of the days counted', () => {
    const { countedFrom, total, streams } = view([
      row('2026-05-03', 100 * GIGABYTE),
      row('2026-05-04', 3 * GIGABYTE),
      row('2026-05-09', 2 * GIGABYTE),
      row('2026-05-09', GIGABYTE),
      row('2026-05-10', 0.5 * GIGABYTE),
    ]);
    // The week began at midnight, because the day before was counted too; half of today is over.
    expect(countedFrom).toBe('2026-05-04T00:00:00.000Z');
    expect(total).toEqual({
      today: { rows: 10, bytes: 0.5 * GIGABYTE },
      yesterday: { rows: 20, bytes: 3 * GIGABYTE },
      week: { rows: 40, bytes: 6.5 * GIGABYTE },
      month: { gigabytes: 30, price: 120 },
    });
    expect(streams.map(({ name, week }) => [name, week.bytes])).toEqual([['edr-events', 6.5 * GIGABYTE]]);
    expect(firstDay(NOW)).toBe('2026-05-03');
  });

  test('is reckoned from the first process that counted, and not within its first hour', () => {
    const { countedFrom, total } = view([row('2026-05-10', GIGABYTE, '2026-05-10T06:00:00.000Z')]);
    expect(countedFrom).toBe('2026-05-10T06:00:00.000Z');
    expect(total.month).toEqual({ gigabytes: 120, price: 480 });
    expect(view([row('2026-05-10', GIGABYTE, '2026-05-10T11:30:00.000Z')]).total.month).toBeNull();
    expect(view([])).toMatchObject({ countedFrom: null, total: { month: null, week: { rows: 0, bytes: 0 } } });
  });

  test('is told of streams that are not enabled any more, too', () => {
    const { streams, total } = view([row('2026-05-10', GIGABYTE, undefined, 'vm-hosts')]);
    expect(streams.map(({ name }) => name)).toEqual(['edr-events', 'vm-hosts']);
    expect(total.week.bytes).toBe(GIGABYTE);
  });

  test('says why records of the week were sent, where a stream leaves some out', () => {
    const day = (name: string, changed: number) => ({
      ...row(name, 1, undefined, 'vm-detections'),
      causes: { 'vm-detections': { changed, unknown: 1, refresh: 0, uncompared: 0 } },
    });
    const { streams } = view([day('2026-05-03', 100), day('2026-05-04', 2), day('2026-05-10', 3)]);
    expect(streams.map(({ name, causes }) => [name, causes])).toEqual([
      ['edr-events', null],
      ['vm-detections', { changed: 5, unknown: 2, refresh: 0, uncompared: 0, sample: null }],
    ]);
  });

  test('says what had changed in hosts of the sample, and what a field would save that may be let pass', () => {
    const field = (records: number, alone: number, share: number, isPlain = true) => ({
      ...{ records, alone, isPlain },
      ...{ wholeAlone: share * GIGABYTE, changesAlone: share * 0.1 * GIGABYTE },
    });
    const sample = {
      ...{ compared: 10, whole: GIGABYTE, changes: 0.1 * GIGABYTE },
      fields: {
        LAST_BOOT: field(4, 2, 0.25),
        QDS: field(6, 4, 0.5),
        TIMES_FOUND: field(2, 2, 0.1),
        TAGS: field(2, 1, 0.1, false),
        OS: field(1, 0, 0),
      },
    };
    const causes = { changed: 60, unknown: 0, refresh: 15, uncompared: 25, sample };
    const day = (name: string, bytes: number) => ({
      ...row(name, bytes, undefined, 'vm-detections'),
      causes: { 'vm-detections': causes },
    });
    const before = row('2026-05-03', 0, undefined, 'vm-detections');
    const told = (mode: 'changed-hosts' | 'changes' | 'all') =>
      viewCost([before, day('2026-05-10', 6.5 * GIGABYTE)], [], { ...SETTINGS, VM_INGEST: mode }, NONE, NOW).streams[0]
        ?.causes?.sample;
    expect(told('changed-hosts')).toEqual({
      compared: 10,
      fields: [
        { name: 'QDS', records: 6, alone: 4, saved: null },
        // Six hosts changed for one that was compared: six quarters of a GB in six and a half days.
        { name: 'LAST_BOOT', records: 4, alone: 2, saved: { gigabytes: 6.923, price: 27.692 } },
        { name: 'TIMES_FOUND', records: 2, alone: 2, saved: null },
        { name: 'TAGS', records: 2, alone: 1, saved: null },
        { name: 'OS', records: 1, alone: 0, saved: { gigabytes: 0, price: 0 } },
      ],
    });
    expect(told('changes')?.fields[1]?.saved).toEqual({ gigabytes: 0.692, price: 2.769 });
    expect(told('all')?.fields.map(({ saved }) => saved)).toEqual([null, null, null, null, null]);
  });

  test('has other modes in the same proportion as their bytes', () => {
    const [stream] = view([row('2026-05-03', 0), row('2026-05-10', 6.5 * GIGABYTE)]).streams;
    expect(stream?.modes).toMatchObject([
      { value: 'rest', isSet: true, month: { gigabytes: 30 } },
      { value: 'full', isSet: false, basis: 'estimated' },
      { value: 'none', isSet: false, basis: 'counted', month: { gigabytes: 15, price: 60 } },
    ]);
  });
});

describe('other settings', () => {
  const sent = { rows: 1, bytes: 1000, optional: 400, cut: 250 };
  const bytesOf = (stream: string, record: 'rest' | 'full' | 'none', results: number) =>
    Object.fromEntries(
      modesOf(stream, sent, { ...SETTINGS, EDR_RECORD: record, VM_RESULTS: results }, NONE)
        .filter(({ setting }) => setting !== 'VM_INGEST')
        .map(({ value, bytes, basis, isSet }) => [`${value}${isSet ? '*' : ''}`, `${bytes} ${basis}`]),
    );

  test('are counted where the rows tell it, estimated by the bench, or said to be unknown', () => {
    expect(bytesOf('edr-events', 'rest', 0)).toEqual({
      'rest*': '1000 counted',
      full: '1891 estimated',
      none: '600 counted',
    });
    expect(bytesOf('edr-events', 'full', 0)).toEqual({
      rest: '531 estimated',
      'full*': '1000 counted',
      none: '600 counted',
    });
    expect(bytesOf('edr-events', 'none', 0)).toEqual({
      rest: '1779 estimated',
      full: '3341 estimated',
      'none*': '1000 counted',
    });
    expect(bytesOf('vm-detections', 'rest', Infinity)).toEqual({ 'full*': '1250 counted', none: '600 counted' });
    expect(bytesOf('vm-detections', 'rest', 300)).toEqual({
      full: '1250 counted',
      'cap:300*': '1000 counted',
      none: '600 counted',
    });
    expect(bytesOf('vm-detections', 'rest', 0)).toEqual({ full: 'null unknown', 'none*': '600 counted' });
    expect(modesOf('vm-hosts', sent, SETTINGS, NONE)).toEqual([]);
  });

  test('of hosts that were left out are those that were sent, as far as some were', () => {
    const ingest = (now: 'all' | 'changed-hosts' | 'changes', received: number, unchanged: number, ofOther?: number) =>
      modesOf('vm-detections', sent, { ...SETTINGS, VM_INGEST: now }, { received, unchanged, otherBytes: ofOther })
        .filter(({ setting }) => setting === 'VM_INGEST')
        .map(({ basis, bytes, isSet, value }) => `${value}${isSet ? '*' : ''} ${bytes} ${basis}`);
    const [changes, hosts, all] = ['changes null unknown', 'changed-hosts null unknown', 'all null unknown'];
    expect(ingest('changed-hosts', 400, 300)).toEqual([changes, 'changed-hosts* 1000 counted', 'all 4000 estimated']);
    expect(ingest('changed-hosts', 300, 300)).toEqual([changes, 'changed-hosts* 1000 counted', all]);
    expect(ingest('all', 400, 0)).toEqual([changes, hosts, 'all* 1000 counted']);
    expect(ingest('changes', 400, 300)).toEqual(['changes* 1000 counted', hosts, all]);
    expect(ingest('changed-hosts', 400, 300, 0.2)[0]).toBe('changes 200 estimated');
    expect(ingest('changes', 400, 300, 5)).toEqual([
      'changes* 1000 counted',
      'changed-hosts 5000 estimated',
      'all 20000 estimated',
    ]);
  });

  test('are reckoned by the sample, from changed hosts to changes and back', () => {
    const sample = { compared: 10, whole: 1000, changes: 200, fields: {} };
    const causes = { changed: 50, unknown: 10, refresh: 20, uncompared: 20, sample };
    // Five times the sample is among them, each time 800 bytes less.
    expect(otherBytes({ causes, bytes: 20_000 }, 'changed-hosts')).toBeCloseTo(16_000 / 20_000);
    expect(otherBytes({ causes, bytes: 16_000 }, 'changes')).toBeCloseTo(20_000 / 16_000);
    // Never more often than it fits into what was sent.
    expect(otherBytes({ causes, bytes: 2000 }, 'changed-hosts')).toBeCloseTo(0.2);
    expect(otherBytes({ causes, bytes: 400 }, 'changes')).toBeCloseTo(5);
    expect(otherBytes({ causes, bytes: 2000 }, 'all')).toBeUndefined();
    expect(otherBytes({ causes: NO_CAUSES, bytes: 2000 }, 'changes')).toBeUndefined();
  });

  test('are estimated by what the bench has measured', () => {
    const lines = (name: string) => results.find((line) => line.name === name)!;
    for (const [page, suffix] of ['', '-page'].entries()) {
      const [rest, none] = [lines(`billed-edr-rest${suffix}`), lines(`billed-edr-none${suffix}`)];
      const measured = { rest: rest.ours, none: none.ours, full: none.ours + rest.rival };
      for (const mode of ['rest', 'full', 'none'] as const)
        expect(Math.abs(EVENT_BYTES[mode][page]! / measured[mode] - 1)).toBeLessThan(0.02);
    }
  });
});
