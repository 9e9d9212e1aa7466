import fc from 'fast-check';

/** Pages as the vendor might write them, and as it never should: every freedom that XML leaves. No carriage returns, which saxes normalises, and no illegal characters. */
export function pageArbitrary(sizes: { readonly results: number }): fc.Arbitrary<string> {
  return fc
    .tuple(style(), fc.array(fc.array(host(sizes.results), { maxLength: 4 }), { maxLength: 2 }), fc.boolean())
    .map(([gap, lists, hasDoctype]) => {
      const body = lists.map((hosts) => element('HOST_LIST', gap + hosts.map((h) => h(gap)).join(gap) + gap)).join(gap);
      const doctype = hasDoctype ? '<!DOCTYPE x SYSTEM "y" [<!ENTITY a "]>"> <!-- \' --> ]>' : '';
      return `${doctype}${gap.replace(/\S.*\S/, '')}<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE>${gap}${body}${gap}</RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>\n`;
    });
}

type Write = (gap: string) => string;

/** What stands between elements: the decoder learns from it, so one page keeps to one style mostly. */
function style(): fc.Arbitrary<string> {
  return fc.constantFrom('', '\n  ', '\n\t\t\t', '\n<!-- c - c -->\n', ' <?pi x?> ');
}

function element(name: string, content: string, attributes = ''): string {
  return `<${name}${attributes}>${content}</${name}>`;
}

const TEXT = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('1', '38170', 'Active', '2026-03-01T00:00:00Z', 'HIGH', '', 'a b', '2026-02-30'),
  },
  {
    weight: 3,
    arbitrary: fc.string({ unit: fc.constantFrom(...Array.from('aZ09 \t\n"\\/<&>]-é€𝄞\u2028\u007f')), maxLength: 12 }),
  },
);

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(']]>', ']]&gt;');
}

/** A piece of character data: plain, in CDATA, as references, with white space around it, with a comment in it. */
function piece(text: string): fc.Arbitrary<string> {
  const plain = escape(text);
  const cdata = `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
  // White space as a reference is kept, which no tree can tell from white space: letters only.
  const references = Array.from(text)
    .map((c) => (/[ \t\n]/.test(c) ? c : `&#x${(c.codePointAt(0) ?? 0).toString(16)};`))
    .join('');
  return fc.constantFrom(
    plain,
    cdata,
    references,
    `\n  ${cdata}\n `,
    ` ${plain} `,
    `${plain}<!-- x -->`,
    `<?p?>${cdata}`,
  );
}

const CONTENT = TEXT.chain(piece);
const MIXED = fc.oneof(
  { weight: 5, arbitrary: CONTENT },
  { weight: 1, arbitrary: fc.tuple(CONTENT, CONTENT).map((two) => two.join('')) },
);

const ATTRIBUTES = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('severity', 'n', 'é'), TEXT).map(([name, text]) => {
      return ` ${name} = "${escape(text)
        .replaceAll('"', '&quot;')
        .replaceAll(/[\t\n]/g, ' ')}"`;
    }),
  },
);

function leaf(names: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(names, ATTRIBUTES, MIXED, fc.boolean()).map(([name, attributes, content, isShort]) => {
    return content === '' && isShort ? `<${name}${attributes}/>` : element(name, content, attributes);
  });
}

/** An element with elements in it, to some depth, now and then with text between them. */
function tree(names: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      leaf(names),
      fc
        .tuple(
          names,
          ATTRIBUTES,
          fc.array(fc.tuple(tie('node'), fc.oneof({ weight: 8, arbitrary: fc.constant('') }, MIXED)), { maxLength: 4 }),
        )
        .map(([name, attributes, children]) => element(name, children.flat().join(''), attributes)),
    ),
  })).node;
}

const VALUE_NAMES = fc.constantFrom(
  'QID',
  'TYPE',
  'SEVERITY',
  'PORT',
  'STATUS',
  'QDS',
  'FQDN',
  'NEW_FIELD',
  'A.b-c',
  'étage',
);

function detection(resultsSize: number): fc.Arbitrary<Write> {
  const results = fc.oneof(
    { weight: 4, arbitrary: MIXED.map((content) => element('RESULTS', content)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.string({ unit: fc.constantFrom(...Array.from('ab\n\t"é𝄞]')), minLength: 1, maxLength: 7 }),
          fc.nat(resultsSize),
        )
        .map(([text, count]) => element('RESULTS', `<![CDATA[${text.repeat(count).replaceAll(']]>', '')}]]>`)),
    },
  );
  const values = fc.array(
    fc.oneof({ weight: 6, arbitrary: leaf(VALUE_NAMES) }, { weight: 1, arbitrary: tree(VALUE_NAMES) }),
    { maxLength: 7 },
  );
  return fc
    .tuple(fc.boolean(), values, fc.option(results), values, ATTRIBUTES)
    .map(([hasId, before, result, after, attributes]) => (gap) => {
      const id = hasId ? ['<UNIQUE_VULN_ID>4463088263</UNIQUE_VULN_ID>'] : [];
      const members = [...id, '<QID>1</QID>', ...before, ...(result === null ? [] : [result]), ...after];
      return element('DETECTION', gap + members.join(gap) + gap, attributes);
    });
}

const HOST_NAMES = fc.constantFrom(
  ...['IP', 'OS', 'DNS', 'NETBIOS', 'ASSET_ID', 'TAGS', 'METADATA', 'CLOUD_PROVIDER_TAGS', 'DNS_DATA', 'ID', 'OTHER'],
  ...['LAST_SCAN_DATETIME', 'LAST_VM_SCANNED_DATE', 'LAST_VM_SCANNED_DURATION'],
);
const HOST_TREES = fc.oneof(
  fc.array(leaf(fc.constantFrom('TAG_ID', 'NAME')), { maxLength: 3 }).map((fields) => element('TAG', fields.join(''))),
  tree(fc.constantFrom('TAG', 'HOSTNAME', 'DOMAIN', 'FQDN', 'EC2', 'ATTRIBUTE', 'NAME')),
);

function hostValue(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: leaf(HOST_NAMES) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(HOST_NAMES, fc.array(HOST_TREES, { maxLength: 3 }))
        .map(([name, items]) => element(name, items.join(' '))),
    },
  );
}

function host(resultsSize: number): fc.Arbitrary<Write> {
  return fc
    .tuple(
      fc.bigInt(1n, 10n ** 20n),
      fc.array(hostValue(), { maxLength: 6 }),
      fc.array(detection(resultsSize), { maxLength: 6 }),
      fc.array(hostValue(), { maxLength: 2 }),
      fc.oneof({ weight: 5, arbitrary: fc.constant('') }, MIXED),
      ATTRIBUTES,
    )
    .map(([id, before, detections, after, stray, attributes]) => (gap) => {
      const list = element('DETECTION_LIST', gap + detections.map((write) => write(gap)).join(gap) + gap);
      return element('HOST', [`${gap}<ID>${id}</ID>`, ...before, stray, list, ...after].join(gap), attributes);
    });
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  UNIQUE_VULN_ID: ['4463088263', '1'],
  QID: ['38170', '105'],
  TYPE: ['Confirmed', 'Info', ''],
  PORT: ['443', ' 22 '],
  FQDN: ['<![CDATA[a.example.com]]>', 'a&amp;b', 'é', '"', ''],
  RESULTS: [
    '<![CDATA[a\tb\n]]>',
    '\n <![CDATA[x]y]]>\n',
    '<![CDATA[]]>',
    'plain',
    '<![CDATA[a]]> b <![CDATA[c]]>',
    '<b>x</b>',
  ],
  STATUS: ['Active', 'Fixed', 'Active\n'],
  QDS: ['75', '<![CDATA[75]]>', ''],
  LAST: ['2026-03-01T00:00:00Z'],
};
const ATTRIBUTED: Readonly<Record<string, readonly string[]>> = { QDS: [' severity="HIGH"', ' severity="LOW"', ''] };

/** A page as it is in fact: detections that are all alike but for their values and an element here and there. */
export function uniformPageArbitrary(): fc.Arbitrary<string> {
  const member = ([name, values]: [string, readonly string[]]): fc.Arbitrary<string> =>
    fc
      .tuple(
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(values[0] ?? '', values[0] ?? '', ...values),
        fc.constantFrom(...(ATTRIBUTED[name] ?? [''])),
      )
      .map(([dice, value, attributes]) =>
        dice === 0 ? '' : element(name, value, attributes).repeat(dice === 1 ? 2 : 1),
      );
  const uniform = fc.tuple(...Object.entries(VALUES).map(member));
  return fc
    .tuple(style(), fc.array(uniform, { maxLength: 25 }), fc.array(uniform, { maxLength: 5 }))
    .map(([gap, ...hosts]) => {
      const texts = hosts.map((detections, index) => {
        const list = detections.map((members) => element('DETECTION', ['', ...members, ''].join(gap)));
        return element('HOST', `<ID>${index + 1}</ID>${element('DETECTION_LIST', ['', ...list, ''].join(gap))}`);
      });
      const body = element('HOST_LIST', texts.join(gap));
      return `<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE>${body}</RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>`;
    });
}
