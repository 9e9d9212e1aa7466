import { describe, expect, test } from 'vitest';
import { ConfigError, messageOf } from '../../src/lib/errors.ts';
import { ambientLog, createLog, redact, withLogTarget } from '../../src/lib/log.ts';

describe('redaction', () => {
  test.for([
    ['a token', 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', /eyJ|c2ln/],
    ['a token on its own', 'got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!', /eyJ|c2ln/],
    ['basic credentials', 'authorization: Basic cmVhZGVyOmh1bnRlcjI=', /cmVh/],
    ['a password in a form', 'username=reader&password=hunter2&x=1', /hunter2/],
    ['a signature of storage', 'https://a.blob.core.windows.net/?sv=1&sig=abc%2Fdef&se=2', /abc/],
    ['a storage key', 'AccountName=a;AccountKey=c2VjcmV0;Endpoint=x', /c2VjcmV0/],
  ] as const)('takes %s out and leaves the rest', ([, text, secret]) => {
    const clean = redact(text);
    expect(clean).not.toMatch(secret);
    expect(clean).toContain('[redacted]');
  });

  test('leaves ordinary text alone', () => {
    const text = 'window 20260501T100000Z-20260501T101500Z closed: basic checks passed, bearer of news';
    expect(redact(text)).toBe(text);
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
  });

  test('of a configuration error for the public may be another one', () => {
    expect(new ConfigError('x, given "y"', { publicMessage: 'x' }).publicMessage).toBe('x');
    expect(new ConfigError('x').publicMessage).toBe('x');
  });
});
