import { describe, expect, test } from 'vitest';
import { decode, detectionOf, hostOf, pageOf, type Row } from './decode-support.ts';

const SIZES = [Infinity, 50_000, 977];

function recordOf(rows: readonly Row[]): string {
  return rows.map((row) => row.RecordPart ?? '').join('');
}

function errorsOf(rows: readonly Row[]): Set<string> {
  return new Set(rows.flatMap((row) => (row.ParseError === null ? [] : [row.ParseError])));
}

describe('what fits no row', () => {
  test.each(SIZES)('of a host is kept as text, beside everything else (portions of %d)', (size) => {
    const os = `<OS><![CDATA[${'é"\n'.repeat(40_000)}]]></OS>`;
    const { rows } = decode(pageOf(hostOf('7', `<IP>10.0.0.1</IP>${os}<DNS>a.b</DNS>`, detectionOf('1'))), [size]);
    expect(recordOf(rows)).toBe(os);
    expect(errorsOf(rows)).toEqual(new Set(['OS is too large for a row: RecordPart holds its XML']));
    for (const row of rows) expect(Buffer.byteLength(row.RecordPart ?? '')).toBeLessThan(60_000);
    expect(rows[0]).toMatchObject({ HostId: '7', IPAddress: '10.0.0.1', OperatingSystem: null, DnsName: 'a.b' });
    expect(rows[0]).toMatchObject({ DetectionCount: 1, RecordPart: null, ParseError: null, PartCount: rows.length });
  });

  test.each(SIZES)('of a column that every row repeats stands in HostRecord (portions of %d)', (size) => {
    const name = 'n'.repeat(20_000);
    const { rows } = decode(pageOf(hostOf('7', `<NETBIOS>${name}</NETBIOS>`, detectionOf('1'))), [size]);
    expect(rows).toMatchObject([{ NetBios: null, HostRecord: { NETBIOS: name }, DetectionCount: 1, ParseError: null }]);
  });

  test.each(SIZES)('of tags and metadata is kept as text (portions of %d)', (size) => {
    const tags = `<TAGS>${'<TAG><NAME><![CDATA[a]]></NAME> </TAG>'.repeat(8_000)}</TAGS>`;
    const metadata = `<METADATA><EC2 a="${'m'.repeat(62_000)}"/></METADATA>`;
    const { rows } = decode(pageOf(hostOf('7', tags + metadata, detectionOf('1'))), [size]);
    expect(recordOf(rows)).toBe(tags + metadata);
    expect(rows[0]).toMatchObject({ Tags: null, Metadata: null, DetectionCount: 1 });
  });

  test.each(SIZES)('of many unknown host elements is kept as their JSON (portions of %d)', (size) => {
    const elements = Array.from({ length: 20 }, (_, n) => [`NEW_${n}`, String(n).repeat(4_000)] as const);
    const xml = elements.map(([name, text]) => `<${name}>${text}</${name}>`).join('');
    const { rows } = decode(pageOf(hostOf('7', `<IP>10.0.0.1</IP>${xml}`, detectionOf('1'))), [size]);
    expect(JSON.parse(recordOf(rows))).toEqual(Object.fromEntries(elements));
    expect(rows[0]).toMatchObject({ HostRecord: null, IPAddress: '10.0.0.1', DetectionCount: 1 });
    expect(errorsOf(rows)).toEqual(new Set(['HostRecord is too large for a row: RecordPart holds its JSON']));
  });

  test.each(SIZES)('of a detection is kept as text, the detection without it (portions of %d)', (size) => {
    const fqdn = `<FQDN a="1">${'f'.repeat(70_000)}<b/></FQDN>`;
    const detections = detectionOf('1', `${fqdn}<SEVERITY>5</SEVERITY>`) + detectionOf('2');
    const { rows } = decode(pageOf(hostOf('7', '', detections)), [size]);
    expect(recordOf(rows)).toBe(fqdn);
    expect(errorsOf(rows)).toEqual(new Set(['DETECTION/FQDN is too large for a row: RecordPart holds its XML']));
    expect(rows.flatMap((row) => row.DetectionList.DETECTION)).toEqual([
      { UNIQUE_VULN_ID: '1', QID: '38170', SEVERITY: '5' },
      { UNIQUE_VULN_ID: '2', QID: '38170' },
    ]);
  });

  test.each(SIZES)('of what follows long RESULTS is kept as text (portions of %d)', (size) => {
    const after = Array.from({ length: 30 }, (_, n) => `<AFTER_${n}>${'a'.repeat(1_000)}</AFTER_${n}>`);
    const results = `<RESULTS>${'r'.repeat(130_000)}</RESULTS>`;
    const { rows } = decode(pageOf(hostOf('7', '', detectionOf('1', results + after.join('')))), [size]);
    const [first] = rows.flatMap((row) => row.DetectionList.DETECTION);
    const kept = Object.keys(first ?? {}).filter((name) => name.startsWith('AFTER_'));
    expect(kept.length).toBeGreaterThan(5);
    expect(recordOf(rows)).toBe(after.slice(kept.length).join(''));
  });
});

describe('XML that cannot be held back', () => {
  const comment = `<!-- ${'c'.repeat(300_000)} -->`;

  test.each(SIZES)('of a host goes to RecordPart even where its value would fit (portions of %d)', (size) => {
    const os = `<OS>${comment}Linux</OS>`;
    const { rows } = decode(pageOf(hostOf('7', os)), [size]);
    expect(recordOf(rows)).toBe(os);
    expect(rows[0]).toMatchObject({ HostId: '7', OperatingSystem: null });
  });

  test.each(SIZES)('of a detection goes to RecordPart even where its value would fit (portions of %d)', (size) => {
    const fqdn = `<FQDN>${comment}a.b</FQDN>`;
    const { rows } = decode(pageOf(hostOf('7', '', detectionOf('1', `${fqdn}<STATUS>New</STATUS>`))), [size]);
    expect(recordOf(rows)).toBe(fqdn);
    expect(rows[0]?.DetectionList.DETECTION).toEqual([{ UNIQUE_VULN_ID: '1', QID: '38170', STATUS: 'New' }]);
  });

  test.each(SIZES)('between the elements of a host is in nobody’s way (portions of %d)', (size) => {
    const { rows } = decode(pageOf(`<HOST>${comment}<ID>7</ID><IP>10.0.0.1</IP></HOST>`), [size]);
    expect(rows).toMatchObject([{ HostId: '7', IPAddress: '10.0.0.1', RecordPart: null, ParseError: null }]);
  });
});

describe('a host without id', () => {
  test.each(SIZES)('has its rows, which say so (portions of %d)', (size) => {
    const host = `<HOST x="1"><IP>10.0.0.1</IP><DETECTION_LIST>${detectionOf('1')}</DETECTION_LIST></HOST>`;
    const { chunks, rows, end } = decode(pageOf(hostOf('7') + host + hostOf('8', '', detectionOf('2'))), [size]);
    expect(rows.map((row) => row.HostId)).toEqual(['7', null, '8']);
    expect(rows[1]).toMatchObject({
      IPAddress: '10.0.0.1',
      HostRecord: { '@x': '1' },
      DetectionList: { DETECTION: [{ UNIQUE_VULN_ID: '1' }] },
      ParseError: 'the host has no ID',
      PartCount: 1,
    });
    expect(end.records).toBe(3);
    expect(chunks).toMatchObject([{ records: 3, detections: 2, ids: [7n, 8n], lastId: 8n }]);
  });

  test.each(SIZES)('has them all when it is larger than the buffer, too (portions of %d)', (size) => {
    const text = `<RESULTS>${'x'.repeat(1_500)}</RESULTS>`;
    const detections = Array.from({ length: 500 }, (_, n) => detectionOf(String(n), text));
    const host = `<HOST><IP>10.0.0.1</IP><DETECTION_LIST>${detections.join('\n')}</DETECTION_LIST><ID>9</ID></HOST>`;
    const small = { maxRowBytes: 4_096, maxChunkBytes: 70_000 };
    const { rows } = decode(pageOf(hostOf('7') + host + hostOf('10')), [size], small);
    const found = rows.flatMap((row) => row.DetectionList.DETECTION.map((detection) => detection.UNIQUE_VULN_ID));
    expect(found).toEqual(Array.from({ length: 500 }, (_, n) => String(n)));
    expect(new Set(rows.map((row) => row.HostId))).toEqual(new Set(['7', null, '9', '10']));
    expect(new Set(rows.map((row) => row.RowKey)).size).toBe(rows.length);
  });

  test.each(SIZES)('has no row written before its id, should it come late (portions of %d)', (size) => {
    const detections = Array.from({ length: 80 }, (_, n) =>
      detectionOf(String(n), `<RESULTS>${'x'.repeat(2_500)}</RESULTS>`),
    );
    const host = `<HOST><DETECTION_LIST>${detections.join('')}</DETECTION_LIST><ID>9</ID></HOST>`;
    const { rows } = decode(pageOf(host), [size], { maxRowBytes: 4_096, maxChunkBytes: 70_000 });
    expect(rows.map((row) => [row.HostId, row.PartCount])).toEqual(rows.map(() => ['9', rows.length]));
    expect(rows.length).toBeGreaterThan(60);
  });

  test('has keys by its text', () => {
    const { rows } = decode(pageOf('<HOST><IP>1</IP></HOST><HOST><IP>2</IP></HOST><HOST><IP>2</IP></HOST>'));
    const [one, two, again] = rows.map((row) => row.RowKey);
    expect(one).not.toBe(two);
    expect(again).toBe(two);
  });
});
