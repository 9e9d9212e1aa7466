import { beforeEach, describe, expect, test } from 'vitest';
import { Arm } from '../../scripts/deploy/arm.ts';
import { prepare, type Environment } from '../../scripts/deploy/prepare.ts';
import { faultOf, readStreamOptions } from '../../scripts/deploy/stream-options.ts';
import { readDays } from '../../scripts/deploy/tables.ts';
import { GROUP, OWN, startFakeArm, WORKSPACE, type FakeArm } from '../support/fake-arm.ts';

const TABLE = {
  name: 'QualysEdrEvents_CL',
  stream: 'edr-events',
  isSnapshot: false,
  columns: [
    { name: 'TimeGenerated', type: 'dateTime', description: '' },
    { name: 'EventId', type: 'string', description: 'Its id.' },
    { name: 'Score', type: 'int', description: '' },
  ],
};
const PATH = `${WORKSPACE}/tables/${TABLE.name}`;

let azure: FakeArm;

beforeEach(async () => {
  azure = await startFakeArm();
  process.env.PATH = azure.environment.PATH;
});

function run(environment: Environment = {}, isPreview = false): ReturnType<typeof prepare> {
  const arm = new Arm({ signIn: 'az', endpoint: azure.url, pollMs: 1 });
  const given = { WORKSPACE_RESOURCE_ID: WORKSPACE, ...environment };
  return prepare({
    ...{ arm, group: GROUP, environment: given, tables: [TABLE], isPreview },
    settingNames: ['EDR_FILTER', 'EDR_MIN_SCORE'],
    textVariables: ['QUALYS_USERNAME'],
  });
}

/** What the template does with the answer: a PUT of the tables that it names. */
async function deployTemplate(absent: string | undefined): Promise<void> {
  const names = absent === 'all' ? [TABLE.name] : (absent ?? '').split(',');
  if (!names.includes(TABLE.name)) return;
  const arm = new Arm({ signIn: 'az', endpoint: azure.url, pollMs: 1 });
  await arm.send('PUT', PATH, '2025-07-01', { properties: { plan: 'Analytics', schema: TABLE } });
}

describe('tables that exist', () => {
  beforeEach(() => {
    azure.put(WORKSPACE, {});
  });

  test('keep through a second deployment what was changed by hand after the first', async () => {
    await deployTemplate((await run()).variables.ABSENT_TABLES);
    const table = azure.resources.get(PATH);
    const changed = {
      plan: 'Analytics',
      retentionInDays: 730,
      totalRetentionInDays: 2556,
      schema: { ...TABLE, columns: [...TABLE.columns, { name: 'Owner', type: 'string' }] },
    };
    table!.properties = changed;
    const second = await run();
    await deployTemplate(second.variables.ABSENT_TABLES);
    expect(second.variables.ABSENT_TABLES).toBe('none');
    expect(azure.resources.get(PATH)?.properties).toEqual(changed);
  });

  test('get the columns that they lack, and lose none of their own', async () => {
    const own = { name: 'Owner', type: 'string', isHidden: false };
    azure.put(PATH, {
      retentionInDays: 365,
      schema: {
        name: TABLE.name,
        columns: [own, { name: 'EventID', type: 'string' }],
        standardColumns: [TABLE.columns[0]],
      },
    });
    const { lines } = await run();
    expect(azure.resources.get(PATH)?.properties).toEqual({
      retentionInDays: 365,
      schema: {
        name: TABLE.name,
        columns: [{ name: 'Owner', type: 'string' }, { name: 'EventID', type: 'string' }, TABLE.columns[2]],
      },
    });
    expect(lines).toContain('QualysEdrEvents_CL gets 1 columns: Score');
  });

  test('are not touched when nothing is lacking, or when a preview only looks', async () => {
    azure.put(PATH, { schema: { name: TABLE.name, columns: [] } });
    await run({}, true);
    azure.put(PATH, { schema: TABLE });
    await run();
    expect(azure.changes).toEqual([]);
  });

  test('stop the deployment with a column of another type', async () => {
    azure.put(PATH, { schema: { name: TABLE.name, columns: [{ name: 'Score', type: 'string' }] } });
    await expect(run()).rejects.toThrow('QualysEdrEvents_CL.Score is string in the workspace, int here');
    expect(azure.changes).toEqual([]);
  });

  test('get a longer retention that is asked for, and keep theirs against a shorter one', async () => {
    azure.put(PATH, { retentionInDays: 90, totalRetentionInDays: 2556, schema: TABLE });
    const { lines } = await run({ TABLE_RETENTION_DAYS: '365', TABLE_TOTAL_RETENTION_DAYS: '730' });
    expect(azure.resources.get(PATH)?.properties).toMatchObject({ retentionInDays: 365, totalRetentionInDays: 2556 });
    expect(lines.join('\n')).toMatch(/keeps its totalRetentionInDays of 2556/);
  });

  test.each(['Basic', 'Auxiliary'])(
    'on the plan %s keep it and the interactive retention that Azure sets',
    async (plan) => {
      azure.put(PATH, { plan, retentionInDays: 30, totalRetentionInDays: 90, schema: TABLE });
      const { lines } = await run({ TABLE_RETENTION_DAYS: '365', TABLE_TOTAL_RETENTION_DAYS: '730' });
      expect(azure.resources.get(PATH)?.properties).toMatchObject({
        ...{ plan, retentionInDays: 30, totalRetentionInDays: 730 },
      });
      expect(lines.join('\n')).toMatch(`plan ${plan}: it stays`);
      expect(lines.join('\n')).not.toMatch(/ retentionInDays of 365/);
    },
  );
});

describe('options of a stream', () => {
  const withOptions = (option: object, more: Environment = {}) =>
    run({ STREAM_OPTIONS: JSON.stringify({ 'edr-events': option }), ...more });

  beforeEach(() => {
    azure.put(WORKSPACE, {});
    azure.put(PATH, { plan: 'Analytics', retentionInDays: 90, totalRetentionInDays: 90, schema: TABLE });
  });

  test('switch the plan of a table that is there, and back, and leave its rows and its other options', async () => {
    const { lines } = await withOptions({ plan: 'basic' }, { TABLE_RETENTION_DAYS: '365' });
    expect(azure.resources.get(PATH)?.properties).toEqual({
      ...{ plan: 'Basic', retentionInDays: 90, totalRetentionInDays: 90, schema: TABLE },
    });
    expect(lines.join('\n')).toMatch(
      /gets the plan Basic instead of Analytics\n.*has the plan Basic: no analytic rule runs/,
    );
    // Kept over a deployment that says nothing of it.
    expect((await run()).lines.join('\n')).toMatch(/plan Basic: it stays/);
    expect(azure.resources.get(PATH)?.properties.plan).toBe('Basic');
    await withOptions({ plan: 'analytics' });
    expect(azure.resources.get(PATH)?.properties.plan).toBe('Analytics');
  });

  test('leave a plan from which Azure does not switch', async () => {
    azure.put(PATH, { plan: 'Auxiliary', schema: TABLE });
    const { lines } = await withOptions({ plan: 'analytics' });
    expect(lines.join('\n')).toMatch(/keeps the plan Auxiliary, from which Azure does not switch/);
    expect(azure.changes).toEqual([]);
  });

  test('win over the retention of all tables, and shorten none', async () => {
    await withOptions({ retentionDays: 180, totalRetentionDays: 1095 }, { TABLE_RETENTION_DAYS: '365' });
    expect(azure.resources.get(PATH)?.properties).toMatchObject({ retentionInDays: 180, totalRetentionInDays: 1095 });
    await withOptions({ retentionDays: 30 });
    expect(azure.resources.get(PATH)?.properties).toMatchObject({ retentionInDays: 180 });
  });

  test('that name no filter where the rule has one are told, with what is lost', async () => {
    azure.put(WORKSPACE, {});
    azure.put(GROUP, {}, OWN);
    const dataFlows = [
      { outputStream: `Custom-${TABLE.name}`, transformKql: 'source | where (Score >= 4)' },
      { outputStream: 'Custom-Other_CL', transformKql: 'source | where false' },
    ];
    const rule = azure.put(`${GROUP}/providers/Microsoft.Insights/dataCollectionRules/dcr`, { dataFlows }, OWN);
    const lost = /loses the filter/;
    expect((await run()).lines.filter((line) => line.includes('loses the filter'))).toEqual([
      'edr-events loses the filter of its rows, because STREAM_OPTIONS names none: source | where (Score >= 4)',
    ]);
    const kept = await run({ STREAM_OPTIONS: '{"edr-events":{"filter":"Score >= 5"}}' });
    expect(kept.lines.join()).not.toMatch(lost);
    rule.properties = { dataFlows: [{ outputStream: `Custom-${TABLE.name}`, transformKql: 'source' }] };
    expect((await run()).lines.join()).not.toMatch(lost);
  });

  test('reach the template as they are, in letters that azd carries', async () => {
    const option = { filter: `Score >= 4 or EventId in ("a\\"b", 'c')`, retentionDays: 60 };
    const { STREAM_OPTIONS: text = '' } = (await withOptions(option)).variables;
    expect(JSON.parse(text)).toEqual({ 'edr-events': option });
    expect(text).toMatch(/^[\w .,:;/@%=+*?(){}"\\-]+$/);
    expect((await run()).variables.STREAM_OPTIONS).toBeUndefined();
  });

  test.each([
    ['{', /is no JSON object/],
    ['[]', /is no JSON object/],
    ['{"edr":{}}', /edr is no stream; allowed are edr-events/],
    ['{"edr-events":3}', /edr-events is no object/],
    ['{"edr-events":{"tier":"x"}}', /edr-events\.tier is no option; allowed are plan, filter, retentionDays/],
    ['{"edr-events":{"plan":"Basic"}}', /edr-events\.plan is "Basic"; allowed are analytics, basic/],
    ['{"edr-events":{"plan":"basic","retentionDays":60}}', /retentionDays does not go with the plan basic/],
    ['{"edr-events":{"retentionDays":3}}', /edr-events\.retentionDays takes 4 to 730, given 3/],
    ['{"edr-events":{"totalRetentionDays":731}}', /edr-events\.totalRetentionDays takes 4 to 730 or one of 1095/],
    ['{"edr-events":{"filter":7}}', /edr-events\.filter is no text/],
    ['{"edr-events":{"filter":"Points > 3"}}', /filter names Points, which is neither a column of QualysEdrEvents_CL/],
  ])('that are wrong stop it before anything is changed: %s', async (text, expected) => {
    await expect(run({ STREAM_OPTIONS: text })).rejects.toThrow(expected);
    expect(azure.changes).toEqual([]);
  });
});

describe('a filter', () => {
  const fault = (filter: string) => faultOf(filter, TABLE);

  test.each([
    'Score >= 4',
    "Score>3 and EventId !startswith 'x'",
    'EventId in (\'a\', "b") or isempty(EventId)',
    'EventId matches regex @"^[a-z]\\d+$"',
    'TimeGenerated > ago(1d) and tostring(parse_json(EventId).a.b) != "|;"',
    "parse_json(EventId)['x'] == datetime(2026-05-01)",
    'Score > -1 and TimeGenerated > now() and 4 < Score',
    'now() - TimeGenerated > 2 * 1d and TimeGenerated > 2 * 1d + startofday(now())',
    'now() - TimeGenerated > timespan(2d)',
  ])('that a transformation takes passes: %s', (filter) => {
    expect(fault(filter)).toBeUndefined();
  });

  test.each([
    [' ', /is empty/],
    ['Score > 1 | take 5', /one condition only, not "\| take 5"/],
    ['Score > 1; print 1', /one condition only/],
    ['Score > 1 // Score', /no comment/],
    ["EventId == 'a", /one condition only/],
    ['(Score > 1', /not closed/],
    ['Score > 1)', /a bracket too many/],
    ['(Score > 1]', /a bracket too many/],
    ['score > 1', /names score/],
    ['Score between (1 .. 3)', /names between/],
    ["EventId has_any ('a')", /names has_any/],
    ["EventId !has_any ('a')", /names has_any/],
    ['.Score > 1', /a path without a column/],
    ['Score > 1\u0000', /one condition only/],
    ['Score >', /nothing behind >/],
    ['Score > and Score < 9', /nothing before and/],
    ['(Score >)', /nothing behind >/],
    ['> 4', /nothing before >/],
    ['isempty(EventId,)', /nothing behind ,/],
    ['Score 4', /no operator before 4/],
    ["Score > '4'", /compares Score, of type int, with '4'/],
    ['EventId == 4', /compares EventId, of type string, with 4/],
    ['TimeGenerated > 4', /compares TimeGenerated, of type dateTime, with 4/],
    ['x'.repeat(4001), /more than 4000/],
  ])('that it does not take is refused: %s', (filter, expected) => {
    expect(fault(filter)).toMatch(expected);
  });

  test('is refused for snapshots, whose missing hosts count as gone', () => {
    const tables = [{ ...TABLE, stream: 'vm-hosts', isSnapshot: true }];
    expect(() => readStreamOptions('{"vm-hosts":{"filter":"Score > 1"}}', tables)).toThrow(/vm-hosts takes no filter/);
  });
});

describe('what the template is told', () => {
  test('is the whole where the workspace is to be made, and the absent tables where it is there', async () => {
    expect((await run({ WORKSPACE_RESOURCE_ID: '' })).variables.ABSENT_TABLES).toBe('all');
    azure.put(GROUP, {}, OWN);
    azure.put(`${GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-qualys-abcdefgh`, {}, OWN);
    expect((await run({ WORKSPACE_RESOURCE_ID: '' })).variables.ABSENT_TABLES).toBe(TABLE.name);
  });

  test('is nothing for a workspace that is not there', async () => {
    await expect(run()).rejects.toThrow(`there is no workspace ${WORKSPACE}`);
  });

  test('are the names of what exists, whatever the parameters say now', async () => {
    azure.put(WORKSPACE, {});
    azure.put(GROUP, {}, OWN);
    azure.put(`${GROUP}/providers/Microsoft.Storage/storageAccounts/stoldnameab12cd34`, {}, OWN);
    azure.put(`${GROUP}/providers/Microsoft.Storage/storageAccounts/stforeign`, {});
    expect((await run({ CONNECTOR_NAME: 'newname' })).variables).toMatchObject({
      CONNECTOR_NAME: 'oldname',
      CONNECTOR_HASH: 'ab12cd34',
      EXISTING_RESOURCE_GROUP: 'false',
    });
    azure.put(`${GROUP}/providers/Microsoft.Storage/storageAccounts/stsecondab12cd34`, {}, OWN);
    await expect(run()).rejects.toThrow('a group is for one connector');
  });

  test('is whether the group was there before, so that azd down leaves it alone', async () => {
    azure.put(WORKSPACE, {});
    expect((await run()).variables.EXISTING_RESOURCE_GROUP).toBe('false');
    azure.put(GROUP, {}, { owner: 'somebody' });
    expect((await run()).variables.EXISTING_RESOURCE_GROUP).toBe('true');
  });

  test('is never a text that azd would change on the way', async () => {
    azure.put(WORKSPACE, {});
    await expect(run({ QUALYS_USERNAME: 'a"b' })).rejects.toThrow('in QUALYS_USERNAME');
  });
});

test.each([
  ['3', false],
  ['731', false],
  ['1095', false],
  ['1000', true],
  ['4384', true],
  ['a year', true],
  ['30.5', true],
])('a retention of %s days is refused', (text, isTotal) => {
  expect(() => readDays('DAYS', text, isTotal)).toThrow(`given ${text}`);
});

test.each([
  ['', false, undefined],
  ['4', false, 4],
  ['730', false, 730],
  ['1095', true, 1095],
  ['4383', true, 4383],
] as const)('a retention of %s days is taken', (text, isTotal, days) => {
  expect(readDays('DAYS', text, isTotal)).toBe(days);
});
