import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../../../src/lib/errors.ts';
import { readIdSet } from '../../../../src/lib/qualys/vm/read-id-set.ts';
import { VendorDocumentError } from '../../../../src/lib/qualys/vm/xml/vendor-document-error.ts';

// eslint-disable-next-line @typescript-eslint/require-await
async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const document = (content: string): string =>
  `<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE HOST_LIST_OUTPUT SYSTEM "https://host.example/host_list_output.dtd">\n<!-- note //-->\n<HOST_LIST_OUTPUT>\n  <RESPONSE>\n    <DATETIME>2026-01-01T00:00:00Z</DATETIME>\n${content}\n  </RESPONSE>\n</HOST_LIST_OUTPUT>\n<!-- CONFIDENTIAL & so on //-->\n`;

const warning = (url: string, code = '1980'): string =>
  `<WARNING><CODE>${code}</CODE><TEXT>2 record limit exceeded.</TEXT><URL>\n<![CDATA[${url}]]></URL></WARNING>`;

const NEXT = 'https://elsewhere.example/api/2.0/fo/asset/host/?action=list&details=None&id_min=12345678901234567';
const FULL = document(
  `<ID_SET><ID>7</ID>\n<ID_RANGE>10-12</ID_RANGE><ID> 9007199254740993 </ID></ID_SET>${warning(NEXT)}`,
);

const read = (body: AsyncIterable<Uint8Array>) => readIdSet(body, 'HOST_LIST_OUTPUT');

describe('readIdSet', () => {
  test('reads ids, ranges and the next page however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (size) => {
        expect(await read(inPieces(FULL, size))).toEqual({
          ranges: [
            { first: 7n, last: 7n },
            { first: 10n, last: 12n },
            { first: 9007199254740993n, last: 9007199254740993n },
          ],
          nextIdMin: 12345678901234567n,
        });
      }),
    );
  });

  test('reads long lists of ids in whatever form XML allows, however the bytes are cut', async () => {
    const forms: readonly ((id: number) => string)[] = [
      (id) => `<ID>${id}</ID>`,
      (id) => `\n      <ID>${id}</ID>\n`,
      (id) => `<ID> ${id}</ID>`,
      (id) => `<ID >${id}</ID >`,
      (id) => `<ID a="1">${id}</ID>`,
      (id) => `<ID>&#48;${id}</ID>`,
      (id) => `<ID><![CDATA[${id}]]></ID>`,
      (id) => `<!-- <ID>1</ID> --><ID>${id}</ID>`,
      (id) => `<ID_RANGE>${id}-${id}</ID_RANGE>`,
      (id) => `<ID_RANGE>${id} - ${id}</ID_RANGE>`,
    ];
    const plain = fc.record({ id: fc.integer({ min: 1, max: 10 ** 12 }), form: fc.nat(1) });
    const odd = fc.record({ id: fc.integer({ min: 1, max: 10 ** 12 }), form: fc.nat(forms.length - 1) });
    const items = fc.array(fc.oneof({ weight: 3, arbitrary: plain }, odd), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 700 }), async (list, size) => {
        const text = list.map(({ id, form }) => forms[form]?.(id)).join('');
        const ranges = list.map(({ id }) => ({ first: BigInt(id), last: BigInt(id) }));
        expect(await read(inPieces(document(`<ID_SET>${text}</ID_SET>`), size))).toEqual({ ranges });
      }),
    );
  });

  test('no ids are no error', async () => {
    expect(await read(inPieces(document(''), 50))).toEqual({ ranges: [] });
    expect(await read(inPieces(document('<ID_SET/>'), 50))).toEqual({ ranges: [] });
  });

  test('another warning than 1980 is the last page', async () => {
    expect(await read(inPieces(document(warning(NEXT, '1234')), 50))).toEqual({ ranges: [] });
  });

  test('an escaped URL is read as well as one in CDATA', async () => {
    const escaped = '<WARNING><CODE>1980</CODE><URL>https://x.example/?a=1&amp;id_min=5&amp;b=2</URL></WARNING>';
    expect(await read(inPieces(document(escaped), 50))).toMatchObject({ nextIdMin: 5n });
  });

  test.each(['', 'https://x.example/', 'https://x.example/?id_min=', 'https://x.example/?id_min=abc', '?id_min=-1'])(
    'a truncation whose URL is %j is an error',
    async (url) => {
      await expect(read(inPieces(document(warning(url)), 50))).rejects.toMatchObject({
        name: expect.stringMatching(/^(Retryable|MalformedXml)Error$/) as string,
        scope: 'answer',
      });
    },
  );

  test.each(['</IDS>', '</I>', '', '</ID', '<ID>2</ID>'])(
    'ids, the last of which ends with %j, are an error',
    async (end) => {
      const text = document(`<ID_SET><ID>1</ID><ID>2</ID><ID>3${end}</ID_SET>`);
      await expect(read(inPieces(text, 1000))).rejects.toMatchObject({
        name: expect.stringMatching(/^(Retryable|MalformedXml)Error$/) as string,
        scope: 'answer',
      });
    },
  );

  test('numbers under another name are no ids', async () => {
    const text = document('<ID_SET><ID>1</ID><IDX>2</IDX><IDX>3</IDX><ID>4</ID></ID_SET><ID_SET><IDX>5</IDX></ID_SET>');
    expect(await read(inPieces(text, 1000))).toMatchObject({ ranges: [{ first: 1n }, { first: 4n }] });
  });

  test.each(['abc', '', '1-2-3', '5-4', '-1', '1.5', '1'.repeat(20)])('the id %j is an error', async (id) => {
    const text = document(`<ID_SET><ID>${id}</ID></ID_SET>`);
    await expect(read(inPieces(text, 50))).rejects.toThrow('holds one that is none');
  });

  test('a document that ends anywhere early is an error, never a short list', async () => {
    const end = FULL.indexOf('</HOST_LIST_OUTPUT>') + '</HOST_LIST_OUTPUT'.length;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: end }), async (length) => {
        const outcome = await read(inPieces(FULL.slice(0, length), 64)).catch((error: unknown) => error);
        if (!(outcome instanceof VendorDocumentError)) expect(outcome).toBeInstanceOf(RetryableError);
      }),
    );
  });

  test('malformed XML is an error', async () => {
    await expect(read(inPieces(document('<ID_SET><ID>1</ID_SET>'), 50))).rejects.toBeInstanceOf(RetryableError);
  });

  test.each([
    '',
    'plain words',
    '<html><body>x</body></html>',
    '<SIMPLE_RETURN><RESPONSE/></SIMPLE_RETURN>',
    '{"a":1}',
  ])('%j is another document', async (text) => {
    const found = await read(inPieces(text, 3)).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(VendorDocumentError);
    expect(found).toMatchObject({ text });
  });

  test('of another document only the start is kept', async () => {
    const found = read(inPieces(`<OTHER>${'x'.repeat(200_000)}`, 1000));
    await expect(found).rejects.toHaveProperty('text.length', 65_536);
  });

  test('an element of many megabytes is refused', async () => {
    const text = document(`<ID_SET><ID>${'1'.repeat(300_000)}</ID></ID_SET>`);
    await expect(read(inPieces(text, 10_000))).rejects.toBeInstanceOf(RetryableError);
  });

  test('an id where none belongs is not read', async () => {
    expect(await read(inPieces(document('<HOST_LIST><HOST><ID>5</ID></HOST></HOST_LIST>'), 50))).toEqual({
      ranges: [],
    });
  });
});
