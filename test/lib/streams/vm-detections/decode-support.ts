import type { VmChunk, VmPageEnd, VmPageOptions } from '../../../../src/lib/streams/vm-detections/vm-page.ts';
import { createVmPageDecoder } from '../../../../src/lib/streams/vm-detections/decode-page.ts';
import { ownDocument } from '../../../../src/lib/qualys/vm/own-document.ts';
import { DETECTION_ROOT } from '../../../../src/lib/streams/vm-detections/host-table.ts';
import type { ReferenceHost } from './reference-page.ts';

/** A row as the sink sees it. */
export type Row = Record<string, unknown> & {
  readonly HostId: string | null;
  readonly DetectionList: { readonly DETECTION: readonly Detection[] };
  readonly DetectionCount: number;
  readonly RowKey: string;
  readonly PartNumber: number;
  readonly PartCount: number | null;
  readonly RecordPart: string | null;
  readonly ParseError: string | null;
};

/** A detection of a row. */
export type Detection = Record<string, unknown> & { readonly RESULTS?: { readonly '#cdata-section': string } };

/** All that came of a page. */
export interface Decoded {
  readonly rows: Row[];
  readonly chunks: VmChunk[];
  readonly end: VmPageEnd;
  /** The rows as text. */
  readonly texts: string[];
}

export const GENERATED_AT = new Date('2026-03-01T12:00:00Z');

/** Decodes a page that comes in portions: of one size, or each as large as the next of `sizes` says, over and over. */
export function decode(
  page: string | Uint8Array,
  sizes: readonly number[] = [],
  options: Partial<VmPageOptions> = {},
): Decoded {
  const bytes = typeof page === 'string' ? Buffer.from(page) : page;
  const decoder = createVmPageDecoder({ generatedAt: GENERATED_AT, ...options });
  const chunks: VmChunk[] = [];
  for (let from = 0, n = 0; from < bytes.length; n++) {
    const size = sizes.length === 0 ? bytes.length : Math.max(1, sizes[n % sizes.length] ?? 1);
    chunks.push(...decoder.write(bytes.subarray(from, from + size)));
    from += size;
  }
  const { chunks: last, end } = decoder.end();
  chunks.push(...last);
  const rows = chunks.flatMap((chunk) => JSON.parse(Buffer.from(chunk.json).toString()) as Row[]);
  return { rows, chunks, end, texts: rows.map((row) => JSON.stringify(row)) };
}

/** The same for an answer that may be another document. @throws VendorDocumentError for that. */
export async function decodeAnswer(answer: string | Uint8Array, size = Infinity): Promise<Decoded> {
  const bytes = Buffer.from(answer as string);
  // eslint-disable-next-line @typescript-eslint/require-await
  const body = (async function* () {
    for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
  })();
  const own: Uint8Array[] = [];
  for await (const part of ownDocument(body, DETECTION_ROOT)) own.push(part);
  return decode(Buffer.concat(own), [size]);
}

/** A page with this inside HOST_LIST. */
export function pageOf(hosts: string, after = ''): string {
  return `<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE HOST_LIST_VM_DETECTION_OUTPUT SYSTEM "https://qualysapi.example.com/output.dtd">
<HOST_LIST_VM_DETECTION_OUTPUT>
  <RESPONSE>
    <DATETIME>2026-03-01T00:00:00Z</DATETIME>
    <HOST_LIST>
${hosts}
    </HOST_LIST>
${after}  </RESPONSE>
</HOST_LIST_VM_DETECTION_OUTPUT>
<!-- CONFIDENTIAL -->
`;
}

/** A host with these further elements and detections. */
export function hostOf(id: string, elements = '', detections = ''): string {
  return `<HOST><ID>${id}</ID>${elements}<DETECTION_LIST>${detections}</DETECTION_LIST></HOST>`;
}

/** A detection with these further elements. */
export function detectionOf(id: string, elements = ''): string {
  return `<DETECTION><UNIQUE_VULN_ID>${id}</UNIQUE_VULN_ID><QID>38170</QID>${elements}</DETECTION>`;
}

/** A WARNING that names the next page. */
export function warningOf(url: string): string {
  return `<WARNING><CODE>1980</CODE><TEXT>1 record limit exceeded.</TEXT><URL><![CDATA[${url}]]></URL></WARNING>`;
}

/** The hosts that rows tell of, with the parts of each joined again. */
export function joinRows(rows: readonly Row[]): ReferenceHost[] {
  const hosts: Row[][] = [];
  for (const row of rows) {
    if (row.PartNumber === 1) hosts.push([row]);
    else hosts.at(-1)?.push(row);
  }
  return hosts.map(joinHost);
}

const OWN_COLUMNS = new Set([
  'TimeGenerated',
  'DetectionList',
  'DetectionCount',
  'ReportType',
  'ReportTime',
  'RowKey',
  'PartNumber',
  'PartCount',
  'RecordPart',
  'ParseError',
]);
const EXTRAS = new Set(['Tags', 'Metadata', 'CloudProviderTags', 'HostRecord']);

function joinHost(rows: readonly Row[]): ReferenceHost {
  const first = Object.entries(rows[0] ?? {});
  const columns = first.filter(([name]) => !OWN_COLUMNS.has(name) && !EXTRAS.has(name));
  const extras = first.filter(([name]) => EXTRAS.has(name));
  const detections: Detection[] = [];
  for (const { DetectionList: list } of rows) {
    for (const [index, detection] of list.DETECTION.entries()) {
      const previous = detections.at(-1);
      const text = isContinuation(detection) && index === 0 ? detection.RESULTS['#cdata-section'] : undefined;
      if (text === undefined || previous?.RESULTS === undefined) detections.push(detection);
      else {
        const joined = { ...previous.RESULTS, '#cdata-section': previous.RESULTS['#cdata-section'] + text };
        detections[detections.length - 1] = { ...previous, RESULTS: joined };
      }
    }
  }
  return {
    columns: Object.fromEntries(columns),
    extras: Object.fromEntries(extras),
    detections,
  } as unknown as ReferenceHost;
}

/** Continuations carry nothing but these two; no detection of a test does. */
export function isContinuation(detection: Detection): detection is Detection & Required<Pick<Detection, 'RESULTS'>> {
  return (
    detection.RESULTS !== undefined &&
    Object.keys(detection).every((key) => key === 'UNIQUE_VULN_ID' || key === 'RESULTS')
  );
}
