import { expect, test } from 'vitest';
import { describeError } from '../../dev/describe-error.ts';
import { HostError } from '../../dev/host/host-error.ts';
import { UsageError } from '../../dev/usage-error.ts';
import { ConfigError, RetryableError } from '../../src/lib/errors.ts';
import { runApp } from './host-test-app.ts';

test('an error that was thrown on purpose is described by its message, any other by its stack', () => {
  const cause = new Error('why');
  for (const error of [
    new UsageError('a', { cause }),
    new HostError('a', { cause }),
    new ConfigError('a', { cause }),
  ]) {
    expect(describeError(error)).toBe('a: why');
  }
  expect(describeError(new RetryableError('b'))).toBe('b');
  expect(describeError(Object.assign(new Error('listen EADDRINUSE'), { syscall: 'listen' }))).toBe('listen EADDRINUSE');
  expect(describeError(new TypeError('c'))).toMatch(/^TypeError: c\n\s+at /);
  expect(describeError('d')).toBe('d');
});

test('the local host logs an expected error of the app without a stack, whichever copy of its class the app has', async () => {
  const { logged, runTimer } = await runApp(`
    class Expected extends Error {}
    Object.defineProperty(Expected.prototype, 'isExpected', { value: true });
    app.timer('expected', { schedule: '0 0 0 1 1 *', handler: async () => { throw new Expected('settings are wrong'); } });
    app.timer('bug', { schedule: '0 0 0 1 1 *', handler: async () => { throw new TypeError('a bug'); } });
  `);
  await expect(runTimer('expected')).rejects.toThrow('settings are wrong');
  await expect(runTimer('bug')).rejects.toThrow('a bug');
  const failed = logged.filter(({ level }) => level === 'error').map(({ message }) => message);
  expect(failed[0]).toMatch(/^Executed 'Functions\.expected' \(Failed, .*\) settings are wrong$/);
  expect(failed[1]).toMatch(/^Executed 'Functions\.bug' \(Failed, .*\) TypeError: a bug\n\s+at /);
});
