import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventFacts } from '../../dev/simulator/event-facts.ts';
import { parseQuery, QueryError } from '../../dev/simulator/query.ts';
import { compileQuery, type QueryContext } from '../../dev/simulator/query-evaluate.ts';

const CONTEXT: QueryContext = { now: Date.parse('2024-06-15T12:00:00Z'), resolution: 'millisecond' };

const FACTS: EventFacts = {
  id: 'RTF_agent_1',
  type: 'FILE',
  action: 'CREATED',
  dateTime: Date.parse('2024-06-10T08:00:00.250Z'),
  processedTime: Date.parse('2024-06-15T08:00:00.500Z'),
  score: 7,
  isCurrent: true,
  agentId: 'agent-1',
};

const RECORD = {
  file: { fullPath: 'C:\\Users\\alice', fileName: 'drop file.dll', md5: 'AB12', sha256: 'cd34' },
  network: { localIP: '192.0.2.10', remoteIP: '203.0.113.7', remoteDns: 'c2.example.net' },
  handle: { name: 'Global\\sample-7' },
  asset: { hostName: 'ws-1.lab.example', netBiosName: 'WS-1', platform: 'WINDOWS' },
};

function holds(filter: string, facts: Partial<EventFacts> = {}, context: Partial<QueryContext> = {}): boolean {
  const query = compileQuery(parseQuery(filter), { ...CONTEXT, ...context });
  const candidate = { facts: { ...FACTS, ...facts }, record: () => RECORD };
  const { processedTime } = candidate.facts;
  return processedTime >= query.from && processedTime <= query.to && (query.predicate?.(candidate) ?? true);
}

describe('a filter holds', () => {
  test.each([
    ['type:file'],
    ["type:'file'"],
    ['TYPE:`FILE`'],
    ["action: 'Created'"],
    ['type : file'],
    ['type:[`process`,`file`]'],
    ['type:file AND action:created'],
    ['type:mutex or type:file'],
    ['NOT type:mutex'],
    ['not (type:mutex or type:process) and indicator.score>=7'],
    // not binds closer than and, and closer than or
    ['type:file or type:mutex and type:process'],
    ['not type:mutex and type:file'],
    ['indicator.score>=7'],
    ['indicator.score > 6'],
    ['indicator.score<8'],
    ['indicator.score:7'],
    ['indicator.score:[7 .. 7]'],
    ['indicator.score:(6 .. 8)'],
    ["event.dateTime : ['2024-06-10T08:00:00' .. '2024-06-10T08:00:01']"],
    ['event.datetime:["2024-06-10T08:00:00.250Z".."now"]'],
    ['event.dateTime:[2024-06-10T08:00:00.000Z .. 2024-06-11T00:00:00Z]'],
    ['event.dateTime:2024-06-10'],
    ['event.dateTime:[now-1w .. now]'],
    ['event.eventProcessedTime:[2024-06-15T08:00:00.500Z .. 2024-06-15T08:00:00.500Z]'],
    ["event.eventprocesstime:['2024-06-15T10:00:00.000+0200' .. '2024-06-15T10:00:01+02:00']"],
    ['event.dateTime >= 2024-06-10T08:00:00Z'],
    ['file.name: "drop file"'],
    ['file.name:dll'],
    ['file.name:drop*'],
    ['file.name:`drop file.dll`'],
    // The folder in the record still leads to the file, and files below a folder are found by it.
    ['file.fullPath: "C:\\Users\\alice\\drop file.dll"'],
    ['file.fullPath: "C:\\Users\\alice"'],
    ['file.hash.md5: "ab12"'],
    ['file.hash.sha256:CD34'],
    ['network.local.address.ip: "192.0.2.10" or network.remote.address.ip: "192.0.2.10"'],
    ['network.remote.address.fqdn: c2.example.net'],
    ['handle.name: "sample-7"'],
    ['asset.hostName:ws-1.lab.example and asset.platform:windows and asset.agentId:agent-1'],
    [' '],
  ])('%s', (filter) => {
    expect(holds(filter)).toBe(true);
  });
});

describe('a filter does not hold', () => {
  test.each([
    ['type:process'],
    ['not type:file'],
    ['(type:file or type:mutex) and type:process'],
    ['type:[`process`,`mutex`]'],
    ['indicator.score>=8'],
    ['indicator.score:(7 .. 9)'],
    ["event.dateTime:['2024-06-10T08:00:00.251Z' .. 'now']"],
    ['event.dateTime:(2024-06-10T08:00:00.250Z .. now)'],
    ['event.eventProcessedTime:[2024-06-15T08:00:00Z .. 2024-06-15T08:00:00Z]'],
    ['file.name: "file drop"'],
    ['file.name:`drop`'],
    ['network.remote.address.ip: "203.0.113.70"'],
  ])('%s', (filter) => {
    expect(holds(filter)).toBe(false);
  });
});

test('a comparison of the score drops events without one', () => {
  const unscored = { score: undefined };
  expect(holds('indicator.score>=0', { score: 0 })).toBe(true);
  expect(holds('indicator.score>=0', unscored)).toBe(false);
  expect(holds('not indicator.score>=0', unscored)).toBe(true);
});

test('quotes and backslashes can be escaped, other backslashes stand for themselves', () => {
  const node = parseQuery(String.raw`file.name:'it\'s \\ C:\new'`);
  expect(node).toMatchObject({ values: [{ text: String.raw`it's \ C:\new` }] });
});

test('at a resolution of seconds an upper bound takes in its whole second', () => {
  const filter = 'event.eventProcessedTime:[2024-06-15T08:00:00Z .. 2024-06-15T08:00:00Z]';
  expect(holds(filter, {}, { resolution: 'second' })).toBe(true);
});

describe('a filter is refused', () => {
  test.each([
    ['type', 'expected ":"'],
    ['type:', 'expected a value'],
    ['type:file and', 'expected a token'],
    ['(type:file', 'expected ")"'],
    ['type:file)', 'expected "and", "or" or the end'],
    ['type:file action:created', 'expected "and", "or" or the end'],
    ["type:'file", 'expected a value'],
    ['event.dateTime:[a .. b]', 'a is no time'],
    ['event.dateTime:[2024-01-01 .. 2024-01-02)', 'expected "]"'],
    ['event.dateTime:(2024-01-01)', 'expected ".."'],
    ['indicator.score>=high', 'high is no number'],
    ['type:[a .. b]', 'type has no order'],
    ['process.name:x', 'unknown token process.name'],
    ['constructor:x', 'unknown token constructor'],
    [`${'('.repeat(150)}type:file${')'.repeat(150)}`, 'at most 100 levels'],
  ])('%s', (filter, message) => {
    expect(() => holds(filter)).toThrow(QueryError);
    expect(() => holds(filter)).toThrow(message);
  });
});

const instant = fc.integer({ min: Date.parse('2024-06-15T00:00:00Z'), max: Date.parse('2024-06-15T00:00:05Z') });

/** Spellings of one instant; those without milliseconds are for whole seconds only. */
function spellings(time: number): string[] {
  const iso = new Date(time).toISOString();
  const all = [iso, iso.slice(0, -1), iso.replace('Z', '+0000')];
  return time % 1_000 === 0 ? [...all, `${iso.slice(0, 19)}Z`, iso.slice(0, 19)] : all;
}

const literal = fc.tuple(instant, fc.nat(), fc.constantFrom("'", '"', '`', '')).map(([time, spelling, quote]) => {
  const texts = spellings(time);
  return { time, text: `${quote}${texts[spelling % texts.length]!}${quote}` };
});

test('any range takes exactly the instants between its bounds, however they are written', () => {
  const range = fc.record({
    token: fc.constantFrom('event.dateTime', 'event.eventProcessedTime', 'EVENT.eventprocesstime'),
    low: literal,
    high: literal,
    brackets: fc.constantFrom('[]', '()'),
    gap: fc.constantFrom('', ' ', '  '),
    isNegated: fc.boolean(),
  });
  fc.assert(
    fc.property(range, instant, ({ token, low, high, brackets, gap, isNegated }, time) => {
      const [open = '', close = ''] = brackets;
      const filter = `${isNegated ? 'not ' : ''}${token}:${open}${low.text}${gap}..${gap}${high.text}${close}`;
      const isBetween = brackets === '[]' ? time >= low.time && time <= high.time : time > low.time && time < high.time;
      expect(holds(filter, { dateTime: time, processedTime: time })).toBe(isBetween !== isNegated);
    }),
    { numRuns: 1_000 },
  );
});

test('any text is either understood or refused with a QueryError', () => {
  const words = fc.constantFrom(
    'type',
    'event.dateTime',
    ':',
    '[',
    ']',
    '(',
    ')',
    '..',
    "'",
    '"',
    '`',
    'and',
    'NOT',
    '>=',
    ' ',
    '\\',
    '5',
    ',',
  );
  const filter = fc.oneof(
    fc.string(),
    fc.array(words).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(filter, (text) => {
      try {
        holds(text);
      } catch (error) {
        expect(error).toBeInstanceOf(QueryError);
      }
    }),
    { numRuns: 2_000 },
  );
});
