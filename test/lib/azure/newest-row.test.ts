import { describe, expect, test } from 'vitest';
import { createLogsReader } from '../../../src/lib/azure/logs-reader.ts';
import { createNewestRow } from '../../../src/lib/azure/newest-row.ts';
import { parseSettings } from '../../../src/lib/config.ts';
import { STREAMS } from '../../../src/lib/streams/index.ts';
import { createWorkspace, findFaults, readColumns } from '../../support/kql.ts';
import { serveLogsQuery, type ArrivedQuery, type QueryAnswer } from '../../support/logs-query.ts';
import { fixedClock } from '../../support/pipeline.ts';
import { LEAST_SETTINGS } from '../../support/settings.ts';

const NOW = '2026-05-01T12:00:00.000Z';
const EMPTY = { rows: [{ Rows: 0, Newest: null }] };

function daysOf({ timespan }: ArrivedQuery): number {
  const [from = '', to = ''] = timespan.split('/');
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}

async function setUp(answer: (query: ArrivedQuery) => QueryAnswer) {
  const { endpoint, queries } = await serveLogsQuery(answer);
  const reader = createLogsReader(
    {
      LOGS_QUERY_WORKSPACE_ID: '11111111-2222-4333-8444-555555555555',
      LOGS_QUERY_ENDPOINT: endpoint,
      LOGS_QUERY_AUDIENCE: 'https://api.loganalytics.io',
    },
    () => {
      throw new Error('a real credential must not be asked for on loopback');
    },
  );
  const newestOf = (subscription: string) =>
    createNewestRow(reader, fixedClock(NOW), subscription)('QualysEdrEvents_CL', 'ProcessedTime');
  return { queries, newest: () => newestOf(''), newestOf };
}

describe('the newest row of a table', () => {
  test('is its largest time that is not after now, looked for in the last days first', async () => {
    const { queries, newest } = await setUp(() => ({ rows: [{ Rows: 7, Newest: '2026-05-01T11:40:12.500Z' }] }));
    expect(await newest()).toEqual(new Date('2026-05-01T11:40:12.500Z'));
    expect(queries.map(({ kql }) => kql)).toEqual([
      `QualysEdrEvents_CL\n| where column_ifexists('QualysSubscription', '') == ''\n| summarize Rows = count(), Newest = maxif(ProcessedTime, ProcessedTime <= datetime(${NOW}))`,
    ]);
    expect(queries[0]?.timespan).toBe('2026-04-29T12:00:00.000Z/2026-05-03T12:00:00.000Z');
  });

  test('is of its own Qualys subscription: what another connector ingested says nothing about this one', async () => {
    const { queries, newestOf } = await setUp(() => ({ rows: [{ Rows: 7, Newest: '2026-05-01T11:40:12.500Z' }] }));
    await newestOf('eu');
    expect(queries[0]?.kql).toContain(`| where column_ifexists('QualysSubscription', '') == 'eu'`);
  });

  test('is found as far back as a table can reach', async () => {
    const { queries, newest } = await setUp((query) =>
      daysOf(query) < 4383 ? EMPTY : { rows: [{ Rows: 1, Newest: '2015-05-01T11:40:12.000Z' }] },
    );
    expect(await newest()).toEqual(new Date('2015-05-01T11:40:12Z'));
    expect(queries).toHaveLength(3);
  });

  test.each([
    ['no rows', EMPTY],
    ['an empty answer', { rows: [] }],
  ])('of an empty table is none: %s', async (_, answer) => {
    const { newest } = await setUp(() => answer);
    expect(await newest()).toBeUndefined();
  });

  test.each<[string, QueryAnswer, RegExp]>([
    [
      'the table is not known',
      {
        status: 400,
        body: { error: { code: 'BadArgumentError', message: "Failed to resolve table 'QualysEdrEvents_CL'" } },
      },
      /Failed to resolve table/,
    ],
    [
      'the identity has no right',
      { status: 403, body: { error: { code: 'InsufficientAccessError', message: 'no access' } } },
      /Log Analytics Data Reader/,
    ],
    [
      'only a part is told',
      { ...EMPTY, error: { code: 'PartialError', message: 'too large' } },
      /in part: PartialError/,
    ],
    [
      'rows have no such time',
      { rows: [{ Rows: 3, Newest: null }] },
      /QualysEdrEvents_CL has rows, but none with a ProcessedTime/,
    ],
  ])('is unknown when %s', async (_, answer, reason) => {
    const { newest } = await setUp(() => answer);
    await expect(newest()).rejects.toThrow(reason);
  });
});

describe('the question', () => {
  const workspace = createWorkspace();
  const settings = parseSettings(LEAST_SETTINGS);

  test.each(STREAMS.filter(({ restart }) => restart !== undefined))(
    'for $name is sound KQL over its table',
    async (stream) => {
      const asked: string[] = [];
      const reader = { query: (kql: string) => (asked.push(kql), Promise.resolve({ rows: [] })) };
      await createNewestRow(reader, fixedClock(NOW))(stream.table, stream.restart!.column(settings));
      expect(findFaults(workspace, asked[0]!)).toEqual([]);
      expect(readColumns(workspace, asked[0]!).get('Newest')).toBe('datetime');
    },
  );

  test('goes by the column of the time that windows use, else by the earliest time of an event', () => {
    const column = (field: string) =>
      STREAMS.find(({ name }) => name === 'edr-events')?.restart?.column(
        parseSettings({ ...LEAST_SETTINGS, EDR_TIME_TOKEN: `event.${field}`, EDR_TIME_FIELD: field }),
      );
    expect(column('eventProcessedTime')).toBe('ProcessedTime');
    expect(column('dateTime')).toBe('EventTime');
    expect(column('some.other')).toBe('EventTime');
  });

  test('is put for each stream that does not begin with everything', () => {
    for (const { isSnapshot, restart, settings: own, slices } of STREAMS) {
      const bringsAll = isSnapshot === true || slices?.test('everything') === true;
      expect(restart === undefined).toBe(bringsAll);
      if (restart !== undefined) expect(Object.keys(own)).toContain(restart.setting);
    }
  });
});
