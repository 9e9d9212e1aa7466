import { describe, expect, test } from 'vitest';
import type { VmPageOptions } from '../../../../src/lib/streams/vm-detections/vm-page.ts';
import { ResumeMismatchError } from '../../../../src/lib/streams/vm-detections/resume-host.ts';
import { decode, GENERATED_AT, detectionOf, hostOf, pageOf, warningOf, type Row } from './decode-support.ts';

const SMALL = { maxRowBytes: 4_096, maxChunkBytes: 70_000 };

function hostWith(id: string, detections: number, text = 'x'): string {
  const results = `<RESULTS>${text.repeat(1_500)}</RESULTS>`;
  return hostOf(id, '', Array.from({ length: detections }, (_, n) => detectionOf(`${id}.${n}`, results)).join(''));
}

function endOf(after: string, hosts = ''): ReturnType<typeof decode>['end'] {
  return decode(pageOf(hosts, after)).end;
}

describe('the next page', () => {
  test('is named by id_min of the warning, whatever else its URL says', () => {
    const urls = [
      'https://evil.example.org/steal?id_min=77',
      'https://qualysapi.example.com/api/?action=list&amp;id_min=77&amp;x=1',
      '/relative?id_min=1&id_min=77',
      '?id_min=%37%37',
    ];
    for (const url of urls) expect(endOf(warningOf(url))).toMatchObject({ nextIdMin: 77n });
  });

  test('that cannot be told from the warning is an error, never the end of the chain', () => {
    for (const url of [
      '',
      'https://x.example/?id_min=',
      'https://x.example/?id_min=1e3',
      'https://x.example/?ids=7',
      '%zz',
    ]) {
      expect(() => endOf(warningOf(url))).toThrow('without id_min');
    }
  });

  test('is none after a warning of another kind', () => {
    const end = endOf('<WARNING><CODE>1</CODE><TEXT>be warned</TEXT></WARNING>');
    expect(end).not.toHaveProperty('nextIdMin');
  });

  test('is named beyond 2^53 to the digit', () => {
    expect(endOf(warningOf('?id_min=9007199254740993123')).nextIdMin).toBe(9007199254740993123n);
  });

  test('is named by a page without hosts, with text in escaped form and before the hosts', () => {
    const warning = '<WARNING><CODE>1980</CODE><TEXT>a &amp; b</TEXT><URL>?a=b&amp;id_min=5</URL></WARNING>';
    const head = '<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE>';
    const tail = '</RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>';
    expect(decode(head + warning + tail)).toMatchObject({
      rows: [],
      end: { nextIdMin: 5n },
    });
    const { end, rows } = decode(`${head}${warning}<HOST_LIST>${hostOf('1')}</HOST_LIST>${tail}`);
    expect([end.nextIdMin, rows.length]).toEqual([5n, 1]);
  });

  test('is none without a warning', () => {
    expect(endOf('', hostOf('1'))).toEqual({
      records: 1,
      ids: [],
      highestId: 1n,
      unreadable: 0,
      illegalCharacters: 0,
      unchanged: 0,
      detections: 0,
      again: [],
      sent: {
        touched: [],
        whole: new Map(),
        bases: new Map(),
        items: new Map(),
        causes: { changed: 0, unknown: 0, refresh: 0, uncompared: 0 },
      },
    });
  });
});

describe('the hosts of a page', () => {
  test('are counted over several lists', () => {
    const lists = `${hostWith('1', 2)}</HOST_LIST><HOST_LIST></HOST_LIST>\n<HOST_LIST>${hostWith('2', 3)}`;
    const { chunks, end } = decode(pageOf(lists));
    expect(end.records).toBe(2);
    expect(chunks).toMatchObject([{ records: 2, detections: 5 }]);
  });

  test('beyond the slice are left out', () => {
    const hosts = ['9', '10', '9007199254740993', '9007199254740994'].map((id) => hostWith(id, 1)).join('');
    const { chunks, end, rows } = decode(pageOf(hosts), [], { idMax: 9007199254740993n });
    expect(rows.map((row) => row.HostId)).toEqual(['9', '10', '9007199254740993']);
    expect(end).toMatchObject({ records: 3, highestId: 9007199254740993n });
    expect(chunks).toMatchObject([{ records: 3, detections: 3, lastId: 9007199254740993n }]);
  });

  test.each([
    ['descend', ['2', '1']],
    ['come twice', ['1', '1']],
    ['are no numbers', ['1', '../2?#%']],
  ])('whose ids %s are kept, but name no place to go on from', (_, ids) => {
    const { chunks, rows } = decode(pageOf(ids.map((id) => hostWith(id, 1)).join('')));
    expect(rows.map((row) => row.HostId)).toEqual(ids);
    expect(chunks[0]).not.toHaveProperty('lastId');
    const large = decode(pageOf(ids.map((id) => hostWith(id, 60)).join('')), [], SMALL);
    expect(large.chunks.at(-2)).not.toHaveProperty('partial');
  });

  test('ascend as numbers, whatever zeros stand before them', () => {
    const { chunks } = decode(pageOf(['0009', '10', '00011'].map((id) => hostWith(id, 1)).join('')));
    expect(chunks).toMatchObject([{ ids: [9n, 10n, 11n], lastId: 11n }]);
  });

  test('are told of with each chunk: how many end in it, which are whole, which only in part', () => {
    const counts = [30, 200, 3, 90, ...Array.from({ length: 60 }, () => 1)];
    const { chunks, end, rows } = decode(
      pageOf(counts.map((n, i) => hostWith(String(i + 1), n)).join('')),
      [5_000],
      SMALL,
    );
    expect(chunks.length).toBeGreaterThan(4);
    expect(chunks.reduce((sum, chunk) => sum + chunk.records, 0)).toBe(counts.length);
    expect(end.records).toBe(counts.length);
    expect(chunks.reduce((sum, chunk) => sum + chunk.detections, 0)).toBe(counts.reduce((sum, n) => sum + n, 0));
    expect(chunks.reduce((sum, chunk) => sum + chunk.rows, 0)).toBe(rows.length);
    let seen = 0;
    for (const chunk of chunks) {
      seen += chunk.rows;
      const next = rows[seen];
      const isWithin = next !== undefined && next.PartNumber > 1;
      expect(chunk.partial).toEqual(
        isWithin
          ? {
              hostId: next.HostId,
              rows: next.PartNumber - 1,
              digest: expect.stringMatching(/^[\da-f]{32}$/) as string,
              reportTime: GENERATED_AT.toISOString(),
            }
          : undefined,
      );
      const whole = rows.slice(0, seen).filter((row) => row.PartNumber === row.PartCount);
      expect(chunk.lastId?.toString() ?? null).toBe(whole.at(-1)?.HostId ?? null);
    }
  });
});

describe('resuming a host', () => {
  const hosts = [hostWith('1', 5), hostWith('2', 300), hostWith('3', 4)];
  const whole = decode(pageOf(hosts.join('')), [], SMALL);
  const interrupted = whole.chunks.find((chunk) => chunk.partial !== undefined);
  const keysFrom = (rows: readonly Row[]): string[] => rows.map((row) => row.RowKey);

  function resumed(options: Partial<VmPageOptions>, ...from: string[]): Row[] {
    return decode(pageOf(from.join('')), [700], { ...SMALL, ...options }).rows;
  }

  test('sends only the rows that were not sent', () => {
    const { partial } = interrupted ?? {};
    expect(partial).toMatchObject({ hostId: '2' });
    const sent = whole.rows.findIndex((row) => row.HostId === '2') + (partial?.rows ?? 0);
    const rows = resumed({ ...(partial && { resume: partial }) }, hosts[1] ?? '', hosts[2] ?? '');
    expect(keysFrom(rows)).toEqual(keysFrom(whole.rows.slice(sent)));
  });

  test('gives them the time of those that were sent: they are rows of one report', () => {
    const resume = interrupted?.partial;
    const generatedAt = new Date(GENERATED_AT.getTime() + 60_000);
    const rows = resumed({ generatedAt, ...(resume && { resume }) }, hosts[1] ?? '', hosts[2] ?? '');
    const times = Object.groupBy(rows, (row) => row.HostId ?? '');
    expect(new Set(times['2']?.map((row) => row.ReportTime))).toEqual(new Set([GENERATED_AT.toISOString()]));
    expect(new Set(times['3']?.map((row) => row.ReportTime))).toEqual(new Set([generatedAt.toISOString()]));
  });

  test('goes on from any row, over any number of interruptions', () => {
    for (const { partial } of whole.chunks.filter((chunk) => chunk.partial?.hostId === '2')) {
      const rest = decode(pageOf(hosts.slice(1).join('')), [], { ...SMALL, ...(partial && { resume: partial }) });
      const expected = whole.rows.filter((row) => row.HostId === '3' || row.PartNumber > (partial?.rows ?? 0));
      expect(keysFrom(rest.rows)).toEqual(keysFrom(expected.filter((row) => row.HostId !== '1')));
    }
  });

  test('sends all rows of a host that has changed since', () => {
    const resume = { hostId: '1', rows: 2, digest: 'f'.repeat(32) };
    expect(resumed({ resume }, hosts[0] ?? '').map((row) => row.PartNumber)).toEqual([1, 2, 3]);
    expect(resumed({ resume: { ...resume, rows: 99 } }, hosts[0] ?? '').length).toBe(3);
  });

  test('sends everything when the host is gone', () => {
    const resume = { hostId: '2', rows: 2, digest: 'f'.repeat(32) };
    expect(resumed({ resume }, hosts[2] ?? '', hostWith('4', 1)).map((row) => row.HostId)).toEqual(['3', '3', '4']);
  });

  test('sends nothing of what lies before the host again by mistake', () => {
    const resume = interrupted?.partial;
    const rows = resumed({ ...(resume && { resume }) }, ...hosts);
    expect(rows.filter((row) => row.HostId === '1').length).toBe(3);
  });

  test('refuses a host beyond the buffer that has changed since', () => {
    const resume = { hostId: '2', rows: 120, digest: 'f'.repeat(32) };
    expect(() => resumed({ resume }, hosts[1] ?? '')).toThrow(ResumeMismatchError);
  });
});
