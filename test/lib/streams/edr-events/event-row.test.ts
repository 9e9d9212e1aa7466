import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { about } from '../../../../src/lib/streams/edr-events/about.ts';
import { EVENT_COLUMNS } from '../../../../src/lib/streams/edr-events/event-columns.ts';
import { decode, decodeOne, readFixture } from './decode-events.ts';

const TYPES = new Map(about.columns.map(({ name, type }) => [name, type]));

function withId(fields: object): object {
  return { id: 'x', ...fields };
}

/** Whether the ingestion endpoint takes the value for a column of the type. */
function fits(value: unknown, type: string | undefined): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string' && value.trim() !== '';
    case 'dateTime':
      return typeof value === 'string' && new Date(value).toISOString() === value;
    case 'int':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
    case 'long':
      return Number.isInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    default:
      return type === 'dynamic' && typeof value === 'object' && value !== null;
  }
}

describe('the columns', () => {
  test('take any value anywhere: an odd one is left out, and the record keeps it', () => {
    const paths = [...new Set(EVENT_COLUMNS.flatMap(({ from }) => from))].filter((path) => path !== 'id');
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>(
        ' ',
        '',
        '8',
        ' 8 ',
        '0008',
        '8.9',
        '-1',
        1e300,
        -0,
        2 ** 53,
        '99999999999999999999',
        true,
        'TRUE',
        [],
        [''],
        {},
      ),
      fc.constantFrom('2026-01-01T00:00:00Z', '0000-00-00T00:00:00Z', '9999-12-31T23:59:59-0100', 1772360220000),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), odd), { minLength: 1, maxLength: 12 }), (fields) => {
        const record = withId({});
        for (const [path, value] of fields) place(record, path.split('.'), value);
        const { rows, end } = decode(JSON.stringify([record]));
        expect(end).toMatchObject({ records: 1, unreadable: 0 });
        for (const { Record, ...row } of rows) {
          expect(Record).toEqual(JSON.parse(JSON.stringify(record)));
          for (const [name, value] of Object.entries(row))
            expect([name, value, fits(value, TYPES.get(name))]).toEqual([name, value, true]);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function place(record: object, [name = '', ...rest]: string[], value: unknown): void {
  const key = name.replace('[]', '');
  const fields = record as Record<string, unknown>;
  if (rest.length === 0) {
    fields[key] = value;
    return;
  }
  const inner: object = {};
  place(inner, rest, value);
  fields[key] = name.endsWith('[]') ? [inner, 5, null] : { ...(fields[key] as object | undefined), ...inner };
}

describe('times', () => {
  test('come from the event, else from its processing, else from now', () => {
    const [eventTime, processed] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];
    expect(decodeOne(withId({ dateTime: eventTime, eventProcessedTime: processed })).TimeGenerated).toBe(eventTime);
    expect(decodeOne(withId({ dateTime: ' ', eventProcessedTime: processed })).TimeGenerated).toBe(processed);
    expect(decodeOne(withId({})).TimeGenerated).toBe('2026-03-02T00:00:00.000Z');
  });

  test.each([
    ['by an hour', '2026-03-01T11:00:00.000Z', '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:00.000Z'],
    ['by years', '2031-01-01T00:00:00.000Z', '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:00.000Z'],
    ['where nothing tells when it was processed', '2031-01-01T00:00:00.000Z', ' ', '2026-03-02T00:00:00.000Z'],
  ])('of an asset whose clock is ahead %s are not taken for the time of the row', (_, dateTime, processed, time) => {
    const row = decodeOne(withId({ dateTime, eventProcessedTime: processed }));
    expect(row).toMatchObject({ TimeGenerated: time, EventTime: dateTime });
  });
});

describe('score and severity', () => {
  test.each([
    ['8', 8, 'High'],
    [8, 8, 'High'],
    ['0', 0, 'Informational'],
    [' 10 ', 10, 'High'],
    ['07', 7, 'Medium'],
    [7.9, 7, 'Medium'],
    ['4.0', 4, 'Low'],
    ['+3', 3, 'Low'],
    ['2e0', 2, 'Low'],
    [-1, -1, undefined],
    [' ', undefined, undefined],
    ['', undefined, undefined],
    ['abc', undefined, undefined],
    [null, undefined, undefined],
    [true, undefined, undefined],
    [[8], undefined, undefined],
    [{ score: 8 }, undefined, undefined],
    [1e99, undefined, undefined],
    ['3000000000', undefined, undefined],
    ['1'.repeat(400), undefined, undefined],
  ])('%j gives %j, %j', (score, expected, severity) => {
    const row = decodeOne(withId({ score }));
    expect([row.Score, row.Severity]).toEqual([expected, severity]);
  });

  test('an event without a score has neither', () => {
    expect(decodeOne(withId({ indicator2: [{ score: 9 }] }))).not.toHaveProperty('Score');
  });
});

describe('numbers beyond 2^53', () => {
  test.each(['9007199254740993', '-9223372036854775807', '9223372036854775807'])('survive: %s', (number) => {
    expect(decode(`[{"id":"x","actor":{"processId":${number}}}]`).text).toContain(`"ActorProcessId":${number},`);
    expect(decode(`[{"id":"x","actor":{"processId":"${number}"}}]`).text).toContain(`"ActorProcessId":${number},`);
  });

  test('beyond the column are left out', () => {
    expect(decodeOne('{"id":"x","actor":{"processId":9223372036854775808}}')).not.toHaveProperty('ActorProcessId');
  });

  test('may be ids', () => {
    expect(decodeOne('{"id":12345678901234567890}').EventId).toBe('12345678901234567890');
  });
});

describe('texts', () => {
  test.each([' ', '', '\t', '\u00a0', '\n \r', null, false, [], {}])('%j is missing', (hostName) => {
    expect(decodeOne(withId({ asset: { hostName } }))).not.toHaveProperty('HostName');
  });

  test.each(['é', '"quoted"', '\\\\server\\share', '日本', 'a\u0000b', 'x\ty', 'a\u2028b'])('%j stays', (hostName) => {
    expect(decodeOne(withId({ asset: { hostName } })).HostName).toBe(hostName);
    const escaped = hostName
      .split('')
      .map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
    expect(decodeOne(`{"id":"x","asset":{"hostName":"${escaped}"}}`).HostName).toBe(hostName);
  });

  test('lose the blanks around them', () => {
    expect(decodeOne(withId({ asset: { hostName: '  ws-01 ' } })).HostName).toBe('ws-01');
  });

  test('come from the next field when the first one is missing', () => {
    expect(decodeOne(withId({ actor: { userName: ' ' }, process: { userName: 'u' } })).UserName).toBe('u');
    expect(decodeOne(withId({ network: { localIp: '192.0.2.1', remoteAddress: '192.0.2.2' } }))).toMatchObject({
      LocalIP: '192.0.2.1',
      RemoteIP: '192.0.2.2',
    });
  });

  test('above 60,000 bytes stay in the record only', () => {
    const rows = (size: number) => decode(JSON.stringify([withId({ asset: { hostName: 'x'.repeat(size) } })])).rows;
    // With the quotes around it.
    for (const size of [59_000, 59_998]) expect(rows(size)[0]).toHaveProperty('HostName');
    const [first, second] = rows(59_999);
    expect(first).not.toHaveProperty('HostName');
    expect(`${String(first?.RecordPart)}${String(second?.RecordPart)}`).toContain('x'.repeat(59_999));
  });

  test('of one row together stay below the size of a chunk', () => {
    const paths = EVENT_COLUMNS.filter(({ kind }) => kind === 'string').map(({ from }) => from[0]!.split('.'));
    const record = withId({});
    for (const path of paths) place(record, path, `${path.join('.')}${'x'.repeat(59_000)}`);
    const { rows, chunks } = decode(JSON.stringify([record]));
    expect(rows.map((row) => row.RecordPart).join('')).toBe(JSON.stringify(record));
    for (const chunk of chunks) expect(chunk.json.length).toBeLessThanOrEqual(950_000);
    expect(Object.keys(rows[0]!).length).toBeGreaterThan(8);
  });
});

describe('lists', () => {
  test('hold each text once, from both shapes of the answer', () => {
    const record = withId({
      verdict: ['KNOWN', ''],
      familyName: [''],
      category: 'Trojan',
      indicator2: [
        { verdict: 'MALICIOUS', category: 'Trojan', threatName: 't' },
        { verdict: 'KNOWN', threatName: ' ' },
      ],
      indicator: { verdict: 'SUSPICIOUS' },
    });
    const row = decodeOne(record);
    expect(row).toMatchObject({
      Verdicts: ['KNOWN', 'MALICIOUS', 'SUSPICIOUS'],
      Categories: ['Trojan'],
      ThreatNames: ['t'],
    });
    expect(row).not.toHaveProperty('FamilyNames');
  });

  test('are found in an object where an array is expected', () => {
    expect(
      decodeOne(withId({ indicator2: { verdict: 'KNOWN' }, asset: { interfaces: { ipAddress: '192.0.2.1' } } })),
    ).toMatchObject({
      Verdicts: ['KNOWN'],
      IPAddresses: ['192.0.2.1'],
    });
  });

  test('of many texts hold each once', () => {
    const names = Array.from({ length: 500 }, (_, n) => `tag-${n % 90}`);
    const row = decodeOne(withId({ asset: { tags: names.map((name) => ({ name })) } }));
    expect(row.AssetTags).toEqual([...new Set(names)]);
  });

  test('above 60,000 bytes stay in the record only', () => {
    const tags = Array.from({ length: 7000 }, (_, n) => ({ name: `tag-${n}` }));
    expect(decode(JSON.stringify([withId({ asset: { tags } })])).rows[0]).not.toHaveProperty('AssetTags');
  });
});

describe('the path of a file', () => {
  test.each([
    [{ fullPath: 'C:\\W', path: 'C:\\W', fileName: 'a.dll' }, 'C:\\W\\a.dll'],
    [{ fullPath: 'C:\\W\\A.DLL', path: 'C:\\W', fileName: 'a.dll' }, 'C:\\W\\A.DLL'],
    [{ fullPath: 'C:\\xa.dll', path: 'C:\\W', fileName: 'a.dll' }, 'C:\\W\\a.dll'],
    [{ path: 'C:\\', fileName: 'a.dll' }, 'C:\\a.dll'],
    [{ path: '/opt/x', fileName: 'run' }, '/opt/x/run'],
    [{ path: '/', fileName: 'run' }, '/run'],
    [{ fullPath: '/opt/run', fileName: 'run' }, '/opt/run'],
    [{ fullPath: 'C:', fileName: 'run' }, 'C:\\run'],
    [{ fullPath: 'C:\\W\\b.dll' }, 'C:\\W\\b.dll'],
    [{ path: 'C:\\W', fileName: ' ' }, 'C:\\W'],
    [{ fullPath: 'run', fileName: 'run' }, 'run'],
    [{ fullPath: ' ', path: 'C:\\é', fileName: 'ü' }, 'C:\\é\\ü'],
    [{ fileName: 'a.dll' }, undefined],
    [{ fullPath: 5, path: ['C:'], fileName: {} }, '5'],
    [{}, undefined],
  ])('of %j is %j', (file, expected) => {
    expect(decodeOne(withId({ file })).FilePath).toBe(expected);
    const escaped = JSON.stringify(withId({ file })).replaceAll('C:', '\\u0043:').replaceAll('/', '\\/');
    expect(decodeOne(escaped).FilePath).toBe(expected);
  });
});

describe('the elevation of a process', () => {
  test.each([
    [true, true],
    ['false', false],
    [' True ', true],
    ['yes', undefined],
    [1, undefined],
    [' ', undefined],
  ])('%j is %j', (elevated, expected) => {
    expect(decodeOne(withId({ process: { elevated } })).TargetProcessElevated).toBe(expected);
  });
});

describe('both families of names', () => {
  test.each([
    [{ actor: { processId: 4, parentProcessId: 0 } }, { ActorProcessId: 4, ActorParentProcessId: 0 }],
    [{ actor: { pid: '4', parentPid: 1 } }, { ActorProcessId: 4, ActorParentProcessId: 1 }],
    [{ process: { pid: 5, parentPid: 6 } }, { TargetProcessId: 5, TargetProcessParentId: 6 }],
    [{ process: { processId: 5, parentProcessId: '6' } }, { TargetProcessId: 5, TargetProcessParentId: 6 }],
    [
      { registry: { keyName: 'k', value: 'v', valueData: 'd' } },
      { RegistryPath: 'k', RegistryValueName: 'v', RegistryValueData: 'd' },
    ],
    [{ mutex: { name: 'm' } }, { MutexName: 'm' }],
    [{ mutex: 'm' }, { MutexName: 'm' }],
  ])('%j', (fields, expected) => {
    expect(decodeOne(withId(fields))).toMatchObject(expected);
  });
});

test('the detail of an event has the columns of its list entry', () => {
  const [list] = decode(readFixture('page-1.json')).rows;
  const [detail] = decode(readFixture('page-2.json')).rows;
  for (const name of [
    'EventTime',
    'EventType',
    'Score',
    'Severity',
    'Verdicts',
    'FilePath',
    'UserName',
    'ActorProcessId',
  ]) {
    expect(detail![name]).toEqual(list![name]);
  }
});
