import { describe, expect, test } from 'vitest';
import {
  VULNERABILITY_LIST,
  VULNERABILITY_TABLE,
} from '../../../../src/lib/streams/vm-knowledge-base/vulnerability-table.ts';
import { decodePage, fixture } from '../decode-lists.ts';

const OPTIONS = { shape: VULNERABILITY_LIST, table: VULNERABILITY_TABLE };

const page = (vulnerability: string): string =>
  `<KNOWLEDGE_BASE_VULN_LIST_OUTPUT><RESPONSE><DATETIME>2026-03-01T00:00:00Z</DATETIME><VULN_LIST>${vulnerability}</VULN_LIST></RESPONSE></KNOWLEDGE_BASE_VULN_LIST_OUTPUT>`;

describe('a page of the KnowledgeBase', () => {
  test('gives the rows that stand beside it', () => {
    const { rows, end } = decodePage(fixture('vm-knowledge-base', 'page-1.xml'), OPTIONS, 100);
    expect(rows).toEqual(JSON.parse(fixture('vm-knowledge-base', 'expected.json')));
    expect(end).toEqual({ records: 2, ids: [], highestId: 910002n, unreadable: 0, illegalCharacters: 0 });
  });

  test('never cuts a text: what fits no field is spread over rows and joins to the whole', () => {
    const solution = `<P>${'Rüdiger & "Söhne" \\ ]] '.repeat(6_000)}`;
    const { rows } = decodePage(
      page(
        `<VULN><QID>7</QID><TITLE>t</TITLE><SOLUTION><![CDATA[${solution}]]></SOLUTION><CATEGORY>c</CATEGORY></VULN>`,
      ),
      OPTIONS,
    );
    expect(rows.length).toBeGreaterThan(2);
    expect(rows[0]).toMatchObject({ QID: '7', VulnTitle: 't', Category: 'c', PartNumber: 1, PartCount: rows.length });
    expect(rows.every((row) => row.QID === '7' && row.Solution === undefined)).toBe(true);
    const record = JSON.parse(rows.map(({ RecordPart }) => String(RecordPart)).join('')) as Record<string, unknown>;
    expect(record).toEqual({ QID: '7', TITLE: 't', SOLUTION: solution, CATEGORY: 'c' });
  });

  test('is one row where several long texts fit a field each', () => {
    const text = 'x'.repeat(50_000);
    const { rows } = decodePage(
      page(`<VULN><QID>7</QID><DIAGNOSIS>${text}</DIAGNOSIS><CONSEQUENCE>${text}</CONSEQUENCE></VULN>`),
      OPTIONS,
    );
    expect(rows).toMatchObject([{ Diagnosis: text, Consequence: text, Record: {}, PartCount: 1 }]);
  });
});
