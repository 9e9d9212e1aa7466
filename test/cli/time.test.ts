import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInstant, parseSpan } from '../../cli/time.ts';

const NOW = Date.parse('2026-05-08T12:34:56.789Z');

describe('an instant', () => {
  test.for([
    ['2026-04-01T00:00:00Z', '2026-04-01T00:00:00Z'],
    ['2026-04-01T02:00:00+02:00', '2026-04-01T00:00:00Z'],
    ['2026-04-01T00:00Z', '2026-04-01T00:00:00Z'],
    ['2026-04-01T00:00:00.999Z', '2026-04-01T00:00:00Z'],
    ['2026-04-01', '2026-04-01T00:00:00Z'],
    [' 2026-04-01 ', '2026-04-01T00:00:00Z'],
    ['now', '2026-05-08T12:34:56Z'],
    ['7d', '2026-05-01T12:34:56Z'],
    ['24h', '2026-05-07T12:34:56Z'],
    ['90m', '2026-05-08T11:04:56Z'],
    ['2w', '2026-04-24T12:34:56Z'],
  ] as const)('%s is %s', ([text, instant]) => {
    expect(parseInstant(text, NOW)).toBe(instant);
  });

  test.for(['', 'yesterday', '2026-02-30', '2026-13-01', '7', '7y', '-7d', '7 d', '2026-04-01 00:00', '1e3d', '١d'])(
    'is not %j, and the error names what is',
    (text) => {
      expect(() => parseInstant(text, NOW)).toThrow(/2026-04-01T00:00:00Z.*7d|span such as/);
    },
  );

  test('without a zone is refused, because whose noon it is nobody knows', () => {
    expect(() => parseInstant('2026-04-01T12:00:00', NOW)).toThrow(/Add Z for UTC/);
  });

  test('is refused or a whole second that the connector takes, whatever is given', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.date({ noInvalidDate: true }).map(String),
          fc.nat().map((days) => `${days}d`),
        ),
        (text) => {
          try {
            return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(parseInstant(text, NOW));
          } catch (error) {
            return error instanceof Error && error.message.length > 20;
          }
        },
      ),
    );
  });
});

test('a span is a number and a unit', () => {
  expect(['45s', '15m', '24h', '7d', '2w'].map(parseSpan)).toEqual([
    45_000, 900_000, 86_400_000, 604_800_000, 1_209_600_000,
  ]);
  for (const text of ['', '5', 's', '1.5h', '5 m', '100000d']) expect(() => parseSpan(text)).toThrow(/such as 45s/);
});
