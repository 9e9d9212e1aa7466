import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, type ConnectorError, FatalError, RetryableError, WaitError } from '../../../../src/lib/errors.ts';
import {
  type AnswerStart,
  classifyAnswer,
  classifyDocument,
} from '../../../../src/lib/qualys/refusals/classify-answer.ts';
import { workBesideWords } from '../../../support/growth-of-work.ts';

const NOW = new Date('2026-01-31T12:00:00Z');

const simple = (code: string, text = 'words of the vendor', items = ''): string =>
  `<?xml version="1.0"?><!DOCTYPE SIMPLE_RETURN SYSTEM "https://host.example/x.dtd"><SIMPLE_RETURN><RESPONSE><DATETIME>2026-01-01T00:00:00Z</DATETIME>${
    code === '' ? '' : `<CODE>${code}</CODE>`
  }<TEXT>${text}</TEXT>${items}</RESPONSE></SIMPLE_RETURN>`;

const secondsToWait = (seconds: string): string =>
  `<ITEM_LIST><ITEM><KEY>SECONDS_TO_WAIT</KEY><VALUE>${seconds}</VALUE></ITEM></ITEM_LIST>`;

function classify(status: number, body: string, headers: Record<string, string> = {}, more: Partial<AnswerStart> = {}) {
  return classifyAnswer({ now: NOW, status, body, headers: new Headers(headers), ...more });
}

function expectWait(found: 'ok' | ConnectorError, milliseconds: number): void {
  expect(found).toBeInstanceOf(WaitError);
  expect((found as WaitError).retryAfterMs).toBe(milliseconds);
}

describe('waits', () => {
  test.each([200, 400, 401, 403, 409, 429, 500])('1960 waits 30 s with HTTP %i', (status) => {
    expectWait(classify(status, simple('1960')), 30_000);
  });

  test.each([200, 400, 409, 500])('1965 waits as its item says with HTTP %i', (status) => {
    expectWait(classify(status, simple('1965', 'later', secondsToWait('17'))), 17_000);
  });

  test('the header is preferred to the item, the item to Retry-After', () => {
    const body = simple('1965', 'later', secondsToWait('17'));
    expectWait(classify(409, body, { 'X-RateLimit-ToWait-Sec': '5', 'Retry-After': '99' }), 5000);
    expectWait(classify(409, body, { 'Retry-After': '99' }), 17_000);
    expectWait(classify(409, simple('1965'), { 'Retry-After': '99' }), 99_000);
  });

  test.each([200, 400, 403, 404, 409, 500, 503])('1920, blocked by another request, waits with HTTP %i', (status) => {
    expectWait(classify(status, simple('1920'), { 'Retry-After': '7' }), 7000);
    expectWait(classify(status, simple('1920'), {}, { waits: 1 }), 120_000);
  });

  test.each([
    [503, ''],
    [500, simple('999')],
    [502, '<html><title>Bad Gateway</title></html>'],
    [503, simple('1905')],
    [503, simple('2011')],
    [409, ''],
    [409, simple('1966')],
    [408, ''],
  ])('a fault that passes waits as it tells: HTTP %i with %s', (status, body) => {
    expectWait(classify(status, body, { 'Retry-After': '90' }), 90_000);
    expectWait(classify(status, body, { 'Retry-After': 'Sat, 31 Jan 2026 12:02:00 GMT' }), 120_000);
    expectWait(classify(status, body, { 'X-RateLimit-ToWait-Sec': '4' }), 4000);
    expectWait(classify(status, body, { 'Retry-After': '99999999999' }), 86_400_000);
    expect(classify(status, body)).toBeInstanceOf(RetryableError);
  });

  test('Retry-After is read as seconds and as a date', () => {
    expectWait(classify(429, '', { 'Retry-After': '7' }), 7000);
    expectWait(classify(429, '', { 'Retry-After': 'Sat, 31 Jan 2026 12:02:00 GMT' }), 120_000);
    expectWait(classify(429, '', { 'Retry-After': 'Sat, 31 Jan 2026 11:00:00 GMT' }), 1000);
  });

  test.each([['soon'], [''], ['-5'], ['1.5']])('Retry-After %j is no figure', (value) => {
    expectWait(classify(429, '', { 'Retry-After': value }), 60_000);
  });

  test('without a figure 60 s, doubling, at most an hour', () => {
    const waits = [0, 1, 2, 3, 6, 50].map(
      (repeats) => (classify(429, '', {}, { waits: repeats }) as WaitError).retryAfterMs,
    );
    expect(waits).toEqual([60_000, 120_000, 240_000, 480_000, 3_600_000, 3_600_000]);
    expectWait(classify(409, simple('1965'), {}, { waits: 1 }), 120_000);
  });

  test('absurd figures are bounded', () => {
    expectWait(classify(429, '', { 'X-RateLimit-ToWait-Sec': '999999999' }), 86_400_000);
    expectWait(classify(429, '', { 'Retry-After': 'Fri, 31 Dec 9999 23:59:59 GMT' }), 86_400_000);
    expectWait(classify(429, simple('1965', 'x', secondsToWait('1e9'))), 60_000);
  });

  test('limit headers that say blocked are a wait without any code', () => {
    expectWait(classify(409, '', { 'X-RateLimit-ToWait-Sec': '44' }), 44_000);
    expectWait(classify(409, '<html>Conflict</html>', { 'X-RateLimit-ToWait-Sec': '44' }), 44_000);
    expectWait(classify(409, '', { 'X-Concurrency-Limit-Limit': '2', 'X-Concurrency-Limit-Running': '2' }), 30_000);
    expectWait(classify(409, '', { 'X-ConcurrencyLimit-Limit': '2', 'X-ConcurrencyLimit-Running': '3' }), 30_000);
    expectWait(classify(503, '', { 'X-RateLimit-ToWait-Sec': '3' }), 3000);
    expectWait(classify(409, simple('1920'), { 'X-RateLimit-ToWait-Sec': '3' }), 3000);
  });

  test('the same headers on a good answer are no wait', () => {
    expect(classify(200, '[]', { 'X-RateLimit-ToWait-Sec': '44', 'X-RateLimit-Remaining': '0' })).toBe('ok');
  });
});

describe('configuration errors', () => {
  test.each([401, 403])('HTTP %i without a code', (status) => {
    const found = classify(status, '{"message":"no such user"}');
    expect(found).toBeInstanceOf(ConfigError);
    expect((found as ConfigError).message).toMatch(/no such user.*; (check|give)/);
    expect((found as ConfigError).fault).toEqual({ status });
  });

  test.each(['2000', '2001', '2002', '2003', '2011', '2012', '2077'])('code %s with any status below 500', (code) => {
    for (const status of [200, 400, 401, 403, 409, 429]) {
      const found = classify(status, simple(code, 'This account is not usable.'), { 'X-RateLimit-ToWait-Sec': '9' });
      expect(found).toBeInstanceOf(ConfigError);
      expect((found as ConfigError).message).toContain('This account is not usable.');
      expect((found as ConfigError).fault).toEqual({ status, code });
    }
  });

  test.for([
    ['code 2000', 401, simple('2000', 'Bad Login/Password')],
    ['an answer without a code', 401, ''],
    ['a refused login of the gateway', 400, '{"authentication_exceptions":["InvalidCredentialsException"]}'],
  ] as const)('%s may also mean another platform: the address is named', ([, status, body]) => {
    const { message } = classify(status, body) as ConfigError;
    expect(message).toMatch(/check QUALYS_USERNAME and QUALYS_PASSWORD.* QUALYS_API_URL is the server of /);
  });

  test('a refused login is one even with another status', () => {
    const found = classify(400, '{"authentication_exceptions":["InvalidCredentialsException"]}');
    expect(found).toBeInstanceOf(ConfigError);
    expect((found as ConfigError).message).toMatch(/InvalidCredentialsException; check QUALYS_USERNAME/);
  });

  test('the number of a GENERIC_RETURN counts as its code', () => {
    expect(
      classify(
        200,
        '<GENERIC_RETURN><RETURN status="FAILED" number="2000">Bad Login/Password</RETURN></GENERIC_RETURN>',
      ),
    ).toBeInstanceOf(ConfigError);
  });
});

test.for(['<title', '<h1', '<h1>', '<p><title x', 'eyJ-', '<!--', '<!DOCTYPE x[', ']   '] as const)(
  'a page that is nothing but %s is read once, not from each of them to its end',
  (unit) => {
    expect(workBesideWords(unit, (text) => classify(500, `<html>${text}`))).toBeLessThan(50);
    expect(workBesideWords(unit, (text) => classify(500, text))).toBeLessThan(50);
  },
);

describe('faults that pass', () => {
  test.each([200, 400, 401, 403, 404, 409, 500])('999 and GENERIC_RETURN with HTTP %i', (status) => {
    expect(classify(status, simple('999', 'Internal error'))).toBeInstanceOf(RetryableError);
    expect(
      classify(status, '<GENERIC_RETURN><RETURN status="FAILED" number="999">Internal error</RETURN></GENERIC_RETURN>'),
    ).toBeInstanceOf(RetryableError);
    expect(classify(status, '<GENERIC_RETURN><RETURN>Internal error</RETURN></GENERIC_RETURN>')).toBeInstanceOf(
      RetryableError,
    );
  });

  test.each(['1901', '1905', '1908', '1922', '1950', '2000', '2011', '15003'])('5xx whatever its code: %s', (code) => {
    for (const status of [500, 503, 599]) {
      const found = classify(status, simple(code));
      expect(found).toBeInstanceOf(RetryableError);
      expect((found as RetryableError).fault).toEqual({ status, code });
      expect((found as RetryableError).message).toContain('words of the vendor');
    }
  });

  test.each(['1959', '1966', '15003'])('409 with a code that is not known to refuse: %s', (code) => {
    expect(classify(409, simple(code))).toBeInstanceOf(RetryableError);
  });

  test('maintenance', () => {
    for (const status of [200, 400, 409, 503]) expect(classify(status, simple('1999'))).toBeInstanceOf(RetryableError);
  });

  test.each([301, 302, 307, 408, 500, 501, 502, 503, 504, 599])('HTTP %i', (status) => {
    expect(classify(status, 'x')).toBeInstanceOf(RetryableError);
  });

  test('a web page with a good status', () => {
    const found = classify(200, '<!DOCTYPE html><html><head><title>Qualys is being maintained</title></head></html>');
    expect(found).toBeInstanceOf(RetryableError);
    expect((found as RetryableError).message).toContain('a web page titled "Qualys is being maintained"');
  });

  test('409 with neither code nor limit headers', () => {
    expect(classify(409, '')).toBeInstanceOf(RetryableError);
    expect(
      classify(409, '{"message":"conflict"}', {
        'X-RateLimit-ToWait-Sec': '0',
        'X-Concurrency-Limit-Limit': '2',
        'X-Concurrency-Limit-Running': '1',
      }),
    ).toBeInstanceOf(RetryableError);
  });
});

describe('refusals', () => {
  test.each(['1901', '1903', '1904', '1905', '1907', '1908', '1922'])('code %s with any status below 500', (code) => {
    for (const status of [200, 400, 404, 409]) {
      const found = classify(status, simple(code));
      expect(found).toBeInstanceOf(FatalError);
      expect((found as FatalError).fault).toEqual({ status, code });
      expect((found as FatalError).message).toBe(
        `Qualys refuses the request (HTTP ${status}, code ${code}): words of the vendor`,
      );
    }
  });

  test.each([400, 404, 405, 413, 414, 422])('HTTP %i without a code', (status) => {
    expect(classify(status, 'plain words')).toBeInstanceOf(FatalError);
    expect((classify(status, 'plain words') as FatalError).message).toContain('plain words');
  });

  test('other codes of the API with HTTP 400', () => {
    expect(classify(400, simple('1950'))).toBeInstanceOf(FatalError);
  });

  test('an unknown code with HTTP 200', () => {
    expect(classify(200, simple('15003'))).toBeInstanceOf(FatalError);
  });
});

describe('good answers', () => {
  test.each(['', '[]', '{"count":1}', '<HOST_LIST_OUTPUT/>', simple(''), simple('0')])('HTTP 200 with %j', (body) => {
    expect(classify(200, body)).toBe('ok');
  });

  test('a document without an error, where data was expected, is still not data', () => {
    const found = classifyDocument(simple(''), 200, new Headers());
    expect(found).toBeInstanceOf(RetryableError);
    expect(found.message).toContain('words of the vendor');
  });

  test.each([
    ['', 'an empty body'],
    [' \n', 'an empty body'],
    ['<HOST_LIST_OUTPUT></HOST_LIST_OUTPUT>', 'the document HOST_LIST_OUTPUT'],
    ['{"message":"words"}', 'JSON'],
    ['words', 'a text'],
  ])('what came instead of data is told: %j', (body, came) => {
    const { message } = classifyDocument(body, 200, new Headers());
    expect(message).toContain(`Qualys answered with ${came} instead of the data asked for (HTTP 200)`);
    if (body.includes('words')) expect(message).toContain(': words');
  });

  test('a document with a code is classified by it', () => {
    expect(classifyDocument(simple('2001', 'This account has expired.'), 200, new Headers())).toBeInstanceOf(
      ConfigError,
    );
    expect(classifyDocument(simple('1960'), 200, new Headers())).toBeInstanceOf(WaitError);
  });
});

describe('texts', () => {
  test.each([
    ['{"message":"from a message"}', 'from a message'],
    ['{"errorCode":"EDR-17","message":"from a code"}', 'code EDR-17): from a code'],
    ['{"errorCode":4711,"errorMessage":"numeric"}', 'code 4711): numeric'],
    ['{"authentication_exceptions":["AException","BException"]}', 'AException, BException'],
    ['{"error":{"code":"x1","message":"nested"}}', 'code x1): nested'],
    ['{"errors":[{"message":"listed"}]}', 'listed'],
    ['{"errors":["one","two"]}', 'one, two'],
    ['"only a string"', 'only a string'],
    ['plain text', 'plain text'],
    ['{"message":', '{"message":'],
    ['<h1>Not Found</h1>', 'Not Found'],
  ])('%s', (body, words) => {
    expect((classify(400, body) as ConnectorError).message).toContain(words);
  });

  test('stay on one line, short and without credentials', () => {
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';
    const said = `first\r\nsecond\u2028 ${jwt} Basic dXNlcjpwYXNz password=abc hunter2 ${'x'.repeat(5000)}`;
    const { message } = classify(400, said, {}, { secrets: ['hunter2'] }) as ConnectorError;
    expect(message.length).toBeLessThan(600);
    expect(message).toContain('first second');
    for (const secret of [jwt, 'dXNlcjpwYXNz', 'password=abc', 'hunter2', '\n', '\u2028'])
      expect(message).not.toContain(secret);
  });

  test('credentials are not cut to pieces that pass for words', () => {
    const jwt = `eyJhbGciOiJIUzI1NiJ9.${'x'.repeat(3000)}.c2lnbmF0dXJl`;
    const { message } = classify(400, `${jwt} ${jwt} end`) as ConnectorError;
    expect(message).toContain('[redacted]');
    expect(message).not.toContain('eyJ');
  });

  test('any body with any status is classified without throwing', () => {
    const body = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.string().map((text) => simple(text, text)),
      fc.string().map((text) => `<${text}`),
    );
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), body, (status, text) => {
        const found = classify(status, text);
        if (found === 'ok') expect(status).toBeLessThan(300);
        else expect(found.message).not.toMatch(/[\r\n]/);
      }),
    );
  });
});
