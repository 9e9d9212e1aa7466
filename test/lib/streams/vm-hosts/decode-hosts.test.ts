import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../../../src/lib/errors.ts';
import { HOST_LIST, hostTable } from '../../../../src/lib/streams/vm-hosts/host-table.ts';
import { decodePage, fixture } from '../decode-lists.ts';

const SNAPSHOT = { id: '2026-03-01T00:00:00Z', time: '2026-03-01T12:00:00.000Z' };
const OPTIONS = { shape: HOST_LIST, table: hostTable(SNAPSHOT) };

const host = (id: number, more = ''): string => `<HOST><ID>${id}</ID>${more}</HOST>`;
const page = (...hosts: readonly string[]): string =>
  `<HOST_LIST_OUTPUT><RESPONSE><DATETIME>2026-03-01T00:00:00Z</DATETIME><HOST_LIST>${hosts.join('')}</HOST_LIST></RESPONSE></HOST_LIST_OUTPUT>`;

describe('a page of the host list', () => {
  test('gives the rows that stand beside it', () => {
    const { rows, end } = decodePage(fixture('vm-hosts', 'page-1.xml'), OPTIONS, 100);
    expect(rows).toEqual((JSON.parse(fixture('vm-hosts', 'expected.json')) as unknown[]).slice(0, 3));
    expect(end).toMatchObject({ ids: [], highestId: 207800672n, nextIdMin: 207800699n });
    expect(end).toMatchObject({ records: rows.length, unreadable: 1, illegalCharacters: 0 });
  });

  test('of another snapshot has other keys, read again the same ones', () => {
    const keys = (id: string): unknown[] =>
      decodePage(page(host(1), host(2)), { ...OPTIONS, table: hostTable({ ...SNAPSHOT, id }) }).rows.map(
        (row) => row.RowKey,
      );
    expect(keys('a')).toEqual(keys('a'));
    expect(new Set([...keys('a'), ...keys('b')]).size).toBe(4);
  });

  test('tells how far each chunk reaches, and counts each host once', () => {
    const hosts = [1, 2, 2, 5, 9].map((id) => host(id, `<DNS>${'x'.repeat(500)}</DNS>`));
    const { chunks } = decodePage(page(...hosts), { ...OPTIONS, maxChunkBytes: 2000 });
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.flatMap(({ ids }) => ids)).toEqual([1n, 2n, 5n, 9n]);
    for (const { ids, lastId } of chunks) expect(lastId).toBe(ids.at(-1));
  });

  test('whose ids do not ascend reaches nowhere, but loses none', () => {
    const { chunks, end } = decodePage(page(host(5), host(3), host(7)), OPTIONS);
    expect(chunks.map(({ lastId }) => lastId)).toEqual([undefined]);
    expect(chunks.flatMap(({ ids }) => ids)).toEqual([5n, 3n, 7n]);
    expect(end.highestId).toBe(7n);
  });

  test('with a host of another page is an error; one beyond the range is left to its own page', () => {
    expect(() => decodePage(page(host(4)), { ...OPTIONS, idMin: 5n })).toThrow(RetryableError);
    const { rows } = decodePage(page(host(5), host(6), host(7)), { ...OPTIONS, idMin: 5n, idMax: 6n });
    expect(rows.map(({ HostId }) => HostId)).toEqual(['5', '6']);
  });

  test('with a host that came twice in two versions keeps both, the same one once', () => {
    const { rows } = decodePage(page(host(1, '<OS>a</OS>'), host(1, '<OS>a</OS>'), host(1, '<OS>b</OS>')), OPTIONS);
    expect(rows.map(({ OperatingSystem }) => OperatingSystem)).toEqual(['a', 'b']);
  });

  test('with a host of two megabytes has the XML that does not fit in parts, with its id', () => {
    const { rows } = decodePage(page(host(1), host(2, `<OS>${'y'.repeat(2_000_000)}</OS>`), host(3)), OPTIONS, 65_536);
    const parts = rows.filter(({ ParseError }) => ParseError !== undefined);
    expect(parts.length).toBeGreaterThan(30);
    expect(parts.map(({ RecordPart }) => String(RecordPart)).join('')).toBe(`<OS>${'y'.repeat(2_000_000)}</OS>`);
    expect(new Set(rows.map(({ HostId }) => HostId))).toEqual(new Set(['1', '2', '3']));
    expect(parts.at(-1)).toMatchObject({ PartCount: parts.length, SnapshotId: SNAPSHOT.id });
  });

  test.each([
    ['that is long', `<OS>${'y'.repeat(1_200_000)}</OS>`],
    ['that begins where little room is left', `<A>${'a'.repeat(1_048_400)}</A><OS>${'y'.repeat(300)}</OS>`],
  ])('with an element %s has it of each host, with the same keys however it is cut', (_, more) => {
    const partsOf = (size: number): unknown[][] =>
      decodePage(page(host(1, more), host(2, more)), OPTIONS, size)
        .rows.filter(({ ParseError }) => ParseError !== undefined)
        .map(({ HostId, RowKey }) => [HostId, RowKey]);
    const parts = partsOf(1 << 30);
    const [first, second] = ['1', '2'].map((id) => parts.filter(([HostId]) => HostId === id));
    expect(second).toHaveLength(first?.length ?? 0);
    for (const size of [65_536, 20_000]) expect(partsOf(size)).toEqual(parts);
  });
});
