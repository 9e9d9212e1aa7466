import { describe, expect, test } from 'vitest';
import { parseReturn, rootOf } from '../../../../src/lib/qualys/refusals/parse-return.ts';

const simple = (content: string): string => `<SIMPLE_RETURN><RESPONSE>${content}</RESPONSE></SIMPLE_RETURN>`;

describe('parseReturn', () => {
  test('reads code, text and items of a SIMPLE_RETURN', () => {
    const found = parseReturn(
      `<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE SIMPLE_RETURN SYSTEM "https://host.example/simple_return.dtd">\n<!-- note -->\n${simple(
        '<DATETIME>2026-01-01T00:00:00Z</DATETIME><CODE>1965</CODE><TEXT>later &amp; slower</TEXT><ITEM_LIST><ITEM><KEY>SECONDS_TO_WAIT</KEY><VALUE>68928</VALUE></ITEM><ITEM><KEY>B</KEY><VALUE>2</VALUE></ITEM></ITEM_LIST>',
      )}`,
    );
    expect(found).toMatchObject({ root: 'SIMPLE_RETURN', code: '1965', text: 'later & slower' });
    expect(found?.items).toEqual(
      new Map([
        ['SECONDS_TO_WAIT', '68928'],
        ['B', '2'],
      ]),
    );
  });

  test('reads a single item, CDATA text and a blank text', () => {
    const one = parseReturn(
      simple(
        '<CODE> 1960 </CODE><TEXT>\n<![CDATA[a <b> c]]>\n</TEXT><ITEM_LIST><ITEM><KEY>CALLS_TO_FINISH</KEY><VALUE>2</VALUE></ITEM></ITEM_LIST>',
      ),
    );
    expect(one).toMatchObject({ code: '1960', text: 'a <b> c' });
    expect(one?.items.get('CALLS_TO_FINISH')).toBe('2');
    expect(parseReturn(simple('<CODE>1905</CODE><TEXT/>'))).toMatchObject({ code: '1905', text: '' });
  });

  test('a SIMPLE_RETURN without code, or with 0, has none', () => {
    expect(parseReturn(simple('<TEXT>Logged out</TEXT>'))).toEqual({
      root: 'SIMPLE_RETURN',
      text: 'Logged out',
      items: new Map(),
    });
    expect(parseReturn(simple('<CODE>0</CODE><TEXT>done</TEXT>'))).not.toHaveProperty('code');
  });

  test('reads a GENERIC_RETURN with and without number', () => {
    expect(
      parseReturn(
        '<GENERIC_RETURN><API name="about.php"/><RETURN status="FAILED" number="999">Internal error</RETURN></GENERIC_RETURN>',
      ),
    ).toMatchObject({ root: 'GENERIC_RETURN', code: '999', text: 'Internal error' });
    expect(parseReturn('<GENERIC_RETURN><RETURN>Internal error</RETURN></GENERIC_RETURN>')).toEqual({
      root: 'GENERIC_RETURN',
      text: 'Internal error',
      items: new Map(),
    });
  });

  test('a document that ends early still gives its code', () => {
    expect(parseReturn('<SIMPLE_RETURN><RESPONSE><CODE>1960</CODE><TEXT>This API')).toMatchObject({ code: '1960' });
  });

  test('entities of a document type are never expanded', () => {
    const bomb = `<!DOCTYPE SIMPLE_RETURN [<!ENTITY a "AAAAAAAAAA"><!ENTITY b "&a;&a;&a;&a;">]>${simple('<CODE>1905</CODE><TEXT>&b;</TEXT>')}`;
    expect(parseReturn(bomb)).toMatchObject({ code: '1905', text: '&b;' });
  });

  test.each(['', 'plain', '{"message":"x"}', '<html></html>', '<SIMPLE_RETURNS/>', '<OTHER/>'])(
    '%j is none',
    (text) => {
      expect(parseReturn(text)).toBeUndefined();
    },
  );

  test('a hostile prolog is no document', () => {
    for (const hostile of [
      '<!DOCTYPE x ['.repeat(20_000),
      '<!--'.repeat(40_000),
      ' '.repeat(200_000),
      '<?'.repeat(60_000),
      '<!DOCTYPE [' + ']'.repeat(60_000),
    ]) {
      expect(parseReturn(hostile)).toBeUndefined();
    }
  });

  test('deep nesting is no stack overflow', () => {
    expect(() => parseReturn(`<SIMPLE_RETURN>${'<a>'.repeat(20_000)}`)).not.toThrow();
  });
});

describe('rootOf', () => {
  test('names the root after declaration, comments and document type', () => {
    expect(
      rootOf('\uFEFF<?xml version="1.0"?><!-- <x> --><!DOCTYPE HOST [ <!ENTITY a "b"> ]>\n<HOST_LIST a="1">'),
    ).toBe('HOST_LIST');
    expect(rootOf('<!DOCTYPE html>\n<html lang="en">')).toBe('html');
    expect(rootOf('{"a":1}')).toBeUndefined();
  });
});
