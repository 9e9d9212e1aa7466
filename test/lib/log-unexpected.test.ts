import { describe, expect, test } from 'vitest';
import { ConfigError, FatalError, isExpected, RetryableError, WaitError } from '../../src/lib/errors.ts';
import { handle } from '../../src/lib/http/handle.ts';
import { logUnexpected } from '../../src/lib/log-unexpected.ts';
import { call } from '../support/http-app.ts';
import { keptLog, pagedStream, setUp } from '../support/pipeline.ts';

interface Line {
  readonly event: string;
  readonly error?: string;
  readonly stack?: string;
}

const unexpectedIn = (lines: readonly string[]): Line[] =>
  lines.map((line) => JSON.parse(line) as Line).filter(({ event }) => event === 'UnexpectedErrorThrown');

describe('an error that nobody foresaw', () => {
  test('is logged with its stack and those of its causes, once', () => {
    const { log, lines } = keptLog();
    const error = new TypeError('x is not a function', { cause: new Error('inner password=hunter2') });
    for (let time = 0; time < 3; time++) logUnexpected(log, error);
    expect(lines).toHaveLength(1);
    const [line] = unexpectedIn(lines);
    expect(line?.error).toBe('x is not a function: inner password=[redacted]');
    expect(line?.stack).toMatch(/^TypeError: x is not a function\n\s+at .*log-unexpected\.test\.ts:\d+/);
    expect(line?.stack).toMatch(/\ncaused by Error: inner password=\[redacted\]\n\s+at /);
  });

  test('from another place is logged as well, also where it is no error', () => {
    const { log, lines } = keptLog();
    logUnexpected(log, new Error('the same'));
    logUnexpected(log, new Error('the same'));
    logUnexpected(log, 'a text');
    expect(unexpectedIn(lines).map(({ error }) => error)).toEqual(['the same', 'the same', 'a text']);
  });

  test('that is told apart from those thrown on purpose is all that is logged', () => {
    const { log, lines } = keptLog();
    const expected = [
      new ConfigError('a'),
      new RetryableError('b', { cause: new TypeError('fetch failed') }),
      new WaitError('c', 1),
      new FatalError('d'),
    ];
    for (const error of expected) logUnexpected(log, error);
    logUnexpected(log, AbortSignal.abort().reason);
    expect(lines).toEqual([]);
    expect(expected.every(isExpected)).toBe(true);
    expect([new TypeError('x'), 'x', undefined, { isExpected: true }].some(isExpected)).toBe(false);
  });

  test('in a window is logged beside what it does to the window', async () => {
    const { stream, failAt } = pagedStream(1);
    const bench = await setUp(stream);
    const window = await bench.open('2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z');
    failAt.push({ page: 0, error: new RetryableError('foreseen') });
    await bench.process(window);
    expect(unexpectedIn(bench.log.lines)).toEqual([]);
    const error = new TypeError('a bug');
    failAt.push({ page: 0, error }, { page: 0, error });
    for (let attempt = 0; attempt < 2; attempt++) {
      bench.clock.forward(3_600_000);
      await bench.process(window);
    }
    expect(unexpectedIn(bench.log.lines)).toEqual([
      expect.objectContaining({ error: 'a bug', stack: expect.stringContaining('    at ') as string }),
    ]);
    expect(bench.log.events().filter((event) => event === 'PageFetchFailed')).toHaveLength(3);
    expect((await bench.read(window))?.lastError).toBe('a bug');
  });

  test('in a request is logged, and its stack not answered', async () => {
    const lines: string[] = [];
    const broken = handle(() => Promise.reject(new RangeError('a bug in a request')));
    const answered = await call(broken, { onLog: (line) => lines.push(line) });
    expect(answered.status).toBe(500);
    expect(answered.text).not.toContain('a bug');
    expect(unexpectedIn(lines)).toEqual([
      expect.objectContaining({ error: 'a bug in a request', stack: expect.stringContaining('    at ') as string }),
    ]);
  });
});
