import { beforeAll, describe, expect, test } from 'vitest';
import { startSimulator } from '../../../dev/simulator/start-simulator.ts';
import { enrich } from '../../../src/lib/enrich/enrich.ts';
import { kqlText } from '../../../src/lib/enrich/kql-text.ts';
import { enrichQuery, subjectOf } from '../../../src/lib/http/enrich-query.ts';
import type { EnrichSubject } from '../../../src/lib/enrich/subject.ts';
import type { AlertEntity } from '../../../src/lib/streams/edr-events/alert-entities.ts';
import { toAlert } from '../../../src/lib/streams/edr-events/event-alert.ts';
import { queryKind, startEnrichRig } from '../../support/enrich.ts';
import type { ArrivedQuery, QueryAnswer } from '../../support/logs-query.ts';
import { decode, type Row } from '../streams/edr-events/decode-events.ts';

/** Types of entities as docs/enrichment.md maps them to parameters. */
const PARAMETERS: Readonly<Record<string, string>> = {
  HOSTNAME: 'host',
  USERUNIQNAME: 'user',
  FILENAME: 'file',
  PROCESS: 'file',
  ADDRESS: 'ip',
  MacAddress: 'mac',
  DOMAIN: 'domain',
  GENERICENTITY: 'threat',
};

interface Posted {
  readonly eventId: string;
  readonly row: Row;
  readonly entity: AlertEntity;
}

/** The vendor's records, their rows, and the entities of an alert for each, every entity once. */
let records: unknown[];
let rows: readonly Row[];
let posted: readonly Posted[];

beforeAll(async () => {
  const simulator = await startSimulator({ eventCount: 40, hostCount: 0, spanHours: 2 });
  const form = new URLSearchParams({ username: 'qualys-reader', password: 'simulated-password', token: 'true' });
  const token = await (await fetch(`${simulator.url}/auth`, { method: 'POST', body: form })).text();
  const headers = { authorization: `Bearer ${token}` };
  const page = await (await fetch(`${simulator.url}/ioc/events?pageSize=100`, { headers })).text();
  await simulator.close();
  records = JSON.parse(page) as unknown[];
  const decoded = decode(page, { alertScore: 0 });
  rows = decoded.rows;
  const once = new Map<string, Posted>();
  for (const alertRow of decoded.chunks.flatMap(({ alertRows }) => alertRows)) {
    const { id = '', payload = '{}' } = toAlert(alertRow) ?? {};
    const row = rows.find(({ EventId }) => EventId === id) ?? {};
    for (const entity of (JSON.parse(payload) as { entities: AlertEntity[] }).entities) {
      once.set(`${entity.EntityType} ${entity.Identifier}`, { eventId: id, row, entity });
    }
  }
  posted = [...once.values()];
});

const asked = ({ EntityType, Identifier }: AlertEntity) => {
  const ofHash = Identifier.length === 64 ? 'sha256' : 'md5';
  const parameter = PARAMETERS[EntityType] ?? ofHash;
  return subjectOf(enrichQuery.parse({ [parameter]: Identifier, hours: '24' })) as EnrichSubject;
};

const textsOf = (value: unknown): string[] => [value].flat().filter((each) => typeof each === 'string');
const columnsWith = (row: Row, text: string): string[] =>
  Object.keys(row).filter((column) => textsOf(row[column]).some((each) => each.toLowerCase() === text.toLowerCase()));

/** Whether the condition compares one of the row's values with itself. */
function isMet(condition: string, row: Row): boolean {
  const compares = (column: string, text: string): boolean =>
    condition.toLowerCase().includes(`${column} =~ ${kqlText(text)}`.toLowerCase()) ||
    (condition.includes(`tolower(tostring(${column}))`) &&
      [text, text.replace(/[:-]/g, '')].some((each) => condition.toLowerCase().includes(kqlText(each).toLowerCase())));
  return Object.entries(row).some(([column, value]) => textsOf(value).some((text) => compares(column, text)));
}

/** The table as the conditions of a query read it. */
function readTable(query: ArrivedQuery): QueryAnswer {
  if (!query.kql.startsWith('QualysEdrEvents_CL')) return { rows: [] };
  const [condition = '', live = ''] = [/\| where (.* =~ .*|.*set_has_element.*)/, /FoundBy = iff\((.*), 'qualys'/].map(
    (pattern) => pattern.exec(query.kql)?.[1],
  );
  const found = rows
    .filter((row) => isMet(condition, row))
    .map((row): Row => ({ ...row, FoundBy: isMet(live, row) ? 'qualys' : 'log-analytics' }));
  if (queryKind(query) === 'events') return { rows: found };
  return { rows: found.map(({ EventType, FoundBy }) => ({ EventType, EventAction: 'SEEN', Events: 1, FoundBy })) };
}

describe('an entity of an alert', () => {
  test('is asked for by one of the parameters, whatever the type of the event', () => {
    const types = new Set(rows.map(({ EventType }) => EventType));
    expect([...types].sort()).toEqual(['FILE', 'MUTEX', 'NETWORK', 'PROCESS', 'REGISTRY']);
    expect(new Set(posted.map(({ entity }) => entity.EntityType))).toEqual(
      new Set([...Object.keys(PARAMETERS), 'FILEHASH']),
    );
    for (const { entity } of posted) expect(asked(entity).value.toLowerCase()).toBe(entity.Identifier.toLowerCase());
  });

  test('is found where a workspace is set', async () => {
    const { services, simulator } = await startEnrichRig(readTable);
    simulator.changeData({ events: records.map((record) => ({ record })) });
    for (const { entity, eventId } of posted) {
      const { ok, events } = await enrich(asked(entity), services);
      expect(ok).toBe(true);
      const ids = events?.list.map((event) => event.eventId) ?? [];
      if (!events?.truncated) expect(ids, JSON.stringify(entity)).toContain(eventId);
      expect(events?.total).toBeGreaterThan(0);
    }
  });

  test('is found without a workspace, or the columns that hold it are said not to be searched', async () => {
    const { services, simulator } = await startEnrichRig(undefined, {}, { LOGS_QUERY_WORKSPACE_ID: undefined });
    simulator.changeData({ events: records.map((record) => ({ record })) });
    for (const { entity, eventId, row } of posted) {
      const answer = await enrich(asked(entity), services).catch((thrown: unknown) => thrown as Error);
      const told =
        answer instanceof Error
          ? answer.message
          : answer.notSearched.map(({ what, reason }) => `${what}: ${reason}`).join('; ');
      const isFound = !(answer instanceof Error) && answer.events?.list.some((event) => event.eventId === eventId);
      if (isFound) continue;
      expect(told, JSON.stringify(entity)).toContain('LOGS_QUERY_WORKSPACE_ID must be set');
      const columns = columnsWith(row, entity.Identifier);
      expect(
        columns.some((column) => told.includes(column)),
        JSON.stringify(entity),
      ).toBe(true);
    }
  });
});
