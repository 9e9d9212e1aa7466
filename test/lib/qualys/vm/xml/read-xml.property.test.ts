import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEvents, saxesEvents } from './read-events.ts';

/** More by hand: `RUNS=50000 npx vitest run …`. */
const RUNS = Number(process.env.RUNS ?? 2_000);

const SNIPPETS = [
  ...[
    '<',
    '>',
    '/',
    '"',
    "'",
    '=',
    '&',
    ';',
    ']',
    ']]>',
    '-',
    '--',
    '-->',
    '<!--',
    '<!',
    '<?',
    '?>',
    ' ',
    '\n',
    '\t',
    '!',
  ],
  ...[
    '<a>',
    '</a>',
    '<a/>',
    '<b c="d">',
    '</b>',
    ' c="d"',
    " c='d'",
    'c',
    ':',
    '.',
    '0',
    'é',
    '€',
    '\u00b7',
    '𝄞',
    '\u2028',
  ],
  ...[
    '<![CDATA[',
    '<![CDATA[x]]>',
    '&lt;',
    '&amp;',
    '&#65;',
    '&#x41;',
    '&#;',
    '&x;',
    '&quot',
    '&apos;',
    '<?pi a?>',
    '<?xml ?>',
  ],
];

const DOCUMENTS = [
  '<a>text</a>',
  '<a b="1" c=\'2\'><b/>x &amp; y<b>z</b></a>\n<!-- after -->',
  '<!-- before --><a:b xml:c="&lt;&#65;"><![CDATA[<&>]]]]><![CDATA[>]]></a:b>',
  '<a>\n  <b>1</b>\n  <?pi some thing?>\n  <b é="\t x"> 2 ] ]] </b>\n</a>\n',
  '<a><b><c><d>deep</d></c></b><!-- in - between --><b></b></a><?end?>',
];

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

function apply(document: string, edits: readonly Edit[]): string {
  return edits.reduce((text, { at, insert, remove }) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + insert + text.slice(from + remove);
  }, document);
}

const EDITS = fc.array(
  fc.record({ at: fc.nat(200), remove: fc.nat(3), insert: fc.oneof(fc.constant(''), fc.constantFrom(...SNIPPETS)) }),
  { maxLength: 3 },
);

/** What is read, or nothing when the document is refused. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

describe('reading XML', () => {
  test('accepts and refuses the documents that a strict parser does, and says the same of them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DOCUMENTS),
        EDITS,
        fc.constantFrom(Infinity, 1, 2, 3, 7),
        (document, edits, size) => {
          const edited = apply(document, edits);
          // Half a surrogate pair cannot come in UTF-8.
          fc.pre(edited.isWellFormed());
          const read = attempt(() => readEvents(edited, size));
          // Illegal characters are replaced, not refused: a difference that is meant.
          fc.pre(read === undefined || read.illegal === 0);
          expect(read?.events).toEqual(attempt(() => saxesEvents(edited)));
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('decodes any bytes inside CDATA as the Encoding Standard does, whatever the portions', () => {
    const bytes = fc.array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff })), {
      maxLength: 24,
    });
    fc.assert(
      fc.property(bytes, fc.constantFrom(Infinity, 1, 2, 3), (middle, size) => {
        const text = Buffer.from(middle);
        fc.pre(!text.includes(']]>'));
        const document = Buffer.concat([Buffer.from('<a><![CDATA[x'), text, Buffer.from('x]]></a>')]);
        const expected = new TextDecoder()
          .decode(text)
          .replaceAll(/[\ufffe\uffff]/g, '\ufffd')
          .replaceAll(/\s/g, '');
        expect(readEvents(document, size).events[1]).toEqual(['text', `x${expected}x`]);
      }),
      { numRuns: RUNS },
    );
  });
});
