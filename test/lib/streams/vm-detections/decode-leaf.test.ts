import { describe, expect, test } from 'vitest';
import { createVmPageDecoder } from '../../../../src/lib/streams/vm-detections/decode-page.ts';
import { decode, GENERATED_AT, pageOf } from './decode-support.ts';

/** Detections that look alike up to a point where each means something else. */
const BODIES: readonly string[] = [
  '<QID>1</QID><TYPE>a</TYPE>',
  '<QID> 1</QID><TYPE>a </TYPE>',
  '<QID>1\n</QID><TYPE>\n</TYPE>',
  '<QID></QID><TYPE/>',
  '<QID>1<!-- c --> 2</QID><TYPE>a</TYPE>',
  '<QID><!-- c --> 2</QID><TYPE>a</TYPE>',
  '<QID>1</QID><!-- c --><TYPE>a</TYPE>',
  '<QID>1</QID>text<TYPE>a</TYPE>',
  '<QID>1</QID><QID>2</QID><TYPE>a</TYPE>',
  '<QID>1</QID><TYPE>a</TYPE><QID>2</QID>',
  '<QID>1</QID><QDS severity="HIGH">75</QDS><TYPE>a</TYPE>',
  '<QID>1</QID><QDS severity="HIGH">75<X/>76</QDS><TYPE>a</TYPE>',
  '<QID>1</QID><QDS severity="HIGH">75<X/></QDS><TYPE>a</TYPE>',
  '<QID>1</QID><QDS severity="HIGH"> 75</QDS><TYPE>a</TYPE>',
  '<QID>1</QID><QDS severity="HIGH"></QDS><TYPE>a</TYPE>',
  '<QID>1</QID><QDS severity="HIGH"/><TYPE>a</TYPE>',
  '<QID>1</QID><QDS severity="HIGH"><![CDATA[75]]></QDS><TYPE>a</TYPE>',
  '<QID>1</QID><QDS severity="HIGH">7<![CDATA[5]]></QDS><TYPE>a</TYPE>',
  '<QID>1</QID><QDS severity="&#1;">75</QDS><TYPE>a</TYPE>',
  '<QID>1</QID><QDS><X/><![CDATA[a]]><Y/><![CDATA[b]]></QDS><TYPE>a</TYPE>',
  '<QID>1</QID><RESULTS><![CDATA[a\tb]]></RESULTS><TYPE>a</TYPE>',
  '<QID>1</QID><RESULTS>\n  <![CDATA[a]]>\n  </RESULTS><TYPE>a</TYPE>',
  '<QID>1</QID><RESULTS>x\n  <![CDATA[a]]></RESULTS><TYPE>a</TYPE>',
  '<QID>1</QID><RESULTS><!-- c -->\n  <![CDATA[a]]></RESULTS><TYPE>a</TYPE>',
  '<QID>1</QID><RESULTS>x<!-- c -->\n  <![CDATA[a]]></RESULTS><TYPE>a</TYPE>',
  '<QID>1</QID><RESULTS>x</RESULTS><TYPE>a</TYPE>',
  '<QID>1</QID><RESULTS><![CDATA[a]]> &#1; </RESULTS><TYPE>a</TYPE>',
  '<QID>1</QID><RESULTS><![CDATA[a]]><b>c</b></RESULTS><TYPE>a</TYPE>',
  '<QID>1</QID><RESULTS><![CDATA[a]]></RESULTS><RESULTS><![CDATA[b]]></RESULTS><TYPE>a</TYPE>',
  `<QID>1</QID><RESULTS><![CDATA[${'r'.repeat(6_000)}]]></RESULTS><TYPE>a</TYPE>`,
  `<QID>1</QID><TYPE>${'t'.repeat(5_000)}</TYPE><PORT>1</PORT>`,
  `<QID>1</QID><TYPE>${'t'.repeat(2_000)}</TYPE><PORT>1</PORT>`,
];
const SMALL = { maxRowBytes: 4_096, maxChunkBytes: 70_000 };

function page(bodies: readonly string[], gap: string): string {
  const detections = bodies.map((body) => `<DETECTION>${gap}${body.replaceAll('><', `>${gap}<`)}${gap}</DETECTION>`);
  return pageOf(`<HOST><ID>7</ID><DETECTION_LIST>${gap}${detections.join(gap)}${gap}</DETECTION_LIST></HOST>`);
}

function told(document: string, sizes: readonly number[]): unknown {
  const { end, texts } = decode(document, sizes, SMALL);
  return { end, texts };
}

/** Byte by byte, no leaf is ever whole in the window: all is read by the whole grammar. */
const BYTE_BY_BYTE = [1];

describe('an element read in one go', () => {
  test.each(BODIES.map((body) => [body.slice(0, 80), body]))(
    'says what the whole grammar does, after %s',
    (_, first) => {
      for (const second of BODIES) {
        const document = page([first, first, first, second, first, second, second], '\n  ');
        const expected = told(document, BYTE_BY_BYTE);
        expect(told(document, []), second).toEqual(expected);
        expect(told(document, [97, 131]), second).toEqual(expected);
      }
    },
  );

  test('needs no white space between elements', () => {
    const document = page([...BODIES, ...BODIES], '');
    expect(told(document, [])).toEqual(told(document, BYTE_BY_BYTE));
  });

  test('is decided alike where a row is nearly full', () => {
    const short =
      '<QID>1</QID><TYPE>a</TYPE><QDS severity="HIGH">75</QDS><PORT>1</PORT><RESULTS><![CDATA[x]]></RESULTS><SSL>0</SSL>';
    for (let length = 3_200; length < 3_500; length += 3) {
      const long = short.replace('>a<', `>${'a'.repeat(length)}<`).replace('>1</PORT>', '>1</PORT><A>2</A><B>3</B>');
      const document = page([short, long, short, long], '');
      expect(told(document, []), String(length)).toEqual(told(document, BYTE_BY_BYTE));
    }
  });

  test('is told by its own end tag, whatever the portions', () => {
    const decoder = createVmPageDecoder({ generatedAt: GENERATED_AT });
    const [before = '', after = ''] = pageOf('<HOST><ID>7</ID><DETECTION_LIST>@</DETECTION_LIST></HOST>').split('@');
    const portions = [`${before}<DETECTION>`, '<QID>1<', '/QID></DETECTION><DETECTION><QID>1'];
    for (const portion of portions) decoder.write(Buffer.from(portion));
    const broken = `</QID></DETECTION><DETECTION><QID>2</DETECTION><DETECTION><QID>3</QID></DETECTION>${after}`;
    expect(() => decoder.write(Buffer.from(broken))).toThrow('expected "</QID>"');
  });
});
