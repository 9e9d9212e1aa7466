import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kqlText } from '../../../src/lib/enrich/kql-text.ts';
import {
  eventGroupsQuery,
  newestEventsQuery,
  openCountsQuery,
  titlesQuery,
  worstOpenQuery,
} from '../../../src/lib/enrich/stored-queries.ts';
import { EVENT_SUBJECTS, type NamedSubject } from '../../../src/lib/enrich/subject.ts';
import { knowledgeQuery, vulnerableHostsQuery } from '../../../src/lib/enrich/vulnerability-queries.ts';
import { EVENT_ROW_COLUMNS } from '../../../src/lib/enrich/event-row.ts';
import { createWorkspace, findFaults, readColumns } from '../../support/kql.ts';

const workspace = createWorkspace();
const bounds = { from: new Date('2026-05-01T00:00:00Z'), to: new Date('2026-05-02T00:00:00Z') };
const queriesOf = (subject: NamedSubject): string[] => [
  newestEventsQuery(subject, bounds),
  eventGroupsQuery(subject, bounds),
  openCountsQuery(subject),
  worstOpenQuery(subject),
];

const HOSTILE = [
  `' or true //`,
  `\\' | union * //`,
  `"; .drop table QualysEdrEvents_CL`,
  '\\',
  '\\\\',
  "''",
  '``` | take 1',
  'a\n| union SecurityEvent',
  '\u2028',
  '\ud800',
  'DOMAIN\\user',
  '日本',
];

describe('queries of the ingested tables', () => {
  test.for(EVENT_SUBJECTS)('for a %s are sound', (kind) => {
    for (const query of queriesOf({ kind, value: 'ws-01.lab.example' }))
      expect(findFaults(workspace, query)).toEqual([]);
    for (const query of queriesOf({ kind, value: 'ws-01' })) expect(findFaults(workspace, query)).toEqual([]);
  });

  test('give the columns that the answer is made from', () => {
    const columns = readColumns(workspace, newestEventsQuery({ kind: 'host', value: 'a' }, bounds));
    expect([...columns.keys()]).toEqual([...EVENT_ROW_COLUMNS, 'FoundBy']);
  });

  test('read the rows of their own Qualys subscription only, each part of them', () => {
    const host: NamedSubject = { kind: 'host', value: 'a' };
    for (const query of [
      newestEventsQuery(host, bounds, 'eu'),
      eventGroupsQuery(host, bounds, 'eu'),
      openCountsQuery(host, 'eu'),
      worstOpenQuery(host, 'eu'),
      titlesQuery(['91345'], 'eu'),
      knowledgeQuery({ kind: 'cve', value: 'CVE-2026-0001' }, 'eu'),
      knowledgeQuery({ kind: 'qid', value: '91345' }, 'eu'),
      vulnerableHostsQuery(['91345'], { subscription: 'eu', leavesOutGone: true }),
    ]) {
      expect(findFaults(workspace, query)).toEqual([]);
      const reads = query.match(/Qualys\w+_CL\b/g) ?? [];
      expect(query.split(`column_ifexists('QualysSubscription', '') == 'eu'`)).toHaveLength(reads.length + 1);
    }
  });

  test('for titles are sound, whatever the QIDs', () => {
    expect(findFaults(workspace, titlesQuery(['91345', "') or true //"]))).toEqual([]);
  });

  test('for vulnerabilities are sound, whatever they are called, and give the columns that the answer is made from', () => {
    for (const value of HOSTILE) {
      for (const kind of ['cve', 'qid'] as const)
        expect(findFaults(workspace, knowledgeQuery({ kind, value }))).toEqual([]);
      for (const leavesOutGone of [true, false]) {
        expect(findFaults(workspace, vulnerableHostsQuery(['1', value], { leavesOutGone }))).toEqual([]);
      }
    }
    const knowledge = readColumns(workspace, knowledgeQuery({ kind: 'cve', value: 'CVE-2026-0001' }));
    expect([...knowledge.keys()]).toEqual(['QID', 'VulnTitle', 'VulnType', 'SeverityLevel', 'CveIds', 'Rows']);
    const hosts = [...readColumns(workspace, vulnerableHostsQuery(['1'])).keys()];
    expect(hosts).toEqual(expect.arrayContaining(['Hosts', 'Open', 'Fixed', 'Until', 'HostId', 'State', 'Qids']));
  });

  test('know a user alone by every way a name is written, and a user of a domain by that one', () => {
    const alone = newestEventsQuery({ kind: 'user', value: 'alice' }, bounds);
    expect(alone).toContain(`UserName endswith '\\u005calice'`);
    expect(alone).toContain(`UserName startswith 'alice@'`);
    expect(newestEventsQuery({ kind: 'user', value: 'LAB\\alice' }, bounds)).not.toContain('endswith');
  });

  test('know a file by its name in any folder, and a path by itself and what is below', () => {
    const name = newestEventsQuery({ kind: 'file', value: 'a.exe' }, bounds);
    expect(name).toContain(`TargetProcessName =~ 'a.exe' or ActorProcessName =~ 'a.exe'`);
    expect(name).toContain(`TargetProcessPath endswith '\\u005ca.exe' or TargetProcessPath endswith '/a.exe'`);
    const path = newestEventsQuery({ kind: 'file', value: '/opt/a/' }, bounds);
    expect(path).toContain(
      `FilePath =~ '/opt/a' or FilePath startswith '/opt/a\\u005c' or FilePath startswith '/opt/a/'`,
    );
  });

  test('tell what Qualys’ own search finds, too', () => {
    const query = (subject: NamedSubject): string => newestEventsQuery(subject, bounds);
    const sha256 = 'a'.repeat(64);
    expect(query({ kind: 'sha256', value: sha256 })).toContain(`FoundBy = iff(FileSha256 =~ '${sha256}', 'qualys', `);
    expect(query({ kind: 'user', value: 'alice' })).toContain(`FoundBy = iff(false, 'qualys', `);
  });

  test('know a host by its bare name in any domain, and by its full name in that one', () => {
    expect(newestEventsQuery({ kind: 'host', value: 'ws-01' }, bounds)).toContain(`HostName startswith 'ws-01.'`);
    const full = newestEventsQuery({ kind: 'host', value: 'ws-01.lab.example' }, bounds);
    expect(full).toContain(`HostName =~ 'ws-01.lab.example'`);
    expect(full).toContain(`HostName !contains '.' and`);
  });
});

describe('a value in a query', () => {
  test.for(HOSTILE)('%j stays a value', (value) => {
    for (const kind of EVENT_SUBJECTS)
      for (const query of queriesOf({ kind, value })) expect(findFaults(workspace, query)).toEqual([]);
  });

  test('is read back by the language as it was given, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom(...HOSTILE)), (value) => {
        expect(Kusto.Language.KustoFacts.GetStringLiteralValue(kqlText(value))).toBe(value);
      }),
    );
  });

  test('holds nothing that ends a literal or starts an escape but its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(kqlText(value)).toMatch(/^'(?:[A-Za-z0-9 ._:/@-]|\\u[0-9a-f]{4})*'$/);
      }),
    );
  });
});
