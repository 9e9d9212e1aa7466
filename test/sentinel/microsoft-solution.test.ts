import { describe, expect, test } from 'vitest';
import { createVmPageDecoder } from '../../src/lib/streams/vm-detections/decode-page.ts';
import { createWorkspace, findFaults, readColumns } from '../support/kql.ts';
import { MICROSOFT_READING, MICROSOFT_USES } from '../support/microsoft-queries.ts';

/*
 * Microsoft's own Qualys VM solution reads the table through one parser. What it takes from a row is public: it expands
 * `DetectionList.DETECTION`, one object a detection, reads members by the vendor's element names as text, and RESULTS
 * under `#cdata-section`. Its two rules and its workbook read that parser. The queries and functions here are our own.
 */
const workspace = createWorkspace();

/** The twelve columns of the solution's table, in their types. */
const COLUMNS = {
  TimeGenerated: 'datetime',
  HostId: 'string',
  IPAddress: 'string',
  TrackingMethod: 'string',
  OperatingSystem: 'string',
  DnsName: 'string',
  NetBios: 'string',
  QGHostId: 'string',
  LastScanDateTime: 'datetime',
  LastVMScannedDateTime: 'datetime',
  LastVMAuthScannedDateTime: 'datetime',
  DetectionList: 'dynamic',
};

interface Detection {
  readonly QID?: string;
  readonly STATUS?: string;
  readonly SEVERITY?: string;
  readonly RESULTS?: { readonly '#cdata-section': string };
  readonly [element: string]: unknown;
}

interface Row {
  readonly HostId: string;
  readonly IPAddress: string;
  readonly NetBios: string;
  readonly PartNumber: number;
  readonly DetectionList: { readonly DETECTION: readonly Detection[] };
}

interface Reading {
  readonly NetBios: string;
  readonly IPAddress: string;
  readonly QID: string;
  readonly Status: string;
  readonly Severity: string;
  readonly Results_0: string;
}

/** The same reading in JavaScript: `tostring` of an absent member is the empty text. */
function read(rows: readonly Row[]): Reading[] {
  return rows.flatMap(({ NetBios, IPAddress, DetectionList }) =>
    DetectionList.DETECTION.map((found) => ({
      NetBios,
      IPAddress,
      QID: found.QID ?? '',
      Status: found.STATUS ?? '',
      Severity: found.SEVERITY ?? '',
      Results_0: found.RESULTS?.['#cdata-section'] ?? '',
    })),
  );
}

/** RESULTS of the second detection: longer than a row of this test may be, with characters that JSON escapes. */
const LONG_RESULTS = Array.from({ length: 600 }, (_, line) => `line ${line}\t"é→"`).join('\n');

function writeDetection(qid: string, status: string, results: string): string {
  return `<DETECTION><UNIQUE_VULN_ID>90${qid}</UNIQUE_VULN_ID><QID>${qid}</QID><TYPE>Confirmed</TYPE><SEVERITY>5</SEVERITY>
    <RESULTS><![CDATA[${results}]]></RESULTS><STATUS>${status}</STATUS><QDS severity="CRITICAL">95</QDS></DETECTION>`;
}

const PAGE = `<?xml version="1.0" encoding="UTF-8"?>
<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE><DATETIME>2024-03-02T10:15:30Z</DATETIME><HOST_LIST><HOST>
  <ID>4711</ID><IP>192.0.2.10</IP><TRACKING_METHOD>AGENT</TRACKING_METHOD>
  <DNS><![CDATA[ws-01.lab.example]]></DNS><NETBIOS><![CDATA[WS-01]]></NETBIOS>
  <LAST_VM_SCANNED_DATE>2024-03-02T09:00:00Z</LAST_VM_SCANNED_DATE>
  <DETECTION_LIST>
    ${writeDetection('100', 'New', 'a')}
    ${writeDetection('101', 'Active', LONG_RESULTS)}
    ${writeDetection('102', 'Fixed', '')}
  </DETECTION_LIST>
</HOST></HOST_LIST></RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>`;

const MAX_ROW_BYTES = 4_096;

/** The rows that the connector makes of the page, with rows kept small so that the host takes several. */
function decode(): Row[] {
  const decoder = createVmPageDecoder({ generatedAt: new Date('2024-03-02T10:20:00Z'), maxRowBytes: MAX_ROW_BYTES });
  const chunks = [...decoder.write(Buffer.from(PAGE)), ...decoder.end().chunks];
  return chunks.flatMap(({ json }) => JSON.parse(Buffer.from(json).toString('utf8')) as Row[]);
}

test('the table has the twelve columns of the solution in their types', () => {
  expect(Object.fromEntries(readColumns(workspace, 'QualysHostDetectionV3_CL'))).toMatchObject(COLUMNS);
});

test('the reading of a row is sound, and dates stay dates', () => {
  expect(findFaults(workspace, MICROSOFT_READING)).toEqual([]);
  expect(Object.fromEntries(readColumns(workspace, MICROSOFT_READING))).toMatchObject({
    TimeGenerated: 'datetime',
    LastScanDateTime: 'datetime',
    HostTags: 'string',
    Severity: 'string',
    LastFixed: 'datetime',
    Results_0: 'string',
  });
});

test.each(Object.entries(MICROSOFT_USES))('%s: the query is sound', (_, query) => {
  expect(findFaults(workspace, query)).toEqual([]);
});

test('a column that the table lacks is found', () => {
  expect(findFaults(workspace, `${MICROSOFT_READING} | where NetBios_s == ''`).join()).toContain('KS142');
});

describe('a host that the connector spreads over rows', () => {
  const rows = decode();
  const readings = read(rows);

  test('takes several rows, each below the limit, with an array of detections', () => {
    expect(rows.length).toBeGreaterThan(2);
    for (const { DetectionList } of rows) {
      expect(DetectionList.DETECTION).toBeInstanceOf(Array);
      expect(Buffer.byteLength(JSON.stringify(DetectionList))).toBeLessThanOrEqual(MAX_ROW_BYTES);
    }
  });

  test('gives one reading a detection, with the severity as text', () => {
    const detections = readings.filter(({ QID }) => QID !== '');
    expect(detections.map(({ QID, Status, Severity }) => [QID, Status, Severity])).toEqual([
      ['100', 'New', '5'],
      ['101', 'Active', '5'],
      ['102', 'Fixed', '5'],
    ]);
  });

  test('counts each urgent detection once: a continuation has no QID, no severity and no status', () => {
    const continuations = readings.filter(({ QID }) => QID === '');
    expect(continuations.length).toBeGreaterThan(0);
    expect(continuations.filter(({ Severity, Status }) => Severity !== '' || Status !== '')).toEqual([]);
    expect(readings.filter(({ Severity }) => Severity === '5').length).toBe(3);
  });

  test('names the host in every row, so that rules can count by it', () => {
    expect(new Set(readings.map(({ NetBios, IPAddress }) => `${NetBios} ${IPAddress}`))).toEqual(
      new Set(['WS-01 192.0.2.10']),
    );
  });

  test('gives RESULTS from its CDATA, the empty one as empty text, a long one whole in the order of parts', () => {
    const [first, ...others] = readings.map(({ Results_0 }) => Results_0);
    expect(first).toBe('a');
    expect(others.pop()).toBe('');
    expect(others.join('')).toBe(LONG_RESULTS);
    expect(rows.map(({ PartNumber }) => PartNumber)).toEqual(rows.map((_, index) => index + 1));
  });
});
