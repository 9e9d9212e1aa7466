import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, messageOf } from '../../src/lib/errors.ts';
import { ambientLog, createLog, redact, withLogTarget } from '../../src/lib/log.ts';
import { workBesideWords } from '../support/growth-of-work.ts';

/** 24 characters that are nothing but themselves. */
const SECRET = 'S3cretS3cretS3cretS3cret';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

describe('redaction', () => {
  test.for([
    ['a token', `Bearer ${JWT}`, 'Bearer [redacted]'],
    ['a token on its own', `got ${JWT}!`, 'got [redacted]!'],
    ['a token behind a dash', `x-${JWT} y`, 'x-[redacted] y'],
    ['a token behind dots', `a.b.${JWT}.c`, 'a.b.[redacted].c'],
    ['basic credentials', 'got Basic cmVhZGVyOmh1bnRlcjI= x', 'got Basic [redacted] x'],
    ['basic credentials in lower case', 'got basic cmVhZGVyOmh1bnRlcjI= x', 'got basic [redacted] x'],
    ['a bearer in lower case', 'got bearer abcdef123456 x', 'got bearer [redacted] x'],
    ['a bearer of letters alone', `bearer ${'abcdefgh'.repeat(3)}`, 'bearer [redacted]'],
    ['a header', 'authorization: Basic abcdef, next', 'authorization: [redacted] next'],
    ['a header of another scheme', 'Authorization: SharedKey account:c2ln', 'Authorization: [redacted]'],
    ['a password in a form', 'username=reader&password=hunter2&x=1', 'username=reader&password=[redacted]&x=1'],
    ['a password in JSON', '{"user":"a","password":"x","b":1}', '{"user":"a","password":"[redacted]","b":1}'],
    ['a password with quotes in JSON', '{"password": "a\\"b","c":1}', '{"password": "[redacted]","c":1}'],
    [
      'a password in JSON in JSON',
      '"{\\"password\\":\\"x\\\\\\"y\\",\\"b\\":1}"',
      '"{\\"password\\":\\"[redacted]\\",\\"b\\":1}"',
    ],
    ['a password in single quotes', "{'password': 'x y', 'b': 1}", "{'password': '[redacted]', 'b': 1}"],
    ['a password whose quote is cut off', '{"password":"x y', '{"password":"[redacted]'],
    ['a password as a line', 'password: x\nuser: y', 'password: [redacted]\nuser: y'],
    ['a password that begins a sentence', 'password: the-cat', 'password: [redacted]'],
    ['a password that is such a word', 'password=must', 'password=[redacted]'],
    ['a password in an element', '<PASSWORD>hunter2</PASSWORD>', '<PASSWORD>[redacted]</PASSWORD>'],
    ['a setting', 'QUALYS_PASSWORD=hunter2 next', 'QUALYS_PASSWORD=[redacted] next'],
    [
      'a password in a connection string',
      'Server=a;User=b;Pwd=c;Database=d',
      'Server=a;User=b;Pwd=[redacted];Database=d',
    ],
    [
      'a function key',
      'https://a.example/api/x?code=abc123_-%3D%3D&b=1',
      'https://a.example/api/x?code=[redacted]&b=1',
    ],
    ['a function key of letters', '?code=abcdef', '?code=[redacted]'],
    ['a function key in an address in an address', 'to=%3Fcode%3DAbCd12', 'to=%3Fcode%3D[redacted]'],
    ['a signature in an address in an address', 'to=%3Fa%3D1%26sig%3DAbCd12', 'to=%3Fa%3D1%26sig%3D[redacted]'],
    ['a function key as header', 'x-functions-key: x', 'x-functions-key: [redacted]'],
    ['an API key', 'api_key=x apikey=y "api-key":"z"', 'api_key=[redacted] apikey=[redacted] "api-key":"[redacted]"'],
    ['a key in a query', '?key=AIzaSyA1234567&b', '?key=[redacted]&b'],
    ['a client secret', 'client_secret=x&clientSecret=y', 'client_secret=[redacted]&clientSecret=[redacted]'],
    ['a client secret in JSON', '{"clientSecret" : "x"}', '{"clientSecret" : "[redacted]"}'],
    ['tokens by name', 'access_token=x "refresh_token":"y"', 'access_token=[redacted] "refresh_token":"[redacted]"'],
    ['a token by name', 'token=abcdefgh; "token":"x"', 'token=[redacted]; "token":"[redacted]"'],
    ['a signing secret', 'whsec_c2VjcmV0+/=, next', 'whsec_[redacted], next'],
    [
      'a signature of storage',
      'https://a.blob.example/?sv=1&sig=abc%2Fdef&se=2',
      'https://a.blob.example/?sv=1&sig=[redacted]&se=2',
    ],
    [
      'a storage key',
      'AccountName=a;AccountKey=c2VjcmV0==;Endpoint=x',
      'AccountName=a;AccountKey=[redacted];Endpoint=x',
    ],
    [
      'a connection string of a bus',
      'Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=c2Vj=',
      'Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=[redacted]',
    ],
    [
      'a shared access signature',
      'SharedAccessSignature=sv=1&sig=abc',
      'SharedAccessSignature=[redacted]&sig=[redacted]',
    ],
    [
      'a key of telemetry',
      'InstrumentationKey=0000-11;IngestionEndpoint=x',
      'InstrumentationKey=[redacted];IngestionEndpoint=x',
    ],
    ['credentials in a URL', 'at https://reader:p@ss"word@host.example/x', 'at https://[redacted]@host.example/x'],
  ] as const)('takes %s out and leaves the rest', ([, text, clean]) => {
    expect(redact(text)).toBe(clean);
    expect(redact(clean)).toBe(clean);
  });

  test.for([
    'window 20260501T100000Z-20260501T101500Z closed: basic checks passed, bearer of news',
    'Basic authentication is off; Bearer authorization/permission missing. Basic HTTP, BASIC AUTHENTICATION',
    'WWW-Authenticate: Bearer realm="api"',
    'Qualys refuses the account (HTTP 401, code 2000): Bad Login/Password; check QUALYS_USERNAME and QUALYS_PASSWORD, and that it is right',
    'QUALYS_PASSWORD is an unresolved Key Vault reference: check the secret, the vault and the role (Key Vault Secrets User)',
    'ALERT_WEBHOOK_SECRET must be set; password: must be renewed; your password: expired. secret: missing, authorization: denied',
    'code=1905 code=ECONNREFUSED code=InvalidInput&x, "code":"InvalidAuthenticationToken", exit code=137, Code=404;',
    'EDR_TIME_TOKEN=event.eventProcessedTime, VM_PARAMS=ag_ids=5&show_tags=1, token=true, Unexpected token: }, tokens: 12345678',
    'RowKey=0123456789abcdef, PartitionKey:edr-events, key=value, design=5 signal: 7 sig, secrets=3 passwords: 12',
    'https://gateway.qg2.apps.qualys.com/ioc/events/1@2 and //server/share, mail a@b.example',
    'eyJ is no token, eyJhbGciOi.x is none, 1.2.3.4.5, whsec_ + base64',
    "process.arguments: 'net user' and file.path: `C:\\\\Users`",
  ])('leaves ordinary text alone: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  test('takes a secret out wherever its name stands, and a second time changes nothing', () => {
    const before = fc.constantFrom('', 'x ', '{"a":"b",', '?a=1&', 'X_', 'my-', '\n', '((', '\\"');
    const name = fc.constantFrom(
      'password',
      'Client_Secret',
      'api-key',
      'X-FUNCTIONS-KEY',
      'accountKey',
      'access_token',
    );
    const separator = fc.constantFrom('=', ': ', ':', ' = ', '":"', '": "', "':'", '\\":\\"', '%3D', '>');
    const after = fc.constantFrom('', ' y', '"}', '&b=2', ';c', "'", '\\"}', '</x>', '\nz');
    fc.assert(
      fc.property(before, name, separator, after, (...[start, key, between, end]) => {
        const clean = redact(`${start}${key}${between}${SECRET}${end}`);
        expect(clean).not.toContain(SECRET);
        expect(clean).toContain(`${start}${key}${between}[redacted]`);
        expect(redact(clean)).toBe(clean);
      }),
      { numRuns: 500 },
    );
  });

  test('cuts what is longer than 64 KB, and no credential in two', () => {
    const filler = 'word '.repeat(13_106);
    expect(filler).toHaveLength(65_530);
    expect(redact(filler)).toBe(filler);
    const megabyte = redact(`${filler}Bearer ${SECRET}${' more'.repeat(200_000)}`);
    expect(megabyte).toBe(`${filler}…`);
    expect(redact(`${filler}${SECRET}`)).toBe(`${filler}…`);
    expect(redact(SECRET.repeat(5000))).toBe('…');
  });

  test.for([
    ['beginnings of tokens', 'eyJ-'],
    ['tokens without an end', 'eyJaaaa.'],
    ['names', 'password'],
    ['names and backslashes', 'password\\\\\\'],
    ['names and open quotes', 'password="'],
    ['names and escaped quotes', 'password:\\"'],
    ['names and blanks', 'secret   '],
    ['schemes', 'basic '],
    ['schemes in headers', 'authorization: basic '],
    ['slashes', '//'],
    ['addresses without an end', '//a:b'],
    ['questions', '?key='],
    ['dots', 'a.'],
    ['secrets', 'whsec_'],
  ] as const)('reads 64 KB of %s once, not from each of them to the end', ([, unit]) => {
    expect(workBesideWords(unit, redact)).toBeLessThan(50);
  });
});

describe('a log line', () => {
  test('is one JSON object with event and fields, without secrets', () => {
    const lines: string[] = [];
    const keep = (line: string): void => void lines.push(line);
    const log = createLog({ info: keep, warn: keep, error: keep }).with({ stream: 's' });
    log.info('WindowClosed', { rows: 1, gone: undefined, error: 'Bearer abcdef123456\nnext' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('\n');
    expect(JSON.parse(lines[0]!)).toEqual({
      event: 'WindowClosed',
      stream: 's',
      rows: 1,
      error: 'Bearer [redacted]\nnext',
    });
  });

  test('stays JSON where a secret stands in quotes, and where a text is cut', () => {
    const lines: string[] = [];
    const keep = (line: string): void => void lines.push(line);
    createLog({ info: keep, warn: keep, error: keep }).info('X', {
      a: '{"password":"x',
      b: 'word '.repeat(1e5),
      c: 'd',
    });
    const { a, b, c } = JSON.parse(lines[0]!) as Record<string, string>;
    expect(a).toBe('{"password":"[redacted]');
    expect(b).toHaveLength(65_536);
    expect(c).toBe('d');
  });

  test('goes to the invocation that runs, at its level, also behind an await', async () => {
    const at = (): { lines: string[]; target: Parameters<typeof withLogTarget>[0] } => {
      const lines: string[] = [];
      const keep = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
      return { lines, target: { info: keep('info'), warn: keep('warn'), error: keep('error') } };
    };
    const [one, two] = [at(), at()];
    const work = async (name: string): Promise<void> => {
      await Promise.resolve();
      ambientLog.warn('Worked', { name });
      ambientLog.error('Failed', { name });
    };
    await Promise.all([withLogTarget(one.target, () => work('one')), withLogTarget(two.target, () => work('two'))]);
    expect(one.lines).toEqual(['warn {"event":"Worked","name":"one"}', 'error {"event":"Failed","name":"one"}']);
    expect(two.lines).toHaveLength(2);
  });
});

describe('an error’s message', () => {
  test('holds its causes once, without a stack', () => {
    const error = new Error('outer', { cause: new Error('inner', { cause: 'text' }) });
    expect(messageOf(error)).toBe('outer: inner: text');
    expect(messageOf('plain')).toBe('plain');
    expect(messageOf(new Error('the same', { cause: new Error('the same') }))).toBe('the same');
    expect(messageOf(new Error('outer, for inner', { cause: new Error('inner') }))).toBe('outer, for inner');
    expect(messageOf(new Error('outer', { cause: new Error('') }))).toBe('outer');
  });

  test('of a configuration error for the public may be another one', () => {
    expect(new ConfigError('x, given "y"', { publicMessage: 'x' }).publicMessage).toBe('x');
    expect(new ConfigError('x').publicMessage).toBe('x');
  });
});
