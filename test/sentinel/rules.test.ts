import { describe, expect, test } from 'vitest';
import {
  readFunctions,
  readHunting,
  readRules,
  readSource,
  type Content,
  type HuntingDescription,
  type RuleDescription,
} from '../../infra/sentinel/content.ts';
import { toDeployedQuery } from '../support/deployed-query.ts';
import { createSentinelWorkspace, createWorkspace, findFaults, readColumns } from '../support/kql.ts';

const workspace = createSentinelWorkspace();
const rules = readRules();
const hunting = readHunting();

/** Identifiers of the entities used here, and those of which an entity needs one (or all of a list). */
const ENTITIES: Record<string, { all: string[]; needed: string[][] }> = {
  Account: {
    all: ['Name', 'FullName', 'NTDomain', 'DnsDomain', 'UPNSuffix', 'Sid'],
    needed: [['Name'], ['FullName'], ['Sid']],
  },
  CloudApplication: { all: ['AppId', 'Name', 'InstanceName'], needed: [['AppId'], ['Name']] },
  DNS: { all: ['DomainName'], needed: [['DomainName']] },
  File: { all: ['Directory', 'Name'], needed: [['Name']] },
  FileHash: { all: ['Algorithm', 'Value'], needed: [['Algorithm', 'Value']] },
  Host: {
    all: ['HostName', 'DnsDomain', 'NetBiosName', 'FullName'],
    needed: [['HostName'], ['FullName'], ['NetBiosName']],
  },
  IP: { all: ['Address'], needed: [['Address']] },
  Malware: { all: ['Name', 'Category'], needed: [['Name']] },
  Process: { all: ['ProcessId', 'CommandLine'], needed: [['CommandLine'], ['ProcessId']] },
  RegistryKey: { all: ['Hive', 'Key'], needed: [['Key'], ['Hive']] },
  RegistryValue: { all: ['Name', 'Value', 'ValueType'], needed: [['Name']] },
};

/** Tactics of the MITRE ATT&CK techniques used here. */
const TACTICS: Record<string, string[]> = {
  T1036: ['DefenseEvasion'],
  T1046: ['Discovery'],
  T1059: ['Execution'],
  T1068: ['PrivilegeEscalation'],
  T1071: ['CommandAndControl'],
  T1106: ['Execution'],
  T1190: ['InitialAccess'],
  T1203: ['Execution'],
  T1204: ['Execution'],
  T1210: ['LateralMovement'],
  T1218: ['DefenseEvasion'],
  T1543: ['Persistence', 'PrivilegeEscalation'],
  T1547: ['Persistence', 'PrivilegeEscalation'],
  T1553: ['DefenseEvasion'],
  T1562: ['DefenseEvasion'],
  T1570: ['LateralMovement'],
};

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function toMinutes(duration: string): number {
  const [, days, time, unit] = /^P(?:(\d+)D)?(?:T(\d+)([HM]))?$/.exec(duration)!;
  return Number(days ?? 0) * 1440 + Number(time ?? 0) * (unit === 'H' ? 60 : 1);
}

/** Columns a description names that the query does not give. */
function findMissingColumns(rule: RuleDescription, columns: ReadonlyMap<string, string>): string[] {
  const { alertDisplayNameFormat = '', alertDescriptionFormat = '', ...named } = rule.alertDetailsOverride;
  const used = [
    ...mappedColumns(rule),
    ...Object.values(rule.customDetails),
    ...Object.values(named),
    ...placeholders(`${alertDisplayNameFormat} ${alertDescriptionFormat}`),
  ];
  return used.filter((column) => !columns.has(column));
}

function mappedColumns({ entityMappings }: Pick<HuntingDescription, 'entityMappings'>): string[] {
  return entityMappings.flatMap(({ fieldMappings }) => fieldMappings.map(({ columnName }) => columnName));
}

/** As `literal` of the template writes it. */
function toLiteral(value: unknown): string {
  const json = JSON.stringify(value);
  return /^[[{]/.test(json) ? `dynamic(${json})` : json;
}

function placeholders(format: string): string[] {
  return [...format.matchAll(/\{\{(\w+)\}\}/g)].map(([, column]) => column!);
}

describe.each([...rules, ...hunting])('$name', ({ description, query }: Content<HuntingDescription>) => {
  test('is a sound query', () => {
    expect(findFaults(workspace, query)).toEqual([]);
  });

  test('maps entities to columns of its result', () => {
    const columns = readColumns(workspace, query);
    expect(mappedColumns(description).filter((column) => !columns.has(column))).toEqual([]);
  });

  test('maps entities by identifiers that Sentinel knows', () => {
    for (const { entityType, fieldMappings } of description.entityMappings) {
      const given = fieldMappings.map(({ identifier }) => identifier);
      const { all, needed } = ENTITIES[entityType]!;
      expect(given.length).toBeLessThanOrEqual(3);
      expect(given.filter((identifier) => !all.includes(identifier))).toEqual([]);
      expect(needed.some((list) => list.every((identifier) => given.includes(identifier)))).toBe(true);
    }
  });

  test('names techniques of its tactics, and a technique for each tactic', () => {
    const { tactics, techniques } = description;
    for (const technique of techniques)
      expect(TACTICS[technique]!.some((tactic) => tactics.includes(tactic))).toBe(true);
    for (const tactic of tactics)
      expect(techniques.some((technique) => TACTICS[technique]!.includes(tactic))).toBe(true);
  });

  test('has an id, a version and a data connector', () => {
    expect(description.id).toMatch(GUID);
    expect(description.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(description.requiredDataConnectors[0]?.dataTypes.length).toBeGreaterThan(0);
  });

  test('requires the data types that its tables are', () => {
    const usesEdr = query.includes('QualysEdrEvent');
    const usesVm = /QualysHostDetection|QualysVmDetectionRows/.test(query);
    const types = description.requiredDataConnectors.flatMap(({ dataTypes }) => dataTypes).sort();
    const usesHosts = query.includes('QualysVmHosts');
    // Titles are shown where they are; what shows them works without.
    const readsKnowledgeBase = /(?<!let titles = )QualysVmKnowledgeBase_CL/.test(query);
    const expected = [
      ...(usesEdr ? ['QualysEdrEvents_CL'] : []),
      ...(usesVm ? ['QualysHostDetectionV3_CL'] : []),
      ...(usesHosts ? ['QualysVmHosts_CL'] : []),
      ...(readsKnowledgeBase ? ['QualysVmKnowledgeBase_CL'] : []),
    ];
    expect(types).toEqual(expected);
  });
});

describe.each(rules)('rule $name', (rule) => {
  const { description, query } = rule;

  test('gives every column that its custom details and alert texts name', () => {
    expect(findMissingColumns(description, readColumns(workspace, query))).toEqual([]);
  });

  test('takes the severity of the alert from its result', () => {
    const column = description.alertDetailsOverride.alertSeverityColumnName;
    expect(readColumns(workspace, query).get(column!)).toBe('string');
  });

  test('keeps the limits of Sentinel', () => {
    expect(Object.keys(description.customDetails).length).toBeLessThanOrEqual(20);
    for (const key of Object.keys(description.customDetails)) expect(key).toMatch(/^[a-zA-Z]\w{0,19}$/);
    expect(description.entityMappings.length).toBeLessThanOrEqual(5);
    expect(description.entityMappings.length).toBeGreaterThan(0);
    for (const format of ['alertDisplayNameFormat', 'alertDescriptionFormat'])
      expect(placeholders(description.alertDetailsOverride[format]!).length).toBeLessThanOrEqual(3);
  });

  test('runs at an interval that Sentinel accepts for its period', () => {
    const frequency = toMinutes(description.queryFrequency);
    const period = toMinutes(description.queryPeriod);
    expect(frequency).toBeGreaterThanOrEqual(5);
    expect(period).toBeGreaterThanOrEqual(frequency);
    expect(period).toBeLessThanOrEqual(14 * 1440);
    // Sentinel refuses a period of two days and more at intervals below an hour.
    expect(period < 2 * 1440 || frequency >= 60).toBe(true);
  });

  test('looks at rows by the time they arrived, at the interval it runs', () => {
    const window = /let runEvery = (\d+)h;/.exec(query)?.[1];
    if (description.functions.length > 0) expect(Number(window) * 60).toBe(toMinutes(description.queryFrequency));
    else expect(query).toContain('ingestion_time()');
  });

  test('is deployed as one text that needs no stored function and is far within the 10,000 characters of Sentinel', () => {
    const deployed = toDeployedQuery(rule);
    expect(findFaults(createWorkspace(), deployed)).toEqual([]);
    expect(deployed.length).toBeLessThanOrEqual(8_500);
  });

  test('has the line of each setting that a deployment puts its value into, and no other threshold', () => {
    const lines = Object.entries(description.settings).map(([name, value]) => `let ${name} = ${toLiteral(value)};`);
    const fixed = /^let (runEvery|oldest|recent) = \d+[hd];$/;
    expect(query.match(/^let \w+ = .*;$/gm)!.filter((line) => !fixed.test(line))).toEqual(lines);
  });

  test('has settings that the template takes', () => {
    const type = new RegExp(`  '${rule.name}': \\{\n(.*?)\n  \\}`, 's').exec(readSource('sentinel.bicep'))![1]!;
    const names = [...type.matchAll(/^ {4}(\w+): /gm)].map(([, name]) => name);
    expect(description.name).toBe(rule.name);
    expect(names).toEqual(['enabled', 'severity', ...Object.keys(description.settings)]);
  });

  test('has no command that Sentinel forbids', () => {
    expect(query).not.toMatch(/search \*|union \*|^\.|http_request|\bcluster\(|\badx\(/m);
  });
});

test('a column that the query does not give is found', () => {
  const { description, query } = rules[0]!;
  const broken = { ...description, customDetails: { ...description.customDetails, Extra: 'NoSuchColumn' } };
  expect(findMissingColumns(broken, readColumns(workspace, query))).toEqual(['NoSuchColumn']);
  const format = { ...description, alertDetailsOverride: { alertDisplayNameFormat: '{{Nowhere}}' } };
  expect(findMissingColumns(format, readColumns(workspace, query))).toEqual(['Nowhere']);
});

test('a rule that calls a function without naming it is found by its deployed text', () => {
  const rule = rules.find(({ name }) => name === 'malicious-file')!;
  const broken = { ...rule, description: { ...rule.description, functions: [] } };
  expect(findFaults(createWorkspace(), toDeployedQuery(broken)).join()).toContain('KS');
});

test('ids are unique', () => {
  const ids = [...rules, ...hunting, ...readFunctions()].map(({ description }) => description.id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('there are the rules and hunting queries that the docs promise', () => {
  expect(rules.map(({ name }) => name)).toEqual([
    'connector-silent-or-late',
    'detection-reopened',
    'edr-alert-on-exploitable-host',
    'malicious-file',
    'malware-family-on-several-hosts',
    'new-critical-vulnerability',
    'suspicious-process-or-network',
  ]);
  expect(hunting.length).toBeGreaterThanOrEqual(10);
});
