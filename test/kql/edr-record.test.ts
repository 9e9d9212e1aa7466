import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Row as EngineRow } from '../../dev/kql/engine.ts';
import { makeEvents } from '../../bench/edr-page.ts';
import { rebuildRecord } from '../../cli/rebuild-record.ts';
import { isMembers } from '../../src/lib/json/parse-json.ts';
import { decode, readFixture, type Row } from '../lib/streams/edr-events/decode-events.ts';
import { oddEvents } from '../lib/streams/edr-events/odd-events.ts';
import { seenAt, useEngine } from './support/check-kind.ts';

/*
 * `QualysEdrEvents` puts what columns hold back into `Record`: of rows that the connector itself made, in each form, it must be what Qualys sent.
 */
const ARRIVED = '2026-03-02T00:00:00.000Z';
const NOW = '2026-03-03T00:00:00.000Z';
const engine = useEngine();

type Event = Readonly<Record<string, unknown>>;

/** What of an event is of no concern here has one value: with an id each has rows of its own. */
function numbered(events: readonly Event[]): Event[] {
  return events.map((event, index) => ({
    ...event,
    id: `event-${index}`,
    eventProcessedTime: '2026-03-01T12:00:00.000+0000',
  }));
}

/** The records that the function tells of rows, by the events' ids. */
async function recordsOf(rows: readonly Row[]): Promise<Map<unknown, unknown>> {
  // Azure moves a TimeGenerated that lies far back.
  const arrived = rows.map((row): EngineRow => ({ ...row, TimeGenerated: ARRIVED, _IngestionTime: ARRIVED }));
  await engine().fill({ QualysEdrEvents_CL: arrived });
  const { rows: found } = await engine().run('QualysEdrEvents() | project EventId, Record', seenAt(NOW, {}));
  return new Map(found.map(({ EventId, Record }) => [EventId, Record]));
}

function rowsOf(events: readonly Event[], record: 'full' | 'none' | 'rest'): Row[] {
  return decode(JSON.stringify(events), { record }).rows;
}

/** As JSON has it: `-0` is no value of its own. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const DOCUMENTED = ['page-1.json', 'page-2.json', 'page-3.json']
  .flatMap((name) => JSON.parse(readFixture(name)) as unknown[])
  .filter(isMembers);
const ODD = fc.sample(oddEvents('grapheme'), { numRuns: 200, seed: 18 });
const NASTY: readonly Event[] = [
  {
    indicator2: [
      { verdict: 'a', score: { x: [null, '},{', { y: '"' }] } },
      {},
      { familyName: 'b' },
      null,
      'text',
      5,
      [{}],
    ],
  },
  {
    indicator2: [{ verdict: '"],[\\"', familyName: '\u0001' }, { verdict: '\\' }, { verdict: 'null' }],
    file: { sha256: 'c' },
  },
  { indicator2: [{ sha256: 'd', verdict: 'x' }, { verdict: 'y' }], file: { sha256: 'd', fullPath: 'C:\\a\\b.exe' } },
  { asset: { interfaces: [{}, { ipAddress: '192.0.2.1' }], tags: [{ name: 'a', id: 1 }, {}], hostName: null } },
  { asset: 'a host', actor: [], file: {}, process: { processFile: {} }, network: null, $schema: '$.asset' },
  { $rest: ['EventType'], type: 'FILE' },
  { process: { processName: 'a', fullPath: 'b', processFile: { fileName: 'a', fullPath: 'b', sha256: 'e' } } },
];
const EVENTS = numbered([
  ...DOCUMENTED,
  ...(JSON.parse(JSON.stringify(makeEvents(60, 1))) as Event[]),
  ...ODD,
  ...NASTY,
]);
const LONG = { id: 'long', actor: { arguments: 'é'.repeat(40_000) }, type: 'PROCESS' };

describe('Record', () => {
  test.each(['rest', 'full'] as const)(
    'has the members and values that Qualys sent, of rows with EDR_RECORD=%s',
    async (form) => {
      // With EDR_RECORD=full a member that Qualys itself calls `$rest` cannot be told from the connector's.
      const events = [...EVENTS, LONG].filter((event) => form === 'rest' || !('$rest' in event));
      const records = await recordsOf(rowsOf(events, form));
      for (const event of events)
        expect({ [String(event.id)]: records.get(event.id) }).toEqual({ [String(event.id)]: plain(event) });
    },
  );

  test('has what columns hold, of rows with EDR_RECORD=none', async () => {
    const rows = rowsOf([...EVENTS, LONG], 'none');
    const records = await recordsOf(rows);
    for (const row of rows.filter(({ RecordPart }) => RecordPart === undefined)) {
      const rebuilt = rebuildRecord({ ...row, Record: { $rest: [] } });
      expect({ [String(row.EventId)]: records.get(row.EventId) }).toEqual({
        [String(row.EventId)]: JSON.parse(rebuilt!.text) as unknown,
      });
    }
    expect(records.get('long')).toEqual(LONG);
  });

  test('is none where a part of it has not come, and the first row of its event stands', async () => {
    const [first] = rowsOf([LONG], 'rest');
    expect([...(await recordsOf([first!]))]).toEqual([['long', null]]);
  });

  test('leaves the columns as they are', async () => {
    const [row] = rowsOf(numbered([{ file: { fullPath: 'C:\\a\\b.exe' }, asset: { tags: [{ name: 'x' }] } }]), 'rest');
    await recordsOf([row!]);
    const { rows } = await engine().run('QualysEdrEvents() | project FileName, FilePath, AssetTags', seenAt(NOW, {}));
    expect(rows).toEqual([{ FileName: 'b.exe', FilePath: 'C:\\a\\b.exe', AssetTags: ['x'] }]);
  });
});
