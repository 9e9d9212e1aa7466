import { RestError } from '@azure/data-tables';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TABLE_NAMES } from '../../../src/lib/azure/names.ts';
import type { LimiterTiming } from '../../../src/lib/azure/limiter-options.ts';
import type { Storage } from '../../../src/lib/azure/storage.ts';
import { createTableLimiter, type TableLimiter } from '../../../src/lib/azure/table-limiter.ts';
import { OutageError, RetryableError, WaitError } from '../../../src/lib/errors.ts';
import type { Login } from '../../../src/lib/pipeline/account.ts';
import type { Permit, Priority } from '../../../src/lib/pipeline/ports.ts';
import type { ApiName } from '../../../src/lib/pipeline/stream.ts';
import { testStorage, withMethod } from '../../support/storage.ts';

let storage: Storage;
let opened: TableLimiter[] = [];

beforeEach(async () => {
  storage = await testStorage();
  const table = storage.table(TABLE_NAMES.limits);
  await table.createTable();
  for (const row of ['edr', 'vm', 'account']) await table.deleteEntity('limits', row).catch(() => undefined);
});

afterEach(async () => {
  await Promise.all(opened.map((limiter) => limiter.close()));
  opened = [];
});

/** A limiter of its own, as each instance of the app has one. */
function instance(timing: Partial<LimiterTiming> = {}, concurrency = 2, over = storage): TableLimiter {
  const limiter = createTableLimiter(over, { concurrency, reservePercent: 20, timing });
  opened.push(limiter);
  return limiter;
}

/** A storage whose calls are counted, and fail once it is dead. */
function watched(): { storage: Storage; calls: () => number; die: () => void } {
  let [calls, isDead] = [0, false];
  const table: Storage['table'] = (name) => {
    const real = storage.table(name);
    return new Proxy(real, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          calls++;
          if (isDead) return Promise.reject(new Error('this process is dead'));
          return (value as (...all: unknown[]) => unknown).apply(target, given);
        };
      },
    });
  };
  return { storage: { ...storage, table }, calls: () => calls, die: () => void (isDead = true) };
}

/** Tries until there is a permit: what the queue does with an item that has to wait. */
async function acquire(limiter: TableLimiter, priority: Priority = 'live', api: 'edr' | 'vm' = 'edr'): Promise<Permit> {
  for (;;) {
    try {
      return await limiter.acquire(api, priority);
    } catch (error) {
      if (!(error instanceof WaitError) && !(error instanceof RetryableError)) throw error;
    }
  }
}

describe('the row of an API', () => {
  test('keeps what a newer release has added to it, whatever this one changes', async () => {
    const table = storage.table(TABLE_NAMES.limits);
    const limiter = instance();
    (await acquire(limiter)).release();
    const { state } = await table.getEntity<{ state: string }>('limits', 'edr');
    const newer = JSON.stringify({ ...(JSON.parse(state) as object), breaker: { until: 5 } });
    await table.updateEntity({ partitionKey: 'limits', rowKey: 'edr', state: newer }, 'Replace');
    const other = instance();
    const permit = await acquire(other);
    other.observe('edr', { concurrencyLimit: 2, rateLimit: 300, rateRemaining: 200, rateWindowSeconds: 3600 });
    await other.pause('edr', 10, 'told so');
    permit.release();
    await other.close();
    const after = await table.getEntity<{ state: string }>('limits', 'edr');
    expect(JSON.parse(after.state)).toMatchObject({ breaker: { until: 5 }, pauseReason: 'told so' });
  });
});

describe('several instances', () => {
  test('together never make more calls at once than allowed, and all get their turn', async () => {
    const instances = Array.from({ length: 3 }, () => instance({ turnMs: 1000, idleMs: 50 }, 3));
    let [inUse, most, done] = [0, 0, 0];
    const work = async (limiter: TableLimiter, index: number): Promise<void> => {
      for (let call = 0; call < 2; call++) {
        const permit = await acquire(limiter, index % 3 === 0 ? 'backfill' : 'live');
        inUse++;
        most = Math.max(most, inUse);
        await sleep(5 + Math.random() * 20);
        inUse--;
        permit.release();
      }
      done++;
    };
    await Promise.all(instances.flatMap((limiter) => Array.from({ length: 8 }, (_, index) => work(limiter, index))));
    expect(done).toBe(24);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
  });

  test('that ask at the same moment get no more permits than there are', async () => {
    const instances = Array.from({ length: 4 }, () => instance({ patienceMs: 1 }, 1));
    const asked = await Promise.allSettled(instances.map((limiter) => limiter.acquire('edr', 'live')));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('have a limit for each API', async () => {
    const [one, two] = [instance(), instance()];
    await acquire(one);
    await acquire(two);
    await acquire(one, 'live', 'vm');
    await acquire(two, 'live', 'vm');
    expect((await one.view('edr')).inUse).toBe(2);
    expect((await one.view('vm')).inUse).toBe(2);
    await expect(two.acquire('vm', 'live')).rejects.toBeInstanceOf(WaitError);
  });

  test('take over what another one gives back at its end', async () => {
    const [one, two] = [instance(), instance()];
    await acquire(one);
    await acquire(one);
    await one.close();
    await acquire(two);
    expect((await two.view('edr')).inUse).toBe(1);
  });

  test('take over what another one no longer needs', async () => {
    const [one, two] = [instance({ idleMs: 50 }, 1), instance({}, 1)];
    (await acquire(one)).release();
    await acquire(two);
    expect((await two.view('edr')).inUse).toBe(1);
  });

  test('hand permits over when one is busy without a pause', async () => {
    const [busy, other] = [instance({ turnMs: 50 }, 1), instance({}, 1)];
    let isDone = false;
    const loop = async (): Promise<void> => {
      while (!isDone) {
        const permit = await acquire(busy);
        await sleep(10);
        permit.release();
      }
    };
    const loops = [loop(), loop()];
    await sleep(100);
    (await acquire(other)).release();
    isDone = true;
    await Promise.all(loops);
  });
});

describe('a process that died', () => {
  test('loses its permits after the lease, not before', async () => {
    const dead = watched();
    const leaseMs = 1500;
    const doomed = instance({ leaseMs }, 1, dead.storage);
    await acquire(doomed);
    const startedAt = Date.now();
    dead.die();
    const other = instance({ patienceMs: 200, freshMs: 50 }, 1);
    await expect(other.acquire('edr', 'live')).rejects.toBeInstanceOf(WaitError);
    await acquire(other);
    expect(Date.now() - startedAt).toBeGreaterThan(leaseMs * 0.8);
    expect((await other.view('edr')).inUse).toBe(1);
  });

  test('is told apart from one that is busy for longer than a lease', async () => {
    const busy = instance({ leaseMs: 600, idleMs: 50 }, 1);
    const other = instance({ patienceMs: 200, freshMs: 50 }, 1);
    const permit = await acquire(busy);
    const until = Date.now() + 1500;
    while (Date.now() < until) await expect(other.acquire('edr', 'live')).rejects.toBeInstanceOf(WaitError);
    permit.release();
    await acquire(other);
  });
});

test('an instance that stood still for longer than its lease goes on without the permit that another one has now', async () => {
  const slow = instance({ leaseMs: 200, idleMs: 60_000, patienceMs: 1 }, 1);
  (await acquire(slow)).release();
  const permit = await acquire(instance({}, 1));
  await expect(slow.acquire('edr', 'live')).rejects.toBeInstanceOf(WaitError);
  permit.release();
});

describe('priorities', () => {
  test('live windows go before backfills, also when these came first and wait elsewhere', async () => {
    const [one, two] = [instance({ turnMs: 0 }, 1), instance({ turnMs: 0 }, 1)];
    const first = await acquire(one);
    const order: string[] = [];
    const wait = async (limiter: TableLimiter, priority: 'live' | 'backfill'): Promise<void> => {
      const permit = await acquire(limiter, priority);
      order.push(priority);
      await sleep(20);
      permit.release();
    };
    const waiting = [wait(one, 'backfill'), wait(one, 'backfill'), wait(two, 'backfill')];
    await sleep(200);
    waiting.push(wait(one, 'live'), wait(two, 'live'));
    await sleep(500);
    first.release();
    await Promise.all(waiting);
    expect(order.slice(0, 2)).toEqual(['live', 'live']);
    expect(order).toHaveLength(5);
  });

  test('enrichment goes after live windows and before backfills', async () => {
    const limiter = instance({ turnMs: 0 }, 1);
    const first = await acquire(limiter);
    const order: Priority[] = [];
    const wait = async (priority: Priority): Promise<void> => {
      const permit = await acquire(limiter, priority);
      order.push(priority);
      await sleep(20);
      permit.release();
    };
    const waiting = [wait('backfill'), wait('enrichment')];
    await sleep(100);
    waiting.push(wait('live'));
    await sleep(100);
    first.release();
    await Promise.all(waiting);
    expect(order).toEqual(['live', 'enrichment', 'backfill']);
  });

  test('enrichment waits for a permit a moment at most, and says how long to stay away', async () => {
    const limiter = instance({ patienceMs: 200 }, 1);
    await acquire(limiter);
    await expect(limiter.acquire('edr', 'enrichment')).rejects.toBeInstanceOf(WaitError);
  });

  test('a person waits for neither permits nor pauses', async () => {
    const limiter = instance({}, 1);
    await acquire(limiter);
    await limiter.pause('edr', 60_000, '1965');
    (await limiter.acquire('edr', 'interactive')).release();
    expect((await limiter.view('edr')).inUse).toBe(1);
  });
});

describe('a pause', () => {
  test('holds on all instances within a moment, and says how long and why', async () => {
    const [one, two] = [instance({ freshMs: 100 }), instance({ freshMs: 100 })];
    (await acquire(two)).release();
    await one.pause('edr', 60_000, '1965 limit reached');
    await expect(one.acquire('edr', 'live')).rejects.toThrow('1965 limit reached');
    await sleep(110);
    const error = await two.acquire('edr', 'live').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WaitError);
    expect((error as WaitError).retryAfterMs).toBeGreaterThan(58_000);
    await acquire(two, 'live', 'vm');
  });

  test('is never shortened by a later one, and ends by itself', async () => {
    const limiter = instance();
    await limiter.pause('edr', 600, 'long');
    const { pausedUntil } = await limiter.view('edr');
    await limiter.pause('edr', 10, 'short');
    await instance().pause('edr', 20, 'short');
    expect(await limiter.view('edr')).toMatchObject({ pausedUntil, pauseReason: 'long' });
    await expect(limiter.acquire('edr', 'live')).rejects.toThrow('long');
    await sleep(620);
    await acquire(limiter);
  });
});

describe('an instance whose clock is a week ahead', () => {
  const WEEK_MS = 7 * 86_400_000;
  const now = Date.now;
  const withClockAhead = async (run: () => Promise<unknown>): Promise<void> => {
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + WEEK_MS);
    try {
      await run();
    } finally {
      clock.mockRestore();
    }
  };
  const aheadMs = (time: string | null | undefined): number => Date.parse(time ?? '') - Date.now();

  test('pauses the others for as long as it was told, and waits no longer itself', async () => {
    const [ahead, other] = [instance(), instance()];
    await withClockAhead(async () => {
      await ahead.pause('edr', 60_000, '1965');
      const error = await ahead.acquire('edr', 'live').catch((thrown: unknown) => thrown);
      expect((error as WaitError).retryAfterMs).toBeLessThanOrEqual(61_000);
    });
    const { pausedUntil } = await other.view('edr');
    expect(aheadMs(pausedUntil)).toBeGreaterThan(55_000);
    expect(aheadMs(pausedUntil)).toBeLessThanOrEqual(61_000);
  });

  test('takes the pause of another one for what it is', async () => {
    const [ahead, other] = [instance(), instance()];
    await other.pause('edr', 60_000, '1965');
    await withClockAhead(async () => {
      const error = await ahead.acquire('edr', 'live').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ message: '1965' });
      expect((error as WaitError).retryAfterMs).toBeGreaterThan(55_000);
    });
  });

  test('tells the budget as seen now', async () => {
    const [ahead, other] = [instance(), instance()];
    await withClockAhead(async () => {
      // Of a call of a person: nothing was read of the row before.
      ahead.observe('edr', { rateLimit: 300, rateRemaining: 0, rateWindowSeconds: 3600 });
      await ahead.close();
    });
    const error = await other.acquire('edr', 'live').catch((thrown: unknown) => thrown);
    expect((error as WaitError).message).toContain('call budget is spent');
    expect((error as WaitError).retryAfterMs).toBeLessThanOrEqual(14_000);
  });

  test('shares permits with the others', async () => {
    const [ahead, other] = [instance({}, 1), instance({ patienceMs: 300 }, 1)];
    await withClockAhead(() => acquire(ahead));
    await expect(other.acquire('edr', 'live')).rejects.toThrow('no permit is free');
    await withClockAhead(async () => expect((await ahead.view('edr')).inUse).toBe(1));
  });

  test('leaves no pause or budget behind that lasts: what was stored is put right once, for all', async () => {
    const table = storage.table(TABLE_NAMES.limits);
    const week = Date.now() + WEEK_MS;
    const rates = { rateLimit: 300, rateRemaining: 0, rateWindowSeconds: 3600, rateSeenAt: week };
    const stored = { pausedUntil: week, pauseMs: 60_000, pauseReason: '1965', ...rates };
    await table.createEntity({ partitionKey: 'limits', rowKey: 'edr', state: JSON.stringify(stored) });
    const first = await instance().view('edr');
    expect(aheadMs(first.pausedUntil)).toBeLessThanOrEqual(60_000);
    expect(aheadMs(first.budget?.seenAt)).toBeLessThanOrEqual(0);
    await sleep(50);
    expect(await instance().view('edr')).toEqual(first);
  });
});

describe('the vendor’s limits', () => {
  test('of calls at once are learnt and hold on all instances', async () => {
    const [one, two] = [instance({ freshMs: 50 }, 4), instance({ freshMs: 50, patienceMs: 300 }, 4)];
    const permit = await acquire(one);
    one.observe('edr', { concurrencyLimit: 1 });
    await expect.poll(async () => (await two.view('edr')).permits).toBe(1);
    await expect(two.acquire('edr', 'live')).rejects.toBeInstanceOf(WaitError);
    permit.release();
  });

  test('that fall below what is held let the rest finish, then hold', async () => {
    const limiter = instance({ idleMs: 50, patienceMs: 400 }, 4);
    const permits = await Promise.all(Array.from({ length: 4 }, () => acquire(limiter)));
    limiter.observe('edr', { concurrencyLimit: 2 });
    let [inUse, most, done, isStopped] = [0, 0, 0, false];
    // Workers that wait without a gap, as a full queue has them.
    const loops = Array.from({ length: 6 }, async () => {
      while (!isStopped) {
        const permit = await acquire(limiter);
        inUse++;
        most = Math.max(most, inUse);
        await sleep(5);
        inUse--;
        done++;
        permit.release();
      }
    });
    await sleep(50);
    permits.forEach((permit) => permit.release());
    const until = Date.now() + 3000;
    while (done < 20 && Date.now() < until) await sleep(20);
    isStopped = true;
    await Promise.all(loops);
    expect(done).toBeGreaterThanOrEqual(20);
    expect(most).toBe(2);
  });

  test('of calls an hour stop backfills at the reserve on all instances', async () => {
    const [one, two] = [instance({ idleMs: 50 }), instance({ freshMs: 50 })];
    const permit = await acquire(one);
    one.observe('edr', { rateLimit: 300, rateRemaining: 30, rateWindowSeconds: 3600 });
    permit.release();
    await expect(one.acquire('edr', 'backfill')).rejects.toThrow(/call budget is spent \(30 of 300/);
    await expect.poll(async () => (await two.view('edr')).budget?.left).toBe(30);
    await expect(two.acquire('edr', 'backfill')).rejects.toBeInstanceOf(WaitError);
    await acquire(two, 'live');
  });
});

describe('within one process', () => {
  test('permits pass from worker to worker without storage calls', async () => {
    const counted = watched();
    const limiter = instance({ freshMs: 10_000, idleMs: 5000 }, 2, counted.storage);
    (await acquire(limiter)).release();
    const before = counted.calls();
    const startedAt = Date.now();
    let done = 0;
    const work = async (): Promise<void> => {
      for (let call = 0; call < 50; call++) {
        const permit = await acquire(limiter);
        await sleep(1);
        permit.release();
        done++;
      }
    };
    await Promise.all([work(), work(), work()]);
    expect(done).toBe(150);
    // One more permit has to be fetched, which is a read and a write.
    expect(counted.calls() - before).toBeLessThanOrEqual(6);
    expect(Date.now() - startedAt).toBeLessThan(3000);
  });

  test('a worker that asks again at once does not keep those who wait from their turn', async () => {
    const limiter = instance({}, 1);
    const calls = [0, 0, 0];
    let isDone = false;
    const work = async (worker: number): Promise<void> => {
      while (!isDone) {
        const permit = await acquire(limiter);
        calls[worker]! += 1;
        await sleep(1);
        permit.release();
        isDone ||= calls[worker]! >= 60;
      }
    };
    await Promise.all([work(0), work(1), work(2)]);
    expect(Math.min(...calls)).toBeGreaterThan(20);
  });

  test('a permit given back twice counts once', async () => {
    const limiter = instance({ patienceMs: 200 }, 1);
    const first = await acquire(limiter);
    first.release();
    const second = await acquire(limiter);
    first.release();
    await expect(limiter.acquire('edr', 'live')).rejects.toBeInstanceOf(WaitError);
    second.release();
  });

  test('a worker that is told to stop does not wait', async () => {
    const limiter = instance({}, 1);
    await acquire(limiter);
    const stop = new AbortController();
    const waiting = limiter.acquire('edr', 'live', stop.signal);
    stop.abort(new Error('claim lost'));
    await expect(waiting).rejects.toThrow('claim lost');
  });

  test('storage that does not answer is a passing fault', async () => {
    const dead = watched();
    const limiter = instance({}, 1, dead.storage);
    dead.die();
    await expect(limiter.acquire('edr', 'live')).rejects.toThrow();
  });
});

describe('what an answer has told of the budget', () => {
  const told = { rateLimit: 300, rateRemaining: 200, rateWindowSeconds: 3600 };

  test('is known here at once, and to all with what is changed next', async () => {
    const [one, two] = [instance({ freshMs: 0 }), instance({ freshMs: 0 })];
    one.observe('edr', told);
    expect((await one.view('edr')).budget).toMatchObject({ limit: 300, left: 200 });
    expect((await two.view('edr')).budget).toBeNull();
    (await one.acquire('edr', 'live')).release();
    expect((await two.view('edr')).budget).toMatchObject({ limit: 300, left: 200 });
  });
});

test('a look that failed is made by whoever comes next, however short ago the row was read', async () => {
  let isDown = false;
  const over = withMethod(storage, 'getEntity', (table) => (...given) => {
    if (isDown) return Promise.reject(new RestError('down', { statusCode: 503 }));
    return table.getEntity(...given) as never;
  });
  const one = instance({ freshMs: 60_000 }, 2, over);
  await one.view('edr');
  await instance().pause('edr', 60_000, 'told so');
  isDown = true;
  await expect(one.view('edr')).rejects.toThrow(RetryableError);
  isDown = false;
  await expect(one.acquire('edr', 'live')).rejects.toThrow(WaitError);
});

test('a limit that others change without a pause is given up on, as a fault of the storage', async () => {
  const conflict = () => Promise.reject(new RestError('changed', { statusCode: 412 }));
  const busy = withMethod(
    withMethod(storage, 'updateEntity', () => conflict),
    'createEntity',
    () => conflict,
  );
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  try {
    await expect(instance({}, 1, busy).pause('edr', 1000, 'why')).rejects.toMatchObject({
      name: 'RetryableError',
      scope: 'storage',
    });
  } finally {
    random.mockRestore();
  }
});

describe('a person’s try of a login', () => {
  const login = (user: string, renew: () => Promise<boolean> = () => Promise.resolve(false)): Login => {
    return { user, digest: `of ${user}`, settings: ['QUALYS_USERNAME', 'QUALYS_PASSWORD'], renew };
  };
  const refuse = async (limiter: TableLimiter, user: string): Promise<void> => {
    const turn = await limiter.account.enter('vm', login(user), { priority: 'live' });
    await turn.refused({ error: 'Qualys refuses the account (HTTP 401)', isBare: true });
  };
  const withLogins = (logins: Partial<Record<ApiName, Login>>): TableLimiter => {
    const find = (api: ApiName) => Promise.resolve(logins[api]!);
    const limiter = createTableLimiter(storage, { concurrency: 2, reservePercent: 20, login: find });
    opened.push(limiter);
    return limiter;
  };

  test('lets out the one that is kept back, of whichever API', async () => {
    const limiter = withLogins({ vm: login('reader') });
    expect(await limiter.grantLogin(['edr', 'vm'])).toBe('not-needed');
    await refuse(limiter, 'reader');
    expect(await limiter.view('vm')).toMatchObject({ account: { error: 'Qualys refuses the account (HTTP 401)' } });
    await expect(limiter.account.enter('vm', login('reader'), { priority: 'live' })).rejects.toThrow('401');
    expect(await limiter.grantLogin(['edr'])).toBe('not-needed');
    expect(await limiter.grantLogin(['edr', 'vm'])).toBe('granted');
    await limiter.account.enter('vm', login('reader'), { priority: 'live' });
  });

  test('is not needed where there is a newer secret, which is tried by itself', async () => {
    const logins: Partial<Record<ApiName, Login>> = {};
    const force: unknown[] = [];
    logins.vm = login('old', (...given: unknown[]) => {
      force.push(...given);
      logins.vm = login('new');
      return Promise.resolve(true);
    });
    const limiter = withLogins(logins);
    await refuse(limiter, 'old');
    expect(await limiter.grantLogin(['vm'])).toBe('not-needed');
    expect(force).toEqual([true]);
    await limiter.account.enter('vm', login('new'), { priority: 'live' });
  });

  test('is not needed where nobody logs in', async () => {
    expect(await instance().grantLogin(['edr', 'vm'])).toBe('not-needed');
  });
});

test('the end of an instance gives back its own permits alone', async () => {
  const [one, two, three] = [instance(), instance(), instance({ patienceMs: 200 })];
  await one.acquire('edr', 'live');
  await two.acquire('edr', 'live');
  await one.close();
  await three.acquire('edr', 'live');
  await expect(three.acquire('edr', 'live')).rejects.toThrow('no permit is free');
});

describe('a route that does not answer', () => {
  const DETECTIONS = 'vm/detections';
  const down = new RetryableError('Qualys failed (HTTP 503)', { scope: 'route' });

  test('keeps the callers of all instances away, but for people and other routes', async () => {
    const [one, two] = [instance(), instance()];
    expect(await one.routes.failed(DETECTIONS, down)).toMatchObject({ isNew: true });
    expect(await two.routes.isOut(DETECTIONS)).toBe(true);
    await expect(two.acquire('vm', 'live', undefined, DETECTIONS)).rejects.toThrow('vm/detections as it should since');
    await expect(two.acquire('vm', 'enrichment', undefined, DETECTIONS)).rejects.toBeInstanceOf(OutageError);
    (await two.acquire('vm', 'live', undefined, 'vm/ids')).release();
    (await two.acquire('vm', 'interactive', undefined, DETECTIONS)).release();
    expect((await two.view('vm')).outages).toMatchObject([{ route: DETECTIONS, error: down.message }]);
    expect((await two.view('edr')).outages).toEqual([]);
  });

  test('is open to all instances again once it has answered one of them', async () => {
    const [one, two] = [instance({ freshMs: 0 }), instance({ freshMs: 0 })];
    await one.routes.failed(DETECTIONS, down);
    await expect(two.routes.enter(DETECTIONS)).rejects.toBeInstanceOf(OutageError);
    expect(await two.routes.answered(DETECTIONS, Date.now())).toBeGreaterThanOrEqual(0);
    await one.routes.enter(DETECTIONS);
    expect((await one.view('vm')).outages).toEqual([]);
    expect(await two.routes.answered(DETECTIONS, Date.now())).toBeUndefined();
  });

  test('is tried by one caller once it is due; the permit of another one is free for other routes', async () => {
    const limiter = instance({ freshMs: 0, patienceMs: 300 });
    await limiter.routes.failed(DETECTIONS, down);
    const table = storage.table(TABLE_NAMES.limits);
    const { state } = await table.getEntity<{ state: string }>('limits', 'vm');
    const known = JSON.parse(state) as { outage: object };
    const due = JSON.stringify({ ...known, outage: { ...known.outage, nextAt: 0 } });
    await table.updateEntity({ partitionKey: 'limits', rowKey: 'vm', state: due }, 'Replace');
    const tries = await Promise.allSettled([1, 2].map(() => limiter.acquire('vm', 'live', undefined, DETECTIONS)));
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(tries.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { name: 'OutageError' } });
    await limiter.acquire('vm', 'live', undefined, 'vm/ids');
  });

  test('does not hold a permit that its callers did not use', async () => {
    const limiter = instance({}, 1);
    await limiter.routes.failed(DETECTIONS, down);
    await expect(limiter.acquire('vm', 'live', undefined, DETECTIONS)).rejects.toBeInstanceOf(OutageError);
    (await limiter.acquire('vm', 'live', undefined, 'vm/ids')).release();
  });
});
