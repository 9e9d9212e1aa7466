import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { VendorDocumentError } from '../../../../src/lib/qualys/vm/xml/vendor-document-error.ts';
import { decode, decodeAnswer, detectionOf, hostOf, pageOf, type Row } from './decode-support.ts';

const FIXTURES = resolve(import.meta.dirname, 'fixtures');
const RECORDED = resolve(import.meta.dirname, '../../../../../shared/fixtures/qualys-vm');
const TABLE = resolve(import.meta.dirname, '../../../../infra/tables/QualysHostDetectionV3_CL.json');

function rowOf(elements: string, detections = ''): Row {
  const [row] = decode(pageOf(hostOf('7', elements, detections))).rows;
  if (row === undefined) throw new Error('no row');
  return row;
}

describe('columns of a host', () => {
  test('are those of the table, in its order, on every row of a subscription without a name', () => {
    const table = JSON.parse(readFileSync(TABLE, 'utf8')) as { columns: { name: string }[] };
    const { rows } = decode(readFileSync(resolve(FIXTURES, 'page-1.xml')));
    expect(rows.map((row) => Object.keys(row))).toEqual([
      table.columns.map(({ name }) => name).filter((name) => name !== 'QualysSubscription'),
    ]);
  });

  test('of the documented pages are as expected', () => {
    const pages = ['page-1.xml', 'page-2.xml'].map((page) => decode(readFileSync(resolve(FIXTURES, page))));
    const expected = JSON.parse(readFileSync(resolve(FIXTURES, 'expected.json'), 'utf8')) as unknown;
    expect(pages.flatMap(({ rows }) => rows)).toEqual(expected);
    expect(pages.map(({ end }) => end.nextIdMin)).toEqual([9007199254740999n, undefined]);
  });

  test('hold times in UTC, and nothing where there is none', () => {
    const row = rowOf(`
      <LAST_SCAN_DATETIME>2026-03-01</LAST_SCAN_DATETIME>
      <LAST_VM_SCANNED_DATE>2026-03-01T01:30:00+02:00</LAST_VM_SCANNED_DATE>
      <LAST_VM_AUTH_SCANNED_DATE/>`);
    expect(row).toMatchObject({
      LastScanDateTime: '2026-03-01T00:00:00Z',
      LastVMScannedDateTime: '2026-02-28T23:30:00Z',
      LastVMAuthScannedDateTime: null,
      LastPCScannedDateTime: null,
    });
  });

  test('leave to HostRecord what they cannot hold', () => {
    const row = rowOf(`
      <LAST_SCAN_DATETIME>0000-01-01T00:00:00Z</LAST_SCAN_DATETIME>
      <LAST_VM_SCANNED_DATE>9999-12-31T23:59:59Z</LAST_VM_SCANNED_DATE>
      <LAST_VM_SCANNED_DURATION>99999999999</LAST_VM_SCANNED_DURATION>
      <IP>10.0.0.1</IP><IP>10.0.0.2</IP>
      <OS vendor="x">Linux</OS>
      <USER_DEF><VALUE_1>a</VALUE_1><VALUE_1>b</VALUE_1></USER_DEF>`);
    expect(row).toMatchObject({
      LastScanDateTime: null,
      LastVMScannedDateTime: '9999-12-31T23:59:59Z',
      LastVMScannedDuration: null,
      IPAddress: '10.0.0.1',
      OperatingSystem: null,
      HostRecord: {
        LAST_SCAN_DATETIME: '0000-01-01T00:00:00Z',
        LAST_VM_SCANNED_DURATION: '99999999999',
        IP: '10.0.0.2',
        OS: { '@vendor': 'x', '#text': 'Linux' },
        USER_DEF: { VALUE_1: ['a', 'b'] },
      },
    });
  });

  test('hold tags as an array even when there is one or none', () => {
    expect(rowOf('<TAGS><TAG><TAG_ID>1</TAG_ID><NAME><![CDATA[a & b]]></NAME></TAG></TAGS>').Tags).toEqual([
      { TAG_ID: '1', NAME: 'a & b' },
    ]);
    expect(rowOf('<TAGS></TAGS>').Tags).toEqual([]);
    expect(rowOf('').Tags).toBeNull();
    expect(rowOf('<TAGS><TAG/><OTHER/></TAGS>')).toMatchObject({
      Tags: null,
      HostRecord: { TAGS: { TAG: '', OTHER: '' } },
    });
  });

  test('are complete whatever the order of the elements', () => {
    const { rows } = decode(
      pageOf(
        `<HOST><DETECTION_LIST>${detectionOf('1')}</DETECTION_LIST><IP>10.0.0.1</IP><TAGS><TAG/></TAGS><ID>7</ID></HOST>`,
      ),
    );
    expect(rows).toMatchObject([
      { HostId: '7', IPAddress: '10.0.0.1', Tags: [''], DetectionCount: 1, ParseError: null },
    ]);
  });
});

describe('detections of a host', () => {
  test('are an array in the vendor’s names and order, with scalars as strings', () => {
    const detection = `<DETECTION><QID>105</QID><SEVERITY>5</SEVERITY><QDS severity="HIGH">75</QDS><FQDN><![CDATA[a.b]]></FQDN>
      <NEW><SUB n="1"/><SUB><![CDATA[2]]></SUB></NEW><X/></DETECTION>`;
    expect(JSON.stringify(rowOf('', detection).DetectionList)).toBe(
      '{"DETECTION":[{"QID":"105","SEVERITY":"5","QDS":{"@severity":"HIGH","#text":"75"},"FQDN":"a.b",' +
        '"NEW":{"SUB":[{"@n":"1"},"2"]},"X":""}]}',
    );
  });

  test('have RESULTS as an object, also when it is empty or plain text', () => {
    const forms = [
      '<RESULTS/>',
      '<RESULTS></RESULTS>',
      '<RESULTS><![CDATA[]]></RESULTS>',
      '<RESULTS> a &amp;\tb </RESULTS>',
    ];
    const results = rowOf('', forms.map((form) => detectionOf('1', form)).join('')).DetectionList.DETECTION.map(
      (d) => d.RESULTS,
    );
    expect(results).toEqual(['', '', '', 'a &\tb'].map((text) => ({ '#cdata-section': text })));
  });

  test('keep text inside CDATA to the byte and drop white space around it', () => {
    const text = '\r\n a\tb&lt;"\\/é€𝄞\u007f\u2028]] > \n';
    const results = `<RESULTS>\n   <![CDATA[${text}]]>\n  </RESULTS>`;
    expect(rowOf('', detectionOf('1', results)).DetectionList.DETECTION[0]?.RESULTS).toEqual({
      '#cdata-section': text,
    });
  });

  test('have several CDATA sections joined', () => {
    const results = '<RESULTS><![CDATA[a]]]]>\n <![CDATA[>b ]]> c <!-- no --><![CDATA[]]>d </RESULTS>';
    expect(rowOf('', detectionOf('1', results)).DetectionList.DETECTION[0]?.RESULTS).toEqual({
      '#cdata-section': 'a]]>b  c d',
    });
  });

  test('keep markup inside RESULTS as text', () => {
    const results = '<RESULTS> <b class="x">bold</b> and <br/>\n <!-- no --> <i>&lt;</i> end </RESULTS>';
    expect(rowOf('', detectionOf('1', results)).DetectionList.DETECTION[0]?.RESULTS).toEqual({
      '#cdata-section': '<b class="x">bold</b> and <br/>\n  <i><</i> end',
    });
  });

  test('without QID, id or status are kept as they are', () => {
    expect(rowOf('', '<DETECTION><TYPE>Info</TYPE></DETECTION><DETECTION/>')).toMatchObject({
      DetectionList: { DETECTION: [{ TYPE: 'Info' }, {}] },
      DetectionCount: 2,
    });
  });

  test('leave one row with an empty list where there are none', () => {
    for (const host of ['<HOST><ID>7</ID></HOST>', hostOf('7')]) {
      expect(decode(pageOf(host)).rows).toMatchObject([
        { HostId: '7', DetectionList: { DETECTION: [] }, DetectionCount: 0, PartNumber: 1, PartCount: 1 },
      ]);
    }
  });
});

describe.skipIf(!existsSync(RECORDED))('recorded answers', () => {
  test('of the detection API give no rows but no error either, others are told apart', async () => {
    const files = readdirSync(RECORDED).filter((file) => file.endsWith('.xml'));
    const told = await Promise.all(
      files.map(async (file) => {
        try {
          return [file, (await decodeAnswer(readFileSync(resolve(RECORDED, file)))).rows.length];
        } catch (error) {
          return [file, error instanceof VendorDocumentError ? error.root : String(error)];
        }
      }),
    );
    expect(Object.fromEntries(told as [string, unknown][])).toEqual({
      'host-detections-1.xml': 'HOST_LIST_OUTPUT',
      'host-detections-2.xml': 0,
      'host-detections-bad-id.xml': 'SIMPLE_RETURN',
      'host-detections-unknown-id.xml': 0,
      'host-ids-none.xml': 'HOST_LIST_OUTPUT',
      'host-ids.xml': 'HOST_LIST_OUTPUT',
      'knowledge-base.xml': 'KNOWLEDGE_BASE_VULN_LIST_OUTPUT',
      'rate-limited.xml': 'ServiceResponse',
      'verify-authentication-expired.xml': 'SIMPLE_RETURN',
      'verify-authentication.xml': 'ServiceResponse',
    });
  });
});
