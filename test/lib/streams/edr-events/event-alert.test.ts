import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toAlert } from '../../../../src/lib/streams/edr-events/event-alert.ts';
import { vendorEvent } from '../../../support/enrich.ts';
import { decode } from './decode-events.ts';

interface Payload {
  readonly entities: readonly { readonly Identifier: string; readonly EntityType: string }[];
  readonly event: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

function alertsOf(records: readonly unknown[], alertScore?: number): { id: string; payload: Payload }[] {
  const { chunks } = decode(JSON.stringify(records), { alertScore });
  return chunks
    .flatMap(({ alertRows }) => alertRows.map(toAlert))
    .filter((alert) => alert !== undefined)
    .map(({ id, payload }) => ({ id, payload: JSON.parse(payload) as Payload }));
}

const scored = (score: unknown, more = {}) => vendorEvent({ score, ...more });

describe('alerts of a page', () => {
  test('are the events at or above the score, whatever the vendor writes it as', () => {
    const scores = ['3', 3, '4', 4, 10, ' ', undefined, 'high', '9.7'];
    const records = scores.map((score) => scored(score));
    expect(alertsOf(records, 4).map(({ payload }) => payload.score)).toEqual([4, 4, 10, 9]);
  });

  test('are all events with a score from 0 on, when that is the limit', () => {
    expect(alertsOf([scored('0'), scored(undefined)], 0)).toHaveLength(1);
  });

  test('are none without a limit', () => {
    expect(alertsOf([scored('10')])).toEqual([]);
  });

  test('belong to the chunk of their row', () => {
    const note = 'x'.repeat(50_000);
    const records = Array.from({ length: 40 }, (_, index) => scored(index % 2 === 0 ? '9' : '1', { note }));
    const { chunks } = decode(JSON.stringify(records), { alertScore: 4 });
    expect(chunks.length).toBeGreaterThan(1);
    for (const { json, alertRows } of chunks) {
      const rows = JSON.parse(Buffer.from(json).toString()) as { EventId?: string; Score?: number }[];
      const wanted = rows.filter(({ Score = 0 }) => Score >= 4).map(({ EventId }) => EventId);
      expect(alertRows.map((row) => toAlert(row)?.id)).toEqual(wanted);
    }
  });

  test('are one for a record that takes several rows', () => {
    const record = scored('9', { actor: { arguments: 'x'.repeat(200_000) } });
    expect(alertsOf([record, scored('1')], 4).map(({ id }) => id)).toEqual([record.id]);
  });

  test('are one for a record beyond the decoder’s buffer', () => {
    const record = { id: 'huge', type: 'FILE', score: '9', junk: 'x'.repeat(5_000_000) };
    expect(alertsOf([record, scored('1')], 4).map(({ id }) => id)).toEqual(['huge']);
  });

  test('tell when Qualys processed the event, or else when it happened', () => {
    const [processed, happened] = ['2026-05-01T10:20:00.000Z', '2026-02-28T08:00:00.000Z'];
    const records = [
      scored('9', { dateTime: happened, eventProcessedTime: processed }),
      scored('9', { dateTime: happened, eventProcessedTime: undefined }),
    ];
    const { chunks } = decode(JSON.stringify(records), { alertScore: 4 });
    const alerts = chunks.flatMap(({ alertRows }) => alertRows.map(toAlert));
    expect(alerts.map((alert) => alert?.time)).toEqual([processed, happened]);
  });

  test('know a record without an id by its content', () => {
    const record = scored('9', { id: undefined });
    const [first] = alertsOf([record], 4);
    expect(first?.id).toMatch(/^[\da-f]{32}-1$/);
    expect(alertsOf([record], 4)[0]?.id).toBe(first?.id);
  });
});

describe('the payload', () => {
  test('has the fields of the connector for Chronicle SOAR, its entities and the columns of the table', () => {
    const [alert] = alertsOf([scored('8', { id: 'RTF_1' })], 4);
    expect(alert?.id).toBe('RTF_1');
    expect(alert?.payload).toMatchObject({
      version: 1,
      ticket_id: 'RTF_1',
      name: 'Suspicious: FILE',
      rule_generator: 'FILE',
      vendor: 'Qualys',
      product: 'Qualys EDR',
      severity: 'High',
      priority: 80,
      score: 8,
      start_time: '2026-05-01T10:15:30.000Z',
      end_time: '2026-05-01T10:15:30.000Z',
    });
    expect(alert?.payload.entities).toEqual([
      { Identifier: 'ws-01.lab.example', EntityType: 'HOSTNAME' },
      { Identifier: 'WS-01', EntityType: 'HOSTNAME' },
      { Identifier: 'LAB\\alice', EntityType: 'USERUNIQNAME' },
      { Identifier: 'drop.dll', EntityType: 'FILENAME' },
      { Identifier: `${'0'.repeat(63)}1`, EntityType: 'FILEHASH' },
      { Identifier: `${'0'.repeat(31)}1`, EntityType: 'FILEHASH' },
      { Identifier: 'loader.exe', EntityType: 'PROCESS' },
      { Identifier: 'Win32.Trojan.Sample', EntityType: 'GENERICENTITY' },
    ]);
    expect(alert?.payload.event).toMatchObject({ EventId: 'RTF_1', FilePath: 'C:\\Users\\alice\\drop.dll' });
    expect(alert?.payload.event).not.toHaveProperty('Record');
  });

  test.for([
    [0, -1],
    [2, -1],
    [3, 40],
    [4, 40],
    [5, 60],
    [7, 80],
    [9, 100],
    [10, 100],
  ])('gives the score %i the priority %i', ([score, priority]) => {
    expect(alertsOf([scored(score)], 0)[0]?.payload.priority).toBe(priority);
  });

  test('leaves out accounts and addresses that say nothing', () => {
    const asset = { interfaces: [{ ipAddress: 'fe80::1' }, { ipAddress: '127.0.0.1' }, { ipAddress: '192.0.2.7' }] };
    const [alert] = alertsOf([scored('9', { asset, actor: { userName: 'NT AUTHORITY\\SYSTEM' }, file: {} })], 4);
    expect(alert?.payload.entities.map(({ Identifier }) => Identifier)).toEqual(['192.0.2.7', 'Win32.Trojan.Sample']);
  });

  test('fits a queue message, whatever the vendor sends', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .constantFrom('\u0001', '"', '😀')
        .chain((unit) => fc.integer({ min: 0, max: 30_000 }).map((times) => unit.repeat(times))),
    );
    const list = fc.array(text, { maxLength: 60 });
    fc.assert(
      fc.property(text, text, list, text, (id, name, tags, path) => {
        const record = {
          id: `x${id}`,
          type: name,
          score: '9',
          asset: { hostName: name, netBiosName: path, tags: tags.map((tag) => ({ name: tag })) },
          file: { fullPath: path, fileName: name, path },
          process: { processName: path, arguments: path, userName: name },
          registry: { path, value: path, data: path },
        };
        const [alert, ...others] = decode(JSON.stringify([record]), { alertScore: 4 }).chunks.flatMap(({ alertRows }) =>
          alertRows.map(toAlert).filter((each) => each !== undefined),
        );
        expect(others).toEqual([]);
        expect(Buffer.byteLength(alert?.payload ?? '')).toBeLessThanOrEqual(30_000);
        expect(alert?.id.length).toBeLessThanOrEqual(500);
        expect(
          Buffer.from(JSON.stringify({ version: 1, ...alert, queuedAt: new Date() })).toString('base64').length,
        ).toBeLessThan(65_536);
      }),
      { numRuns: 60 },
    );
  });
});
