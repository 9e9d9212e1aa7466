import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { followPace } from '../../../../src/lib/qualys/call/body-pace.ts';

const LIMITS = { firstPartMs: 300_000, idleTimeoutMs: 120_000 };

interface Part {
  readonly afterMs: number;
  readonly bytes: number;
}

/** Lets a body come in: what is said when it is given up, and after how long; undefined when it comes to its end. */
function play(parts: Iterable<Part>, limits = LIMITS): { late: string; afterMs: number } | undefined {
  const pace = followPace(limits);
  let afterMs = 0;
  for (const part of parts) {
    const { limitMs, late } = pace.next();
    if (part.afterMs > limitMs) return { late, afterMs: afterMs + limitMs };
    afterMs += part.afterMs;
    pace.note(part.afterMs, part.bytes);
  }
  return undefined;
}

function* endless(part: Part): Generator<Part> {
  for (;;) yield part;
}

describe('a body', () => {
  test('may take minutes for its first byte, whatever the limit between parts', () => {
    expect(play([{ afterMs: 299_000, bytes: 1 }])).toBeUndefined();
    expect(play([{ afterMs: 300_001, bytes: 1 }])).toEqual({
      late: 'stopped sending for 300 s after the headers of an answer',
      afterMs: 300_000,
    });
  });

  test('may not stop', () => {
    expect(
      play([
        { afterMs: 0, bytes: 1e6 },
        { afterMs: 120_001, bytes: 1 },
      ]),
    ).toEqual({
      late: 'stopped sending for 120 s in the middle of an answer',
      afterMs: 120_000,
    });
  });

  test('may not trickle, even if it stopped for no moment', () => {
    for (const bytes of [1, 10, 15]) {
      const given = play(endless({ afterMs: 1000, bytes }));
      expect(given?.late).toMatch(/^sent only \d+ bytes in 240 s in the middle of an answer$/);
      expect(given?.afterMs).toBeLessThan(500_000);
    }
  });

  test('that flows is not cut, however large and slow its parts', () => {
    const part = fc.record({ afterMs: fc.nat(100_000), bytes: fc.integer({ min: 4096, max: 1e9 }) });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        expect(play(parts)).toBeUndefined();
      }),
    );
    // A gigabyte in fourteen minutes.
    const flow = Array.from({ length: 14 * 60 }, () => ({ afterMs: 1000, bytes: 1_300_000 }));
    expect(play(flow)).toBeUndefined();
  });

  test('ends at last: any of them is given up within twenty minutes and the time for its first byte', () => {
    const part = fc.record({ afterMs: fc.integer({ min: 1, max: 200_000 }), bytes: fc.nat(1e6) });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 20 }), (parts) => {
        function* again(): Generator<Part> {
          for (;;) yield* parts;
        }
        expect(play(again())?.afterMs).toBeLessThanOrEqual(300_000 + 20 * 60_000);
      }),
      { numRuns: 20 },
    );
    // Without a pause that a timer would see.
    expect(play(endless({ afterMs: 1, bytes: 100 }))?.afterMs).toBe(900_001);
    expect(play(endless({ afterMs: 1, bytes: 0 }))?.afterMs).toBe(240_001);
    expect(play(endless({ afterMs: 1000, bytes: 1_000_000 }))).toEqual({
      late: 'was still sending an answer after 900 s, 901000000 bytes so far: smaller pages (VM_TRUNCATION_LIMIT, EDR_PAGE_SIZE) end sooner',
      afterMs: 901_000,
    });
  });
});
