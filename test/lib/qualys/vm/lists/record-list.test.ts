import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../../../../src/lib/errors.ts';
import { MAX_RECORD_BYTES, type ListShape } from '../../../../../src/lib/qualys/vm/lists/record-list-state.ts';
import { createRecordListReader, type ListEnd } from '../../../../../src/lib/qualys/vm/lists/record-list.ts';

const SHAPE: ListShape = { root: 'HOST_LIST_OUTPUT', list: 'HOST_LIST', record: 'HOST', id: 'ID' };

interface Read {
  readonly records: { readonly id: string | undefined; readonly value: unknown }[];
  readonly long: { readonly id: string | undefined; readonly xml: string }[];
  readonly end: ListEnd;
}

function read(document: string | Uint8Array, size = 1 << 20): Read {
  const bytes = Buffer.from(document as string);
  const records: Read['records'] = [];
  const long: { id: string | undefined; xml: string }[] = [];
  let open: Buffer[] = [];
  const reader = createRecordListReader(SHAPE, {
    record: (json, id) => void records.push({ id, value: JSON.parse(Buffer.from(json, 'latin1').toString()) }),
    long: (xml, isLast, { id }) => {
      open.push(Buffer.from(xml));
      if (!isLast) return;
      long.push({ id, xml: Buffer.concat(open).toString('utf8') });
      open = [];
    },
  });
  for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size));
  return { records, long, end: reader.end() };
}

const page = (content: string): string =>
  `<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE HOST_LIST_OUTPUT SYSTEM "https://host.example/host_list_output.dtd">
<!-- note //-->
<HOST_LIST_OUTPUT><RESPONSE><DATETIME>2026-01-01T00:00:00Z</DATETIME>${content}</RESPONSE></HOST_LIST_OUTPUT>
<!-- CONFIDENTIAL & so on //-->\n`;

const warning = (url: string, code = '1980'): string =>
  `<WARNING><CODE>${code}</CODE><TEXT>2 record limit exceeded.</TEXT><URL><![CDATA[${url}]]></URL></WARNING>`;

const TWO = page(
  `<HOST_LIST>
  <HOST><ID>7</ID><DNS>\n <![CDATA[a<b> & "c"]]>\n</DNS><TAGS><TAG><NAME>x</NAME></TAG><TAG><NAME>y</NAME></TAG></TAGS></HOST>
  </HOST_LIST><HOST_LIST><HOST n="1"><ID>9007199254740993</ID><OS/>&lt;mixed&gt;</HOST></HOST_LIST>
  ${warning('https://elsewhere.example/?a=1&id_min=9007199254740994')}`,
);

describe('a list', () => {
  test('is read the same however its bytes are cut', () => {
    const wanted = {
      records: [
        {
          id: '7',
          value: { ID: '7', DNS: 'a<b> & "c"', TAGS: { TAG: [{ NAME: 'x' }, { NAME: 'y' }] } },
        },
        { id: '9007199254740993', value: { '@n': '1', ID: '9007199254740993', OS: '', '#text': '<mixed>' } },
      ],
      long: [],
      end: { nextIdMin: '9007199254740994', illegalCharacters: 0 },
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (size) => {
        expect(read(TWO, size)).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  test('cut off anywhere is an error, never a short list', () => {
    const whole = TWO.lastIndexOf('</HOST_LIST_OUTPUT>') + '</HOST_LIST_OUTPUT>'.length;
    for (let length = 0; length < whole; length += 5) {
      expect(() => read(TWO.slice(0, length))).toThrow(RetryableError);
    }
  });

  test.each([
    ['no records', page('')],
    ['an empty list', page('<HOST_LIST/>')],
    ['ids instead of records', page('<ID_SET><ID>5</ID></ID_SET>')],
  ])('of %s holds none', (_, document) => {
    expect(read(document)).toEqual({ records: [], long: [], end: { illegalCharacters: 0 } });
  });

  test.each([
    ['text between its records', page('<HOST_LIST>x<HOST><ID>1</ID></HOST></HOST_LIST>')],
    ['crossing tags', page('<HOST_LIST><HOST><ID>1</HOST></ID></HOST_LIST>')],
    ['an entity of its own', page('<HOST_LIST><HOST><ID>&big;</ID></HOST></HOST_LIST>')],
    ['no RESPONSE', '<HOST_LIST_OUTPUT></HOST_LIST_OUTPUT>'],
    ['a second root', `${page('')}<HOST_LIST_OUTPUT/>`],
    ['elements without end', page(`<HOST_LIST><HOST>${'<A>'.repeat(100)}`)],
  ])('with %s is an error', (_, document) => {
    expect(() => read(document)).toThrow(RetryableError);
  });

  test('with an error inside names the vendor’s code and text', () => {
    const document = page('<HOST_LIST><HOST><ID>1</ID></HOST></HOST_LIST><CODE>999</CODE><TEXT>Internal error</TEXT>');
    expect(() => read(document)).toThrow('999 Internal error');
  });

  test.each(['', 'https://x.example/', 'https://x.example/?id_min=abc'])(
    'that is cut without a next page (%j) is an error',
    (url) => {
      expect(() => read(page(warning(url)))).toThrow('the next page is unknown');
    },
  );

  test('with a warning of another code and no URL ends', () => {
    expect(read(page('<WARNING><CODE>1234</CODE><TEXT>note</TEXT></WARNING>')).end.nextIdMin).toBeUndefined();
  });

  test('replaces what XML forbids and counts it', () => {
    const bytes = Buffer.concat([
      Buffer.from(page('<HOST_LIST><HOST><ID>1</ID><DNS>a').split('</RESPONSE>')[0]!),
      Buffer.from([0x01, 0xff]),
      Buffer.from('b</DNS></HOST></HOST_LIST></RESPONSE></HOST_LIST_OUTPUT>'),
    ]);
    const { records, end } = read(bytes, 7);
    expect(records[0]?.value).toEqual({ ID: '1', DNS: 'a\uFFFD\uFFFDb' });
    expect(end.illegalCharacters).toBe(2);
  });

  test('keeps names that mean something to JavaScript', () => {
    const { records } = read(page('<HOST_LIST><HOST><ID>1</ID><__proto__>x</__proto__></HOST></HOST_LIST>'));
    expect(Object.keys(records[0]!.value as object)).toEqual(['ID', '__proto__']);
  });

  test('takes the first id of a record that has several, and none that is no text', () => {
    const { records } = read(
      page(
        '<HOST_LIST><HOST><ID/><ID>1</ID><ID>2</ID></HOST><HOST><ID a="b">3</ID></HOST><HOST><A><ID>4</ID></A></HOST></HOST_LIST>',
      ),
    );
    expect(records.map(({ id }) => id)).toEqual(['1', undefined, undefined]);
  });
});

describe('a record too long to be held', () => {
  const before = '<HOST><ID>1</ID></HOST>';
  const after = '<HOST><ID>3</ID></HOST>';

  test.each([
    ['one huge text', `<X>${'y'.repeat(MAX_RECORD_BYTES + 5)}</X>`],
    ['a huge CDATA section', `<X><![CDATA[${'<z>'.repeat(500_000)}]]></X>`],
    ['a comment above all bounds', `<X><!-- ${'c'.repeat(MAX_RECORD_BYTES)} --></X>`],
    ['a huge element and smaller ones', `<X>${'y'.repeat(MAX_RECORD_BYTES + 5)}</X>\n<Y a="b"/>text`],
  ])('of %s gives what does not fit as XML, and all else as records', (_, huge) => {
    const document = page(`<HOST_LIST>${before}<HOST><ID>2</ID>${huge}</HOST>${after}</HOST_LIST>`);
    for (const size of [1 << 20, 65_536]) {
      const { records, long } = read(document, size);
      expect(records).toEqual(['1', '2', '3'].map((id) => ({ id, value: { ID: id } })));
      expect(long).toHaveLength(1);
      expect(long[0]?.id).toBe('2');
      expect(long[0]?.xml === huge).toBe(true);
    }
  });

  test('of very many elements gives those that do not fit as one piece of XML', () => {
    const elements = '<X a="b">1</X>'.repeat(120_000);
    const { records, long } = read(page(`<HOST_LIST><HOST><ID>2</ID>${elements}</HOST></HOST_LIST>`), 65_536);
    expect(long).toHaveLength(1);
    const kept = (records[0]?.value as { X: unknown[] }).X.length;
    expect('<X a="b">1</X>'.repeat(kept) + (long[0]?.xml ?? '') === elements).toBe(true);
  });

  test('of ten megabytes takes no more memory than one of two', () => {
    const reader = createRecordListReader(SHAPE, { record: () => undefined, long: () => undefined });
    reader.write(Buffer.from('<HOST_LIST_OUTPUT><RESPONSE><HOST_LIST><HOST><ID>2</ID><X>'));
    const part = Buffer.alloc(65_536, 'y');
    for (let n = 0; n < 32; n++) reader.write(part);
    const used = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 640; n++) reader.write(part);
    expect(process.memoryUsage().arrayBuffers - used).toBeLessThan(8 * 1024 * 1024);
  });

  test('that is cut off is an error', () => {
    expect(() => read(page(`<HOST_LIST><HOST><X>${'y'.repeat(MAX_RECORD_BYTES * 2)}`))).toThrow(RetryableError);
  });
});
