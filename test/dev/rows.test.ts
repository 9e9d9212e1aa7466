import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { firstColumns } from '../../dev/rows/first-columns.ts';
import { listRows, type RowList } from '../../dev/rows/list-rows.ts';
import { createLineCounter, readLineAt, visitBackwards } from '../../dev/rows/row-file.ts';
import { createMatcher, type Search } from '../../dev/rows/search.ts';
import { readTables } from '../../dev/ingestion/tables.ts';

let path: string;

beforeEach(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rows-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  path = join(dir, 'QualysEdrEvents_CL.ndjson');
});

async function visitAll(before?: number): Promise<{ at: number; text: string }[]> {
  const lines: { at: number; text: string }[] = [];
  const end = await visitBackwards(path, before, ({ at, bytes }) => {
    lines.push({ at, text: bytes.toString('utf8') });
    return 'go on';
  });
  expect(end).toBe(0);
  return lines;
}

describe('a file of rows', () => {
  test('is read from its end, whatever its lines are, and each line again by its place', async () => {
    const line = fc.oneof(
      fc.string({ minLength: 1, unit: 'grapheme' }).map((text) => JSON.stringify(text)),
      // Longer than a piece of the file, or so long that a piece ends beside it.
      fc.integer({ min: (1 << 20) - 6, max: (1 << 20) + 6 }).map((length) => 'x'.repeat(length)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (texts) => {
        await writeFile(path, texts.map((text) => `${text}\n`).join(''));
        const lines = await visitAll();
        expect(lines.map(({ text }) => text).reverse()).toEqual(texts);
        for (const { at, text } of lines) expect(await readLineAt(path, at)).toBe(text);
        const [, second] = lines;
        if (second !== undefined) expect(await visitAll(lines[0]!.at)).toEqual(lines.slice(1));
      }),
      { numRuns: 30 },
    );
  });

  test('that is being written shows its whole lines; one that is not there is empty', async () => {
    expect(await visitAll()).toEqual([]);
    await writeFile(path, 'one\ntwo\nhalf a li');
    expect((await visitAll()).map(({ text }) => text)).toEqual(['two', 'one']);
    expect(await readLineAt(path, 8)).toBeUndefined();
    expect(await readLineAt(path, 5)).toBeUndefined();
    expect(await readLineAt(path, 99)).toBeUndefined();
  });

  test('is counted on from where it was counted last, and anew where it was emptied', async () => {
    const count = createLineCounter();
    expect(await count(path)).toEqual({ lines: 0, bytes: 0 });
    await writeFile(path, 'one\ntwo\n');
    expect(await count(path)).toEqual({ lines: 2, bytes: 8 });
    await appendFile(path, 'three\n');
    expect(await count(path)).toEqual({ lines: 3, bytes: 14 });
    await writeFile(path, 'x\n');
    expect(await count(path)).toEqual({ lines: 1, bytes: 2 });
  });
});

const EVENT = {
  HostName: 'WS-101.lab.example',
  UserName: 'LAB\\José "x"',
  Score: 7,
  IPAddresses: ['10.7.6.5'],
  FileSha256: 'AED41073',
  RowKey: 'k-1',
  Record: { process: { md5: 'd41d8' } },
};
const DETECTION = { DnsName: 'srv-1', DetectionList: { DETECTION: [{ QID: '38779' }, { QID: 90001 }] }, RowKey: 'k-2' };

describe('a search', () => {
  const finds = (row: object, search: Search): boolean =>
    createMatcher(search)(Buffer.from(JSON.stringify(row))) !== undefined;

  test.for<[string, Search, boolean]>([
    ['nothing, and blank text', { text: ' ' }, true],
    ['text in any case', { text: 'lab.EXAMPLE' }, true],
    ['text with what JSON escapes, and letters beyond ASCII in any case', { text: 'lab\\josÉ "X' }, true],
    ['a number', { text: '7' }, true],
    ['the name of a column', { text: 'HostName' }, false],
    ['a host by its name', { host: 'ws-101' }, true],
    ['a host by its address', { host: '10.7.6' }, true],
    ['a host by what is its user', { host: 'lab\\jos' }, false],
    ['a hash', { hash: 'aed4' }, true],
    ['a hash deep inside', { hash: 'D41D8' }, true],
    ['a hash that is a name', { hash: 'ws-101' }, false],
    ['its key', { key: 'k-1' }, true],
    ['part of its key', { key: 'k-' }, false],
    ['two things of which one is not there', { host: 'ws-101', hash: 'ffff' }, false],
  ])('for %s', ([, search, isFound]) => {
    expect(finds(EVENT, search)).toBe(isFound);
  });

  test('for a QID finds it whole, as text and as number', () => {
    for (const [qid, isFound] of [
      ['38779', true],
      ['90001', true],
      ['3877', false],
    ] as const)
      expect(finds(DETECTION, { qid })).toBe(isFound);
    expect(finds(EVENT, { qid: '7' })).toBe(false);
  });
});

describe('the list of a table', () => {
  const ask = (more: Partial<Parameters<typeof listRows>[0]>): Promise<RowList> =>
    listRows({ path, table: 'QualysEdrEvents_CL', search: {}, limit: 2, timeoutMs: 60_000, ...more });

  beforeEach(async () => {
    const rows = [1, 2, 3, 4, 5].map((n) => ({ ...EVENT, HostName: `ws-${n}`, Verdicts: null }));
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  });

  test('is newest first and goes on where it stopped', async () => {
    const hosts = ({ columns, rows }: RowList): unknown[] =>
      rows.map(({ cells }) => cells[columns.indexOf('HostName')]);
    const first = await ask({});
    expect(hosts(first)).toEqual(['ws-5', 'ws-4']);
    const second = await ask({ before: first.before! });
    expect(hosts(second)).toEqual(['ws-3', 'ws-2']);
    const last = await ask({ before: second.before! });
    expect(hosts(last)).toEqual(['ws-1']);
    expect(last.before).toBeNull();
  });

  test('ends in time, found or not, and says where to go on', async () => {
    const found = await ask({ search: { text: 'nowhere' }, timeoutMs: -1 });
    expect(found).toMatchObject({ rows: [], searched: 1 });
    expect(found.before).toBeGreaterThan(0);
    expect(await ask({ search: { text: 'nowhere' } })).toMatchObject({ rows: [], searched: 5, before: null });
  });

  test('shows detections by number, worst severity and QIDs', async () => {
    const detections = [7, 3, 5].map((severity, n) => ({ QID: String(n), SEVERITY: String(severity % 6) }));
    await writeFile(path, `${JSON.stringify({ DetectionList: { DETECTION: detections } })}\n`);
    const { rows } = await ask({ table: 'QualysHostDetectionV3_CL' });
    expect(rows[0]?.cells.at(-1)).toBe('3, worst 5: 0 1 2');
  });
});

test('the first columns are columns of every table', async () => {
  const tables = await readTables();
  for (const [table, { columns }] of tables) {
    const shown = await firstColumns(table);
    expect(shown.length, table).toBeGreaterThan(5);
    expect(
      shown.filter(({ name, of = name }) => !columns.has(of)),
      table,
    ).toEqual([]);
  }
});
