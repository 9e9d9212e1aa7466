import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, detectionOf, hostOf, isContinuation, pageOf, type Row } from './decode-support.ts';

const FIELD = 60_000;

function resultsOf(rows: readonly Row[]): string {
  return rows
    .flatMap((row) => row.DetectionList.DETECTION)
    .map((detection) => detection.RESULTS?.['#cdata-section'] ?? '')
    .join('');
}

function listBytes(row: Row): number {
  return Buffer.byteLength(JSON.stringify(row.DetectionList));
}

function results(text: string): string {
  return `<RESULTS><![CDATA[${text}]]></RESULTS>`;
}

describe('rows of a large host', () => {
  test('hold each detection whole and stay below the limit of a field', () => {
    const detections = Array.from({ length: 300 }, (_, n) => detectionOf(String(n), results('x'.repeat(1_000))));
    const { rows } = decode(pageOf(hostOf('7', '<IP>10.0.0.1</IP><TAGS><TAG/></TAGS>', detections.join(''))));
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) expect(listBytes(row)).toBeLessThan(FIELD);
    const found = rows.flatMap((row) => row.DetectionList.DETECTION.map((detection) => detection.UNIQUE_VULN_ID));
    expect(found).toEqual(Array.from({ length: 300 }, (_, n) => String(n)));
    expect(rows.map((row) => row.PartNumber)).toEqual(rows.map((_, index) => index + 1));
    expect(new Set(rows.map((row) => row.PartCount))).toEqual(new Set([rows.length]));
    expect(new Set(rows.map((row) => row.IPAddress))).toEqual(new Set(['10.0.0.1']));
    expect(rows.map((row) => row.Tags)).toEqual(rows.map((_, index) => (index === 0 ? [''] : null)));
    expect(rows.reduce((sum, row) => sum + row.DetectionCount, 0)).toBe(300);
  });

  test('carry on long RESULTS as detections of UNIQUE_VULN_ID and RESULTS only', () => {
    const text = 'row\t"1"\n'.repeat(20_000);
    const after = '<STATUS>New</STATUS><QDS severity="HIGH">75</QDS>';
    const detections = detectionOf('1') + detectionOf('2', results(text) + after) + detectionOf('3');
    const { rows } = decode(pageOf(hostOf('7', '', detections)));
    for (const row of rows) expect(listBytes(row)).toBeLessThan(FIELD);
    expect(resultsOf(rows)).toBe(text);
    const all = rows.flatMap((row) => row.DetectionList.DETECTION);
    const whole = all.filter((detection) => !isContinuation(detection));
    expect(whole.map((detection) => detection.UNIQUE_VULN_ID)).toEqual(['1', '2', '3']);
    expect(whole[1]).toMatchObject({ QID: '38170', STATUS: 'New', QDS: { '@severity': 'HIGH', '#text': '75' } });
    const more = all.filter((detection) => isContinuation(detection));
    expect(more.length).toBeGreaterThan(2);
    expect(new Set(more.map((detection) => Object.keys(detection).join()))).toEqual(
      new Set(['UNIQUE_VULN_ID,RESULTS']),
    );
    expect(new Set(more.map((detection) => detection.UNIQUE_VULN_ID))).toEqual(new Set(['2']));
    expect(rows.reduce((sum, row) => sum + row.DetectionCount, 0)).toBe(3);
  });

  test('cut RESULTS between characters, wherever the cut falls', () => {
    const unit = fc.constantFrom('a', '\n', '"', 'é', '€', '𝄞', '\u0001');
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 5 }), fc.nat(20), fc.nat(3), (units, shift, size) => {
        const text = 'x'.repeat(shift) + units.join('').repeat(3_000);
        const { rows } = decode(pageOf(hostOf('7', '', detectionOf('1', results(text)))), [size * 1_000 + 1_024], {
          maxRowBytes: 4_096,
          maxChunkBytes: 70_000,
        });
        expect(resultsOf(rows)).toBe(text.replaceAll('\u0001', '\ufffd'));
        for (const row of rows) expect(listBytes(row)).toBeLessThan(4_096);
      }),
      { numRuns: 40 },
    );
  });

  test('name no count before the last one when the host is larger than the buffer', () => {
    const detections = Array.from({ length: 60 }, (_, n) => detectionOf(String(n), results('x'.repeat(45_000))));
    detections.splice(3, 0, detectionOf('long', `${results('y'.repeat(4_000_000))}<STATUS>New</STATUS>`));
    const { rows } = decode(pageOf(hostOf('7', '', detections.join(''))));
    const last = Math.max(...rows.map((row) => row.PartNumber));
    expect(last).toBe(rows.length);
    expect(rows.toSorted((a, b) => a.PartNumber - b.PartNumber).map((row) => row.PartCount)).toEqual([
      ...Array.from({ length: last - 1 }, () => null),
      last,
    ]);
    const long = rows.flatMap((row) => row.DetectionList.DETECTION).find((detection) => detection.STATUS === 'New');
    expect(long).toMatchObject({ UNIQUE_VULN_ID: 'long', QID: '38170' });
    const ys = rows
      .flatMap((row) => row.DetectionList.DETECTION)
      .filter((detection) => detection.UNIQUE_VULN_ID === 'long');
    expect(ys.map((detection) => detection.RESULTS?.['#cdata-section'] ?? '').join('')).toBe('y'.repeat(4_000_000));
  });
});

describe('row keys', () => {
  const page = pageOf(
    hostOf('7', '<LAST_VM_SCANNED_DATE>2026-03-01T00:00:00Z</LAST_VM_SCANNED_DATE>', detectionOf('1')),
  );
  const keysOf = (text: string, options = {}): string[] => decode(text, [], options).rows.map((row) => row.RowKey);

  test('are 32 hex digits and the part number', () => {
    expect(keysOf(page)).toEqual([expect.stringMatching(/^[\da-f]{32}-1$/)]);
  });

  test('depend on host, scan time and detections, on nothing else', () => {
    const same = [
      keysOf(page, { generatedAt: new Date('2030-01-01T00:00:00Z') }),
      keysOf(page.replace('<ID>', '<ASSET_ID>1</ASSET_ID><ID>')),
      keysOf(page.replaceAll('\n', '\n\n')),
    ];
    for (const keys of same) expect(keys).toEqual(keysOf(page));
    const others = [
      page.replace('<ID>7', '<ID>8'),
      page.replace('2026-03-01T00:00:00Z</LAST', '2026-03-02T00:00:00Z</LAST'),
      page.replace('38170', '38171'),
    ];
    for (const other of others) expect(keysOf(other)).not.toEqual(keysOf(page));
  });

  test('differ between the rows of a host', () => {
    const twins = Array.from({ length: 100 }, () => detectionOf('1', results('x'.repeat(2_000)))).join('');
    const keys = keysOf(pageOf(hostOf('7', '', twins)));
    expect(new Set(keys).size).toBe(keys.length);
  });
});
