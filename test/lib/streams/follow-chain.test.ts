import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { followChain, startOver, type ChainCursor, type ChainPage } from '../../../src/lib/streams/follow-chain.ts';

/** A vendor: what it gives for a cursor and a size, at the call of this number. */
type Vendor = (after: string | undefined, size: number, call: number) => { records: number[]; after?: string };

interface End {
  readonly kind: 'end' | 'broken' | 'never';
  readonly reason: string;
  readonly received: Set<number>;
  readonly calls: number;
  readonly chain: ChainCursor;
}

const SIZE = 10;

/** Reads a chain to its end as a stream does, storing its cursor after each page. */
function read(vendor: Vendor, start: ChainCursor = { page: 0 }, received = new Set<number>(), most = 2000): End {
  let chain = start;
  for (let calls = 1; calls <= most; calls++) {
    const { proof = 0 } = chain;
    const { records, after } = vendor(chain.after, proof > 0 ? proof : SIZE, calls);
    const before = received.size;
    for (const record of records) received.add(record);
    const page: ChainPage = {
      records: records.length,
      fresh: received.size - before,
      ...(after === undefined ? {} : { after }),
    };
    const step = followChain(chain, page);
    if (step.kind !== 'page') {
      return { kind: step.kind, reason: step.kind === 'broken' ? step.reason : '', received, calls, chain };
    }
    chain = JSON.parse(JSON.stringify(step.next)) as ChainCursor;
  }
  return { kind: 'never', reason: '', received, calls: most, chain };
}

/** Records 0 to n - 1 in pages of at most `cap`; a cursor is the number of the record before. */
function honest(n: number, cap = SIZE, namesLast = true): Vendor {
  return (after, size) => {
    const first = after === undefined ? 0 : Number(after) + 1;
    const end = Math.min(n, first + Math.min(size, cap));
    const records = Array.from({ length: Math.max(0, end - first) }, (_, turn) => first + turn);
    const isNamed = records.length > 0 && (namesLast || end < n);
    return { records, ...(isNamed ? { after: String(end - 1) } : {}) };
  };
}

/** The same, but at these calls the header is lost. */
function losing(vendor: Vendor, lost: (call: number) => boolean): Vendor {
  return (after, size, call) => {
    const { records, ...rest } = vendor(after, size, call);
    return lost(call) ? { records } : { records, ...rest };
  };
}

describe('a page that names no next one', () => {
  test.for<[string, ChainCursor, Pick<ChainPage, 'records' | 'fresh'>, object]>([
    ['is asked for again where it is the first', { page: 0 }, { records: 1, fresh: 0 }, { proof: 0 }],
    [
      'is asked for again behind a proof, where it brings something new',
      { page: 2, isBehindProof: true },
      { records: 1, fresh: 1 },
      { proof: 0 },
    ],
    [
      'is doubted where it is full although one less was asked for',
      { page: 2, proof: 3 },
      { records: 3, fresh: 0 },
      { proof: 2, isDoubted: true },
    ],
    ['is not doubted where it is shorter', { page: 2, proof: 3 }, { records: 2, fresh: 0 }, { proof: 1 }],
    ['is not doubted where all were asked for again', { page: 2, proof: 0 }, { records: 2, fresh: 0 }, { proof: 1 }],
  ])('%s', ([, chain, page, next]) => {
    const { isBehindProof } = chain;
    const kept = isBehindProof === undefined ? {} : { isBehindProof };
    expect(followChain(chain, page)).toEqual({
      kind: 'page',
      next: { page: chain.page + 1, reach: page.fresh, ...kept, ...next },
    });
  });
});

test('a page that brings nothing new is no sign of a circle as far as the chain had come before', () => {
  const again = (walked: number) =>
    followChain({ page: 5, walked, reach: 30 }, { records: 10, fresh: 0, after: 'next' });
  expect(again(10)).toMatchObject({ kind: 'page', next: { stale: 0 } });
  expect(again(25)).toMatchObject({ kind: 'page', next: { stale: 1 } });
});

test('a page is behind a proof only where the one before was asked for again', () => {
  const page = { records: 10, fresh: 10, after: 'next' };
  expect(followChain({ page: 0 }, page)).not.toHaveProperty('next.isBehindProof');
  expect(followChain({ page: 1, proof: 9 }, page)).toHaveProperty('next.isBehindProof', true);
});

describe('a chain of pages', () => {
  test('is received whole, whatever the pages’ size, and wherever single headers get lost', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.integer({ min: 1, max: 15 }),
        fc.boolean(),
        fc.integer({ min: 2, max: 9 }),
        fc.nat(8),
        (n, cap, namesLast, everySo, offset) => {
          const isLost = (call: number): boolean => call % everySo === offset % everySo;
          const vendor = losing(honest(n, cap, namesLast), isLost);
          const { kind, received } = read(vendor);
          expect(received.size === n || kind === 'broken').toBe(true);
          const once = read(losing(honest(n, cap, namesLast), (call) => call === offset));
          expect([once.kind, once.received.size]).toEqual(['end', n]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('costs one call more than its pages where the vendor names each next one, two where it does not name an end', () => {
    expect(read(honest(0)).calls).toBe(1);
    expect(read(honest(34)).calls).toBe(5);
    expect(read(honest(30)).calls).toBe(4);
    expect(read(honest(34, SIZE, false)).calls).toBe(6);
    expect(read(honest(7, SIZE, false)).calls).toBe(3);
    expect(read(honest(1, SIZE, false)).calls).toBe(2);
  });

  test('that never names a next page is not taken for a short one', () => {
    const { kind, reason } = read(losing(honest(30), () => true));
    expect([kind, reason]).toEqual(['broken', 'Qualys names no next page, although there are more records']);
  });

  test('is proven to have ended although a record goes while it is proven', () => {
    let n = 10;
    const going: Vendor = (after, size, call) => honest((n -= call === 2 ? 1 : 0), SIZE, false)(after, size, call);
    expect(read(going).kind).toBe('end');
  });

  test('goes on behind one empty page with a cursor', () => {
    const gap: Vendor = (after, size, call) =>
      call === 2 ? { records: [], after: `${after ?? ''}.0` } : honest(25)(after?.replace('.0', ''), size, call);
    expect(read(gap)).toMatchObject({ kind: 'end', received: new Set(Array.from({ length: 25 }, (_, n) => n)) });
  });

  test('ends with an empty page that names the same cursor again', () => {
    const stuck: Vendor = (after, size, call) => {
      const { records, ...rest } = honest(15)(after, size, call);
      return { records, ...(records.length === 0 && after !== undefined ? { after } : rest) };
    };
    expect(read(stuck).kind).toBe('end');
  });
});

describe('a chain in a circle', () => {
  /** Pages 0, 1, 2 …, of which those from `tail` on come again and again. */
  const circle =
    (
      tail: number,
      length: number,
      nameOf: (page: number, call: number) => string,
      recordsOf = (page: number) => [page],
    ) =>
    (after: string | undefined, _: number, call: number) => {
      const page = after === undefined ? 0 : Number(after.split('~')[0]);
      const next = page + 1 >= tail + length ? tail : page + 1;
      return { records: recordsOf(page), after: nameOf(next, call) };
    };

  test('is broken two pages behind its last news, by the same cursors or always other ones', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 30 }), fc.boolean(), (tail, length, isFresh) => {
        const { kind, calls } = read(
          circle(tail, length, (page, call) => (isFresh ? `${page}~${call}` : String(page))),
        );
        expect(kind).toBe('broken');
        expect(calls).toBeLessThanOrEqual(tail + length + 2);
      }),
    );
  });

  test('is broken even though each of its pages brings something new', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 30 }), (tail, length) => {
        let record = 0;
        const { kind, calls, reason } = read(circle(tail, length, String, () => [record++]));
        expect(kind).toBe('broken');
        expect(reason).toMatch(/circle|same cursor twice/);
        expect(calls).toBeLessThanOrEqual(3 * (tail + length) + 4);
      }),
    );
  });

  test('of empty pages is broken at once', () => {
    expect(read(circle(0, 2, String, () => [])).calls).toBe(2);
  });

  test('is found again after it started over, without reading much more, and read to its end once it has one', () => {
    const first = read(circle(3, 2, String));
    const second = read(circle(3, 2, String), startOver(first.chain), first.received);
    expect(second.kind).toBe('broken');
    expect(second.calls).toBeLessThanOrEqual(first.calls + 1);
    const whole = read(honest(200), startOver(second.chain), new Set(second.received));
    expect([whole.kind, whole.received.size]).toEqual(['end', 200]);
  });

  test('is not seen where a chain that starts over repeats what is known, in smaller pages and with documents twice', () => {
    const twice: Vendor = (after, size, call) => {
      const { records, ...rest } = honest(60)(after, size, call);
      return { records: records.map((record) => record >> 1), ...rest };
    };
    const first = read(twice, { page: 0 }, new Set(), 5);
    const smaller: Vendor = (after, size, call) => twice(after, Math.min(size, 3), call);
    const again = read(smaller, startOver(first.chain), first.received);
    expect([again.kind, again.received.size]).toEqual(['end', 30]);
  });

  test('whose page says itself that none follows has ended, records or not', () => {
    const page = { fresh: 0, isLast: true };
    expect(followChain({ page: 0 }, { ...page, records: 7 })).toEqual({ kind: 'end' });
    expect(followChain({ page: 3, after: 'b', walked: 30 }, { ...page, records: 0 })).toEqual({ kind: 'end' });
    expect(followChain({ page: 0 }, { ...page, records: 7, after: 'c' })).toMatchObject({ kind: 'page' });
  });

  test('carries what a page told to the next one, while a page is asked for again what the one before told', () => {
    const carriedBy = (chain: ChainCursor, page: ChainPage) => {
      const step = followChain(chain, page);
      return step.kind === 'page' ? step.next.carry : step.kind;
    };
    const page = { records: 10, fresh: 10 };
    expect(carriedBy({ page: 0, carry: 'a' }, { ...page, after: '1', carry: 'b' })).toBe('b');
    expect(carriedBy({ page: 0, carry: 'a' }, { ...page, after: '1' })).toBeUndefined();
    expect(carriedBy({ page: 0, carry: 'a' }, { ...page, carry: 'b' })).toBe('a');
    expect(startOver({ page: 4, carry: 'a' })).toEqual({ page: 0, reach: 0 });
  });
});
