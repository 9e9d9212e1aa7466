import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClaimLostError, RetryableError } from '../../../src/lib/errors.ts';
import { takeClaim } from '../../../src/lib/pipeline/claim.ts';
import { newWindow } from '../../../src/lib/pipeline/new-window.ts';
import type { WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { createMemoryStore } from '../../faults/memory-store.ts';
import { keptLog } from '../../support/pipeline.ts';

const LEASE_MS = 60_000;
const WINDOW = { stream: 'edr-events', run: 'live', from: '2026-05-01T10:00:00Z', to: '2026-05-01T10:15:00Z' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'], now: new Date('2026-05-01T12:00:00Z') });
});

afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A window in a store that counts what is written, and fails while `fault` is set. */
async function setUp() {
  const memory = createMemoryStore();
  const faulty: { fault?: Error | undefined; writes: number } = { writes: 0 };
  const store: typeof memory = {
    ...memory,
    saveWindow: async (record, ledger) => {
      faulty.writes++;
      if (faulty.fault !== undefined) throw faulty.fault;
      await memory.saveWindow(record, ledger);
    },
  };
  await store.insertWindows([newWindow(WINDOW, new Date())]);
  const stored = (): WindowRecord => store.windowsOf(WINDOW.stream, WINDOW.run)[0]!;
  const log = keptLog();
  const options = { store, log: log.log, clock: { now: () => new Date() }, leaseMs: LEASE_MS };
  return {
    faulty,
    stored,
    log,
    take: (owner: string, record = stored()) => takeClaim(record, { ...options, owner }),
    isHeld: (): boolean => Date.parse(stored().claim?.until ?? '') > Date.now(),
  };
}

describe('a claim', () => {
  test('lasts as long as its worker lives, renewed once in a third of its lease', async () => {
    const { faulty, take, isHeld } = await setUp();
    const claim = await take('first');
    for (let second = 0; second < 600; second += 5) {
      await pass(5000);
      expect(isHeld()).toBe(true);
    }
    expect(claim?.signal.aborted).toBe(false);
    expect(() => claim?.throwIfLost()).not.toThrow();
    // The first one, and thirty in ten minutes.
    expect(faulty.writes).toBe(31);
  });

  test('is not renewed where the worker has just stored something', async () => {
    const { faulty, take } = await setUp();
    const claim = await take('first');
    await pass(15_000);
    await claim?.save();
    await pass(15_000);
    expect(faulty.writes).toBe(2);
  });

  test('ends for its worker as soon as it finds another one in the window, and it writes no more', async () => {
    const { faulty, stored, take } = await setUp();
    const first = await take('first');
    const second = await take('second');
    await pass(LEASE_MS / 3);
    expect(first?.signal.reason).toBeInstanceOf(ClaimLostError);
    expect(second?.signal.aborted).toBe(false);
    const { writes } = faulty;
    await expect(first?.save()).rejects.toBeInstanceOf(ClaimLostError);
    expect(faulty.writes).toBe(writes);
    expect(stored().claim?.owner).toBe('second');
  });

  test('that cannot be renewed is tried again, and is whole once it could', async () => {
    const { faulty, take, isHeld, log } = await setUp();
    const claim = await take('first');
    faulty.fault = new RetryableError('the storage is out');
    await pass(40_000);
    expect(log.events()).toEqual(['ClaimRenewError', 'ClaimRenewError', 'ClaimRenewError']);
    expect(claim?.signal.aborted).toBe(false);
    faulty.fault = undefined;
    await pass(10_000);
    expect(isHeld()).toBe(true);
    await pass(LEASE_MS);
    expect(claim?.signal.aborted).toBe(false);
  });

  test('that could not be renewed for its whole lease is lost, not before', async () => {
    const { faulty, take } = await setUp();
    const claim = await take('first');
    faulty.fault = new RetryableError('the storage is out');
    await pass(LEASE_MS);
    expect(() => claim?.throwIfLost()).not.toThrow();
    await pass(LEASE_MS / 6);
    expect(claim?.signal.reason).toBeInstanceOf(ClaimLostError);
    faulty.fault = undefined;
    await expect(claim?.save()).rejects.toBeInstanceOf(ClaimLostError);
  });

  test('is not renewed once it was given back, which waits for what is being written', async () => {
    const { faulty, stored, take } = await setUp();
    const claim = await take('first');
    const writing = claim?.save();
    const before = stored().etag;
    await claim?.stop();
    expect(stored().etag).not.toBe(before);
    await writing;
    await pass(10 * LEASE_MS);
    expect(faulty.writes).toBe(2);
  });

  test('is none where another worker was faster; a storage that fails is another matter', async () => {
    const { faulty, stored, take } = await setUp();
    const seen = stored();
    await take('first');
    expect(await take('second', seen)).toBeUndefined();
    faulty.fault = new RetryableError('the storage is out');
    await expect(take('third')).rejects.toThrow('the storage is out');
  });
});
