import { expect, test } from 'vitest';
import { vendorText } from '../../../../src/lib/qualys/refusals/vendor-text.ts';

const PASSWORD = 'S3cret&+%"<pass> w0rd=ü';

test.each([
  ['as it is', PASSWORD],
  ['percent-encoded', encodeURIComponent(PASSWORD)],
  ['in JSON', JSON.stringify(PASSWORD).slice(1, -1)],
  ['in markup', PASSWORD.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
])('what the vendor echoes of a secret is not said, %s', (_, form) => {
  expect(vendorText(`wrong: ${form}.`, [PASSWORD, 'reader'])).toBe('wrong: [redacted].');
});

test('a secret that holds another one is taken out whole', () => {
  expect(vendorText('wrong: reader:S3cret.', ['reader', 'S3cret', 'reader:S3cret'])).toBe('wrong: [redacted].');
});

test('what the vendor says is one line of at most 500 characters', () => {
  const said = vendorText(`a\r\n\tb ${'x'.repeat(600)}`);
  expect(said).toMatch(/^a b x+…$/);
  expect(said).toHaveLength(500);
});
