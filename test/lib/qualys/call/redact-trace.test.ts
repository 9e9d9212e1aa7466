import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactTrace } from '../../../../src/lib/qualys/call/redact-trace.ts';

const PASSWORD = 'S3cret&+%"<pass> w0rd=ü';
const html = PASSWORD.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const FORMS: readonly [string, string][] = [
  ['as it is', PASSWORD],
  ['percent-encoded', encodeURIComponent(PASSWORD)],
  ['percent-encoded in lower case', encodeURIComponent(PASSWORD).toLowerCase()],
  ['in a form', new URLSearchParams({ p: PASSWORD }).toString().slice(2)],
  ['in JSON', JSON.stringify(PASSWORD).slice(1, -1)],
  ['in markup', html],
  ['in an attribute', html.replaceAll('"', '&quot;')],
];

describe('a secret is taken out', () => {
  test.each(FORMS)('%s', (_, form) => {
    expect(redactTrace(`before ${form} after ${form}`, [PASSWORD])).toBe('before (redacted) after (redacted)');
  });

  test.each(['', 'a', 'ab', 'abc', 'reader:'])('in base64 behind %j', (before) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from(`${before}${PASSWORD}`).toString(encoding);
      const left = redactTrace(`x ${text} y`, [PASSWORD]);
      expect(left).toContain('(redacted)');
      // All that is left are the characters that the neighbours have a part in.
      expect(Buffer.from(left.split(' ')[1] ?? '', 'base64').toString('latin1')).not.toContain('cret');
    }
  });

  test('wherever it stands, cut or not, and never leaves a piece of it before the cut', () => {
    const secret = 'abcdefghijklmnop';
    fc.assert(
      fc.property(fc.nat(60), fc.nat(80), fc.nat(20), (before, most, after) => {
        const text = `${'.'.repeat(before)}${secret}${'.'.repeat(after)}`;
        expect(redactTrace(text, [secret], most).replaceAll('(redacted)', '')).toMatch(/^\.*$/);
      }),
    );
  });

  test('of several that overlap, all of them', () => {
    expect(redactTrace('x-abcdef-y', ['abcd', 'cdef', 'abcdef'])).toBe('x-(redacted)-y');
  });
});

describe('what nobody told us is taken out too', () => {
  const jwt = `eyJhbGciOiJub25lIn0.${Buffer.from('{"sub":"me"}').toString('base64url')}.c2ln`;
  test.each([
    ['a token', `x ${jwt} y`, 'x (redacted) y'],
    ['a token that is cut', `x ${jwt.slice(0, 24)}`, 'x (redacted)'],
    ['a header', 'Authorization: Basic dTpw', 'Authorization: (redacted) (redacted)'],
    ['a bearer', 'curl -H Bearer abc.def', 'curl -H Bearer (redacted)'],
    ['a form', 'username=u&password=p%20q&token=true', 'username=u&password=(redacted)&token=(redacted)'],
    ['JSON', '{"client_secret":"a\\"b","a":1}', '{"client_secret":(redacted),"a":1}'],
    ['JSON that is cut', '{"access_token": "abc', '{"access_token": (redacted)'],
    ['markup', '<PASSWORD>p q</PASSWORD>', '<PASSWORD>(redacted)</PASSWORD>'],
    ['a cookie', 'Set-Cookie: QualysSession=71e6cda2; path=/', 'Set-Cookie: (redacted); path=/'],
  ])('%s', (_, text, left) => {
    expect(redactTrace(text, [])).toBe(left);
  });

  test('and the rest is left as it is', () => {
    const text = '{"id":"e1","process":{"name":"basic.exe"},"score":5}';
    expect(redactTrace(text, [])).toBe(text);
    expect(redactTrace(text, [], 10)).toBe(text.slice(0, 10));
  });
});
