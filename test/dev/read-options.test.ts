import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readOptions, wholeNumber } from '../../dev/read-options.ts';
import { UsageError } from '../../dev/usage-error.ts';

const OPTIONS = {
  once: { type: 'boolean', default: false },
  port: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

describe('options', () => {
  test('are read by name, by short name and with their defaults', () => {
    expect(readOptions(OPTIONS, [])).toEqual({ once: false });
    expect(readOptions(OPTIONS, ['--once', '--port', '80', '-h'])).toEqual({ once: true, port: '80', help: true });
    expect(readOptions(OPTIONS, ['--port=-5'])).toMatchObject({ port: '-5' });
  });

  test.for([
    [['--onec'], '--onec is no option: allowed are --once, --port, --help'],
    [['-x'], '-x is no option: allowed are --once, --port, --help'],
    [['--toString'], '--toString is no option: allowed are --once, --port, --help'],
    [['once'], 'once is no option: allowed are --once, --port, --help'],
    [['--', '--once'], '--once is no option: allowed are --once, --port, --help'],
    [['--once=yes'], '--once takes no value, given "yes"'],
    [['--port'], '--port must have a value (--port=-… where it begins with a dash)'],
    [['--port', '--once'], '--port must have a value (--port=-… where it begins with a dash)'],
  ] as const)('%j are refused with what is allowed', ([args, message]) => {
    expect(() => readOptions(OPTIONS, args)).toThrow(new UsageError(message));
  });

  test('fail in no other way, whatever is given', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('--once', '--port', '-h', '-', '--', '--=', '-p'), fc.string())),
        (args) => {
          try {
            readOptions(OPTIONS, args);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        },
      ),
    );
  });
});

describe('a whole number', () => {
  const read = (text: string | undefined) => wholeNumber('PORT', text, { min: 0, max: 65_535, fallback: 7 });

  test('is read; nothing and blanks mean the usual one', () => {
    expect([undefined, '', ' ', '0', ' 80 ', '65535'].map(read)).toEqual([7, 7, 7, 0, 80, 65_535]);
  });

  test.for(['abc', '-1', '65536', '1.5', '1e3', '0x10', '８', '9'.repeat(400)])(
    '%s is refused with what is allowed',
    (text) => {
      const message = `PORT must be a whole number from 0 to 65535, given ${JSON.stringify(text)}`;
      expect(() => read(text)).toThrow(new UsageError(message));
    },
  );
});
