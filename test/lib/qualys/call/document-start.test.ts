import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createStartFinder, findStart, MOST_START_BYTES } from '../../../../src/lib/qualys/call/document-start.ts';
import { ownDocument } from '../../../../src/lib/qualys/vm/own-document.ts';
import { VendorDocumentError } from '../../../../src/lib/qualys/vm/xml/vendor-document-error.ts';

const BOM = '\uFEFF';
const PROLOG = `<?xml version="1.0" encoding="UTF-8" ?>
<!-- a > b -- <HOST> <!DOCTYPE html> -->
<!DOCTYPE HOST_LIST_OUTPUT SYSTEM "https://host.example/a>b.dtd" [
  <!ENTITY a "]>"> <!-- ' --> <?pi ]> ?> <!ELEMENT b (c)>
]>
<?style > ?>
`;

describe('the start of a body', () => {
  test.each([
    ['<HOST_LIST_OUTPUT/>', { isMarkup: true, root: 'HOST_LIST_OUTPUT', rootAt: 0 }],
    [`${PROLOG}<a:b.c-d x="1">`, { isMarkup: true, root: 'a:b.c-d', rootAt: PROLOG.length }],
    ['<?xml version="1.0"?>', { isMarkup: true }],
    ['<!DOCTYPE HTML PUBLIC "x">', { isMarkup: true, root: 'HTML' }],
    ['<!doctype html>', { isMarkup: true, root: 'html' }],
    ['<1>', { isMarkup: true }],
    ['<!ELEMENT a>', { isMarkup: true }],
    ['<?xml version="1.0"?> text', { isMarkup: true }],
    ['<?xml version="1.0" encoding="us-ascii"?><a>', { isMarkup: true, root: 'a' }],
    ["<?xml encoding='ISO-8859-1'?><a>", { isMarkup: true, root: 'a', encoding: 'ISO-8859-1' }],
    ['<?xml version="1.0" encoding = "windows-1252" standalone="no"?><a>', { root: 'a', encoding: 'windows-1252' }],
    ['[]', { isMarkup: false }],
    ['x <a>', { isMarkup: false }],
    ['\uff1a<a>', { isMarkup: false, blank: 0 }],
    ['', { isMarkup: false, blank: 0 }],
    [` ${BOM}\r\n\t`, { isMarkup: false, blank: 7 }],
    [`${BOM}\n <a>`, { blank: 5, isMarkup: true, root: 'a', rootAt: 5 }],
  ])('%j', (text, expected) => {
    expect(findStart(Buffer.from(text))).toMatchObject(expected);
    if (!('root' in expected)) expect(findStart(Buffer.from(text))).not.toHaveProperty('root');
    if (!('encoding' in expected)) expect(findStart(Buffer.from(text))).not.toHaveProperty('encoding');
  });

  test('tells UTF-16, with and without a mark, and takes no other bytes for it', () => {
    const little = (text: string): Buffer => Buffer.from(text, 'utf16le');
    const big = (text: string): Buffer => little(text).swap16();
    for (const text of ['<a>', ' <a>', '[1]', `${BOM}<a>`, `${BOM}[]`]) {
      expect(findStart(little(text))).toMatchObject({ encoding: 'UTF-16' });
      expect(findStart(big(text))).toMatchObject({ encoding: 'UTF-16' });
    }
    for (const bytes of [
      [0, 0, 0],
      [0xef, 0xbb],
      [0x1f, 0x8b, 8],
    ]) {
      expect(findStart(Uint8Array.from(bytes))).not.toHaveProperty('encoding');
    }
  });

  test('is the same however the body is cut', () => {
    const piece = fc.constantFrom(
      ...['<', '>', '<?', '?>', '<!--', '-->', '<!DOCTYPE', ' [', ']', '"', "'", ' ', '\n', 'html', 'xml', 'a', BOM],
      ...['<?xml version="1.0"?>', '<?xml encoding="x"?>', '<!DOCTYPE a [', '<!-- - -->', '<ROOT>', '{', '\0'],
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), sizes, (pieces, cuts) => {
        // Of a token the next byte is looked at only where it is at hand.
        const body = Buffer.from(pieces.join('').replaceAll(/(?<=[^\0])\0/g, ''));
        const finder = createStartFinder();
        let found;
        for (let at = 0, n = 0; at < body.length && found === undefined; n++) {
          const size = cuts[n % cuts.length] ?? 1;
          found = finder.write(body.subarray(at, at + size));
          at += size;
        }
        expect(found ?? finder.end()).toEqual(findStart(body));
      }),
    );
  });

  test.each(['<!--', '<!DOCTYPE a [', '<?a', '<!DOCTYPE a "', ' ', '<a'])('ends where 64 KB of %j are none', (text) => {
    const finder = createStartFinder();
    const endless = Buffer.from(text + ' '.repeat(MOST_START_BYTES));
    expect(finder.write(endless.subarray(0, 1000))).toEqual(
      text === '<a' ? { blank: 0, isMarkup: true, root: 'a', rootAt: 0 } : undefined,
    );
    expect(finder.write(endless.subarray(1000))).toEqual(finder.end());
  });
});

describe('the own document', () => {
  async function read(body: Buffer, size: number): Promise<string> {
    // eslint-disable-next-line @typescript-eslint/require-await
    async function* parts(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
    }
    const found: Uint8Array[] = [];
    for await (const part of ownDocument(parts(), 'OWN')) found.push(part);
    return found.map((part) => Buffer.from(part).toString('latin1')).join('');
  }

  test.each([1, 2, 7, 1000])('comes whole in parts of %i bytes', async (size) => {
    const text = `${PROLOG}<OWN><a>b</a></OWN>`;
    expect(await read(Buffer.from(text), size)).toBe(text);
  });

  test('is no other document, whatever begins its name', async () => {
    for (const text of [`${PROLOG}<OWNER>`, '<OW', '{}', '', '<!--<OWN>']) {
      const error: unknown = await read(Buffer.from(text), 1).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(VendorDocumentError);
      expect(error).toMatchObject({ text });
    }
  });

  test('copies what came before it once, not with each part', async () => {
    const concat = vi.spyOn(Buffer, 'concat');
    onTestFinished(() => concat.mockRestore());
    await read(Buffer.from(`<!--${'x'.repeat(40_000)}--><OWN/>`), 1);
    expect(concat).toHaveBeenCalledTimes(1);
  });
});
