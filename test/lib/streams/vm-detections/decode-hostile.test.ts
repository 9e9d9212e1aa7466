import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../../../src/lib/errors.ts';
import { VendorDocumentError } from '../../../../src/lib/qualys/vm/xml/vendor-document-error.ts';
import { createVmPageDecoder } from '../../../../src/lib/streams/vm-detections/decode-page.ts';
import { decode, decodeAnswer, detectionOf, GENERATED_AT, hostOf, pageOf } from './decode-support.ts';

function failure(document: string | Uint8Array, sizes: readonly number[] = []): Error {
  try {
    decode(document, sizes);
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was decoded');
}

describe('a document that is no page', () => {
  const documents: readonly (readonly [string, string])[] = [
    ['<SIMPLE_RETURN><RESPONSE><CODE>1965</CODE></RESPONSE></SIMPLE_RETURN>', 'SIMPLE_RETURN'],
    ['<?xml version="1.0"?>\n<!DOCTYPE GENERIC_RETURN>\n<GENERIC_RETURN><RETURN/></GENERIC_RETURN>', 'GENERIC_RETURN'],
    ['<!DOCTYPE html><html lang=en><body>Bad gateway<br></html>', 'html'],
    ['<!doctype html>\n<html><p>Not found</html>', 'html'],
    ['  <HTML><body></HTML>', 'HTML'],
    ['', ''],
    [' \r\n ', ''],
    ['Internal error', ''],
    ['{"error":"no"}', ''],
    ['\u0000\u0000', ''],
  ];

  test.each(documents)('is told apart: %j', async (document, root) => {
    for (const size of [Infinity, 1, 3]) {
      const error = await decodeAnswer(document, size).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(VendorDocumentError);
      expect(error).toMatchObject({ root, text: document });
    }
  });

  test('is given up after 64 KiB', async () => {
    await expect(decodeAnswer(`<html>${'x'.repeat(120_000)}`, 60_000)).rejects.toMatchObject({
      root: 'html',
      text: expect.stringMatching(/^<html>x{65530}$/) as string,
    });
  });
});

describe('a page that is broken', () => {
  const page = pageOf(
    hostOf('7', '<OS><![CDATA[é]]></OS>', detectionOf('1', '<QDS severity="LOW">1</QDS><RESULTS>&lt;</RESULTS>')),
  );

  test('is an error wherever it is cut off', () => {
    const bytes = Buffer.from(page);
    const end = bytes.lastIndexOf('>', bytes.indexOf('<!-- CONFIDENTIAL') - 1);
    for (let length = 1; length <= end; length++) {
      expect(failure(bytes.subarray(0, length)), `cut at ${length}`).toBeInstanceOf(RetryableError);
    }
  });

  test.each([
    ['</QID>', '</QIDX>', 'expected "</QID>"'],
    ['<QID>', '<QID a="1" a="2">', 'attribute "a" twice'],
    ['<QID>', '<QID a=1>', 'quoted'],
    ['<QID>', '<QID a="<">', '"<" in an attribute'],
    ['&lt;', '&nbsp;', 'unknown or malformed reference "&nbsp;"'],
    ['&lt;', '&#xZ;', 'unknown or malformed reference'],
    ['&lt;', 'a & b', '"&" without ";"'],
    ['&lt;', ']]>', '"]]>" in text'],
    ['<QID>', '<!-- a -- b --><QID>', '"--" in a comment'],
    ['<QID>', '<?xml version="1.0"?><QID>', 'XML declaration'],
    ['<QID>', '<1QID>', 'expected a name'],
    ['<!-- CONFIDENTIAL -->', '<a/>', 'a second root element'],
    ['<!-- CONFIDENTIAL -->', 'text', 'text outside the root'],
    ['<DATETIME>', 'Internal error<DATETIME>', 'text in RESPONSE'],
    ['<HOST>', '<![CDATA[x]]><HOST>', 'CDATA in HOST_LIST'],
    ['encoding="UTF-8"', 'encoding="UTF-16"', 'only UTF-8 is read'],
  ])('is an error: %s → %s', (from, to, why) => {
    const broken = page.replace(from, to);
    for (const size of [Infinity, 7]) expect(failure(broken, [size]).message).toContain(why);
  });

  test('says at which byte', () => {
    const broken = page.replace('</QID>', '</QIT>');
    expect(failure(broken, [5]).message).toContain(
      `at byte ${Buffer.from(broken).indexOf('</QIT>')}: expected "</QID>"`,
    );
  });

  test('is an error when the vendor reports one in the middle of it', () => {
    const broken = pageOf(hostOf('7'), '<CODE>999</CODE><TEXT>Internal error</TEXT>');
    expect(failure(broken)).toMatchObject({
      message: expect.stringContaining('999 Internal error') as string,
      fault: { code: '999' },
    });
  });
});

describe('hostile input', () => {
  test('with thousands of entities declared is read, and none of them known; with a million it is refused', () => {
    const declaring = (count: number): string => {
      const entities = '<!ENTITY e "&e;&e;>"> <!-- " --> <?p "?>'.repeat(count);
      const doctype = `<!DOCTYPE HOST_LIST_VM_DETECTION_OUTPUT SYSTEM "file:///etc/passwd" [${entities}]>`;
      return pageOf(hostOf('7')).replace(/<!DOCTYPE[^>]*>/, () => doctype);
    };
    for (const size of [7, 65_536]) expect(decode(declaring(1_500), [size]).rows.length).toBe(1);
    expect(failure(declaring(1_000_000), [65_536]).message).toContain('a document type declaration above 65536 bytes');
    const refers = pageOf(hostOf('&e0;')).replace(/<!DOCTYPE[^>]*>/, '<!DOCTYPE x [<!ENTITY e0 "1">]>');
    expect(failure(refers, [65_536]).message).toContain('unknown or malformed reference "&e0;"');
  });

  test('nests no deeper than 64', () => {
    const nested = (depth: number): string => pageOf(hostOf('7', '<A>'.repeat(depth) + '</A>'.repeat(depth)));
    expect(decode(nested(60)).rows.length).toBe(1);
    expect(failure(nested(61)).message).toContain('nest deeper than 64');
  });

  test('ends a tag within 64 KiB', () => {
    expect(failure(pageOf(hostOf('7', `<A ${'b'.repeat(70_000)}`)), [1_000]).message).toMatch(
      /a tag above|a name above/,
    );
    expect(failure(pageOf(hostOf('7', `<A b="${'b'.repeat(70_000)}"/>`)), [1_000]).message).toContain(
      'a tag above 65536 bytes',
    );
  });

  test('has illegal characters replaced and counted, as bytes and as references, inside and between elements', () => {
    const page = pageOf(
      `\u0001${hostOf('7', '<OS>a\u0000b</OS>\u001f', detectionOf('1', '<RESULTS><![CDATA[\u0008\ufffe]]></RESULTS><X>&#0;&#xD800;&#x110000;</X>'))}`,
    );
    const { end, rows } = decode(page);
    expect(end.illegalCharacters).toBe(8);
    expect(rows).toMatchObject([
      {
        OperatingSystem: 'a\ufffdb',
        HostRecord: { '#text': '\ufffd' },
        DetectionList: { DETECTION: [{ RESULTS: { '#cdata-section': '\ufffd\ufffd' }, X: '\ufffd\ufffd\ufffd' }] },
      },
    ]);
  });

  test('has ill-formed UTF-8 replaced and counted', () => {
    const [before = '', after = ''] = pageOf(hostOf('7', '<OS>@</OS>')).split('@');
    const page = Buffer.concat([
      Buffer.from(before),
      Buffer.from([0xc3, 0x28, 0xe2, 0x82, 0xed, 0xa0, 0x80]),
      Buffer.from(after),
    ]);
    const { end, rows } = decode(page, [3]);
    expect(rows[0]?.OperatingSystem).toBe('\ufffd(\ufffd\ufffd\ufffd\ufffd');
    expect(end.illegalCharacters).toBe(5);
  });

  test('with a byte order mark is read', () => {
    expect(decode(`\ufeff${pageOf(hostOf('7'))}`, [2]).rows.length).toBe(1);
  });

  test('of 100 MB in one element leaves the memory flat', () => {
    const [before = '', after = ''] = pageOf(
      hostOf('7', '', detectionOf('1', '<RESULTS><![CDATA[@]]></RESULTS>')),
    ).split('@');
    const decoder = createVmPageDecoder({ generatedAt: GENERATED_AT });
    const block = Buffer.alloc(65_536, 'x');
    let [bytes, largest] = [0, 0];
    decoder.write(Buffer.from(before));
    for (let n = 0; n < 1_600; n++) {
      const chunks = decoder.write(block);
      largest = Math.max(largest, chunks.length);
      bytes += chunks.reduce((sum, chunk) => sum + chunk.json.length, 0);
    }
    const last = [...decoder.write(Buffer.from(after)), ...decoder.end().chunks];
    expect(last.reduce((sum, chunk) => sum + chunk.json.length, bytes)).toBeGreaterThan(1_600 * 65_536);
    // What comes out stays close behind what goes in: at most the rows that wait, some 3 MB.
    expect(largest).toBeLessThan(6);
  });
});
