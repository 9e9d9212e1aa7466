import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAccountBreaker, type AccountBreaker } from '../../../src/lib/azure/account-breaker.ts';
import { emptyAccountState, LEASE_MS, type AccountState } from '../../../src/lib/azure/account-state.ts';
import { AccountError, RetryableError, WaitError } from '../../../src/lib/errors.ts';
import type { SharedRow } from '../../../src/lib/azure/shared-row.ts';
import type { Login, LoginTurn } from '../../../src/lib/pipeline/account.ts';
import type { ApiName } from '../../../src/lib/pipeline/stream.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-05-01T12:00:00Z');
const CODED = { error: 'Qualys refuses the account (HTTP 401, code 2000)', isBare: false };
const BARE = { error: 'Qualys refuses the account (HTTP 401)', isBare: true };

function loginWith(secret = 'hunter2-secret', renew: Login['renew'] = () => Promise.resolve(false)): Login {
  return {
    user: 'reader',
    digest: `digest of ${secret.slice(0, 3)}`,
    settings: ['QUALYS_USERNAME', 'QUALYS_PASSWORD'],
    renew,
  };
}

/** Instances that share one row and one clock, which stands still until it is moved. */
function openInstances(count = 2) {
  let time = START;
  let state = emptyAccountState();
  const storage = { isDown: false };
  const recovered: number[] = [];
  const guard = (): void => {
    if (storage.isDown) throw new RetryableError('storage failed', { scope: 'storage' });
  };
  const row: SharedRow<AccountState> = {
    now: () => time,
    read: (ageMs) => Promise.resolve(state).finally(() => (ageMs === Number.POSITIVE_INFINITY ? undefined : guard())),
    write: (change) => Promise.resolve().then(() => (guard(), (state = change(state)))),
  };
  const open = (place: number): AccountBreaker =>
    createAccountBreaker({
      row,
      freshMs: 0,
      patienceMs: 0,
      longPatienceMs: 0,
      onRecovered: () => Promise.resolve(void recovered.push(place)),
    });
  const instances = Array.from({ length: count }, (_, place) => open(place));
  return {
    instances,
    row: () => JSON.stringify(state),
    storage,
    recovered,
    later: (milliseconds: number) => void (time += milliseconds),
    enter: (api: ApiName = 'vm', place = 0, secret = 'hunter2-secret') => {
      return (instances[place] ?? instances[0]!).enter(api, loginWith(secret), { priority: 'live' });
    },
    view: (api: ApiName, secret = 'hunter2-secret') => instances[0]!.view(api, loginWith(secret)),
  };
}

type World = ReturnType<typeof openInstances>;

/** Tries all it may for so long, an attempt a minute, and refuses each login. @returns when the logins went out, in minutes. */
async function refuseAll(world: World, minutes: number, apis: readonly ApiName[] = ['vm'], refusal = CODED) {
  const sent: number[] = [];
  for (let minute = 0; minute <= minutes; minute++) {
    for (const api of apis) {
      const turn = await world.enter(api, minute % 2).catch((error: unknown) => error);
      if (turn instanceof AccountError) continue;
      sent.push(minute);
      await (turn as LoginTurn).refused(refusal);
    }
    world.later(MINUTE);
  }
  return sent;
}

describe('a refused secret', () => {
  test('is tried at once, after ten minutes and after two hours, then no more', async () => {
    const world = openInstances();
    expect(await refuseAll(world, 26 * 60)).toEqual([0, 10, 130]);
    await expect(world.enter()).rejects.toThrow(
      'Qualys refuses the account for the VM API since 2026-05-01T12:00:00.000Z (refused logins: 3)',
    );
    await expect(world.enter()).rejects.toThrow('none is tried until QUALYS_USERNAME or QUALYS_PASSWORD changes');
    expect(await world.view('vm')).toEqual({
      refusedSince: '2026-05-01T12:00:00.000Z',
      refusals: 3,
      error: CODED.error,
    });
  });

  test('is tried three times in all by both APIs', async () => {
    const world = openInstances();
    expect(await refuseAll(world, 26 * 60, ['edr', 'vm'])).toEqual([0, 0, 120]);
    await expect(world.enter('edr')).rejects.toThrow(AccountError);
    await expect(world.enter('vm')).rejects.toThrow(AccountError);
  });

  test('is tried again after six hours and then daily where nothing but a bare 401 came', async () => {
    const world = openInstances();
    expect(await refuseAll(world, 4 * 24 * 60, ['vm'], BARE)).toEqual([
      0,
      10,
      130,
      130 + 360,
      130 + 360 + 1440,
      130 + 360 + 2 * 1440,
      130 + 360 + 3 * 1440,
    ]);
  });

  test('tells when it is tried next, and waits no longer than five minutes to look', async () => {
    const world = openInstances();
    const error = await (await world.enter()).refused(CODED);
    expect(error.message).toContain('the next one is tried at 2026-05-01T12:10:00.000Z');
    expect(error.retryAfterMs).toBe(5 * MINUTE);
    world.later(9 * MINUTE);
    await expect(world.enter()).rejects.toMatchObject({ retryAfterMs: MINUTE });
    expect(await world.view('vm')).toMatchObject({ refusals: 1, nextTryAt: '2026-05-01T12:10:00.000Z' });
  });

  test('gives way to a new one, which is tried at once, and whose success tells that windows may go on', async () => {
    const world = openInstances();
    await refuseAll(world, 150);
    const turn = await world.enter('vm', 1, 'new-secret');
    await turn.accepted();
    expect(world.recovered).toEqual([1]);
    await (await world.enter('vm', 0, 'new-secret')).accepted();
    expect(world.recovered).toEqual([1]);
    expect(await world.view('vm', 'new-secret')).toBeUndefined();
    // Whoever shows the status need not know the new one.
    expect(await world.view('vm')).toBeUndefined();
    await expect(world.enter('vm', 0)).rejects.toThrow(AccountError);
  });

  test('stands nowhere in the row, nor does its user', async () => {
    const world = openInstances();
    await (await world.enter()).refused({ ...CODED, error: 'echoed password=hunter2-secret' });
    expect(world.row()).not.toMatch(/hunter2|reader/);
  });
});

describe('a secret that nobody knows to work', () => {
  test('is tried by one alone; the others wait', async () => {
    const world = openInstances();
    const turn = await world.enter('vm', 0);
    await expect(world.enter('vm', 1)).rejects.toThrow(WaitError);
    await expect(world.enter('edr', 1)).rejects.toThrow(WaitError);
    await turn.accepted();
    await (await world.enter('edr', 1)).accepted();
  });

  test('is tried again when the call that tried it told nothing', async () => {
    const world = openInstances();
    await (await world.enter()).ended(true);
    await (await world.enter('vm', 1)).accepted();
    expect(await world.view('vm')).toBeUndefined();
  });

  test('is tried by another one when the first has died, and that try counts', async () => {
    const world = openInstances();
    await world.enter('vm', 0);
    await expect(world.enter('vm', 1)).rejects.toThrow(WaitError);
    world.later(LEASE_MS + 1);
    expect(await refuseAll(world, DAY / MINUTE)).toEqual([0, 10]);
  });

  test('is tried alone again after ten minutes of silence', async () => {
    const world = openInstances();
    await (await world.enter()).accepted();
    world.later(11 * MINUTE);
    await world.enter('vm', 0);
    await expect(world.enter('vm', 1)).rejects.toThrow(WaitError);
  });
});

describe('a secret that works', () => {
  test('lets calls go out one after the other, and beside those that have no answer for a second', async () => {
    const world = openInstances(4);
    await (await world.enter()).accepted();
    await (await world.enter('vm', 1)).accepted();
    world.later(1001);
    await world.enter('vm', 2);
    await expect(world.enter('vm', 3)).rejects.toThrow(WaitError);
    world.later(1001);
    await world.enter('vm', 3);
  });

  test('lets calls of less than a second go side by side, as long as one was just accepted', async () => {
    const world = openInstances(4);
    await (await world.enter('vm', 0)).accepted();
    world.later(900);
    const first = await world.enter('vm', 1);
    await world.enter('vm', 2);
    world.later(300);
    await expect(world.enter('vm', 3)).rejects.toThrow(WaitError);
    await first.accepted();
    await world.enter('vm', 3);
  });

  test('has three logins out at the most, whoever makes them, so that no more are refused when it dies', async () => {
    const world = openInstances(5);
    await (await world.enter()).accepted();
    const out: LoginTurn[] = [];
    for (const place of [0, 1, 2]) {
      out.push(await world.enter('vm', place));
      world.later(1001);
    }
    await expect(world.enter('vm', 3)).rejects.toThrow(WaitError);
    await expect(world.enter('edr', 4)).rejects.toThrow(WaitError);
    for (const turn of out) await turn.refused(CODED);
    await expect(world.enter('edr', 4)).rejects.toThrow(AccountError);
    world.later(DAY);
    await expect(world.enter('vm', 3)).rejects.toThrow(AccountError);
  });

  test('leaves one of the three to the other API, which works, while its own have no answer', async () => {
    const world = openInstances(4);
    await (await world.enter('vm')).accepted();
    const out: LoginTurn[] = [];
    for (const place of [0, 1]) {
      out.push(await world.enter('edr', place));
      world.later(LEASE_MS);
    }
    await expect(world.enter('edr', 2)).rejects.toThrow(WaitError);
    for (const turn of out) await turn.refused(CODED);
    await (await world.enter('vm', 3)).refused(CODED);
    world.later(DAY);
    for (const api of ['vm', 'edr'] as const) await expect(world.enter(api)).rejects.toThrow(AccountError);
  });

  test('is tried alone where a process has died at its login', async () => {
    const world = openInstances(3);
    await (await world.enter()).accepted();
    await world.enter('vm', 1);
    world.later(LEASE_MS + 1);
    const alone = await world.enter('vm', 0);
    world.later(2000);
    await expect(world.enter('vm', 2)).rejects.toThrow(WaitError);
    await alone.accepted();
    await world.enter('vm', 2);
    // And then all goes on as before: the next one needs not wait for that.
    world.later(1001);
    await world.enter('vm', 0);
  });
});

test('a refused secret is not tried again where there is a newer one', async () => {
  const world = openInstances();
  await (await world.enter()).refused(CODED);
  world.later(11 * MINUTE);
  const renewed = loginWith('hunter2-secret', () => Promise.resolve(true));
  const [instance] = world.instances;
  await expect(instance!.enter('vm', renewed, { priority: 'live' })).rejects.toThrow('a newer secret');
  await instance!.grant('vm', renewed);
  await expect(instance!.enter('vm', renewed, { priority: 'live' })).rejects.toThrow('a newer secret');
});

test('a login without an answer counts as refused where the secret was refused in words', async () => {
  const world = openInstances();
  await (await world.enter()).refused(CODED);
  world.later(11 * MINUTE);
  await (await world.enter()).ended(false);
  await expect(world.enter()).rejects.toThrow(AccountError);
  world.later(3 * HOUR);
  await (await world.enter()).ended(true);
  await (await world.enter()).ended(false);
  world.later(DAY);
  await expect(world.enter()).rejects.toThrow(AccountError);
});

test('whoever has an old secret looks again within a minute once others use a newer one', async () => {
  const world = openInstances();
  await refuseAll(world, 150);
  await expect(world.enter()).rejects.toMatchObject({ retryAfterMs: 5 * MINUTE });
  await (await world.enter('vm', 1, 'new-secret')).accepted();
  await expect(world.enter()).rejects.toMatchObject({ retryAfterMs: 61_000 });
});

/** A vendor that counts as one that locks does, and instances whose calls take their time. */
test('no more than three logins are refused in a row, whoever calls, dies or loses its storage', async () => {
  const step = fc.record({
    api: fc.constantFrom<ApiName>('vm', 'vm', 'edr'),
    place: fc.nat(5),
    end: fc.constantFrom('answer', 'answer', 'answer', 'death', 'outage'),
    endsAfter: fc.nat(6),
    waitMs: fc.constantFrom(0, 10, 1001, 5000, LEASE_MS, 11 * MINUTE, 3 * HOUR),
    isStorageDown: fc.constantFrom(false, false, false, false, true),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), fc.nat(30), async (steps, diesAt) => {
      const world = openInstances(6);
      let out: { turn: LoginTurn; at: number; until: number; end: string; isRight: boolean }[] = [];
      let refused = 0;
      // A call that has no answer for so long is given up.
      const longestMs = 300_000;
      let time = 0;
      const conclude = async ({ turn, end, isRight }: (typeof out)[number]): Promise<void> => {
        if (end === 'death') return;
        if (end === 'outage') await turn.ended(false);
        else if (isRight) await turn.accepted();
        else await turn.refused(CODED);
      };
      for (const [index, { api, place, end, endsAfter, waitMs, isStorageDown }] of steps.entries()) {
        world.storage.isDown = isStorageDown;
        // What an instance could not store it stores before its next login, which is refused, and soon by itself.
        if (!isStorageDown) for (const instance of world.instances) await instance.view('vm', undefined);
        const isRight = index < diesAt;
        const turn = await world.enter(api, place).catch(() => undefined);
        // The vendor looks at a login once it has it, and may be slow to tell.
        if (turn !== undefined && !isRight && end === 'answer') refused++;
        if (turn !== undefined) out.push({ turn, at: index + endsAfter, until: time + longestMs, end, isRight });
        time += waitMs;
        const isOver = ({ at, until }: (typeof out)[number]): boolean => at <= index || until < time;
        for (const each of out.filter(isOver)) await conclude(each);
        out = out.filter((each) => !isOver(each));
        world.later(waitMs);
      }
      expect(refused).toBeLessThanOrEqual(3);
    }),
    { numRuns: 400 },
  );
});

describe('one API’s refusal', () => {
  test('stops the other until its own next login, whose success sets the two apart and names what to check', async () => {
    const world = openInstances();
    await (await world.enter('edr')).refused(CODED);
    world.later(MINUTE);
    await (await world.enter('vm')).accepted();
    for (let turn = 0; turn < 5; turn++) {
      await (await world.enter('vm')).accepted();
      world.later(30 * MINUTE);
    }
    expect(await world.view('vm')).toBeUndefined();
    const view = await world.view('edr');
    expect(view?.error).toContain('the same account works on the VM API, so check QUALYS_GATEWAY_URL');
  });

  test('never stops the other within an hour after that has worked', async () => {
    const world = openInstances();
    await (await world.enter('vm')).accepted();
    world.later(MINUTE);
    await refuseAll(world, 20, ['edr']);
    for (let press = 0; press < 2; press++) {
      await world.instances[0]!.grant('edr', loginWith());
      await (await world.enter('edr')).refused(CODED);
    }
    expect(await world.view('edr')).toMatchObject({ refusals: 4 });
    expect(await world.view('vm')).toBeUndefined();
    world.later(30 * MINUTE);
    await (await world.enter('vm')).accepted();
    expect(world.recovered).toEqual([]);
  });

  test('leaves the other its one login, however long that takes to come', async () => {
    const world = openInstances();
    await (await world.enter('vm')).accepted();
    world.later(MINUTE);
    expect(await refuseAll(world, 12 * 60, ['edr'])).toEqual([0, 10]);
    expect(await world.view('vm')).toBeUndefined();
    await (await world.enter('vm')).accepted();
    // Now the two are apart, and each has its own tries.
    await (await world.enter('edr')).refused(CODED);
    await expect(world.enter('edr')).rejects.toThrow(AccountError);
  });

  test('that keeps the other from trying is said to be that one’s', async () => {
    const world = openInstances();
    await refuseAll(world, 150, ['edr']);
    await expect(world.enter('vm')).rejects.toThrow(
      'Qualys refuses the account for the EDR API since 2026-05-01T12:00:00.000Z (refused logins: 3), and none is tried on the VM API: ',
    );
    expect(await world.view('vm')).toMatchObject({ heldBy: 'edr', refusals: 3 });
    expect(await world.view('edr')).not.toHaveProperty('heldBy');
  });

  test('gives way once the other has recovered: one try', async () => {
    const world = openInstances();
    await refuseAll(world, 130, ['edr', 'vm']);
    await expect(world.enter('vm')).rejects.toThrow(AccountError);
    world.later(DAY);
    await world.instances[0]!.grant('vm', loginWith());
    await (await world.enter('vm')).accepted();
    expect(world.recovered).toHaveLength(1);
    await (await world.enter('edr')).refused(CODED);
    await expect(world.enter('edr')).rejects.toThrow(AccountError);
    await (await world.enter('vm')).accepted();
  });
});

test('an answer to a call that went out before the refusal proves nothing', async () => {
  const world = openInstances();
  await (await world.enter()).accepted();
  const early = await world.enter('vm', 0);
  world.later(1000);
  const other = await world.enter('vm', 1);
  world.later(1000);
  await other.refused(CODED);
  await early.accepted();
  await expect(world.enter()).rejects.toThrow(AccountError);
});

describe('a storage that fails', () => {
  test('lets no login out', async () => {
    const world = openInstances();
    world.storage.isDown = true;
    await expect(world.enter()).rejects.toThrow('storage failed');
  });

  test('loses no refusal: it is stored before the next login of the process', async () => {
    const world = openInstances();
    const turn = await world.enter();
    world.storage.isDown = true;
    await turn.refused(CODED);
    await expect(world.enter()).rejects.toThrow('storage failed');
    world.storage.isDown = false;
    await expect(world.enter()).rejects.toThrow(AccountError);
    expect(await world.view('vm')).toMatchObject({ refusals: 1 });
  });
});

describe('a person’s try', () => {
  const login = loginWith();

  test('lets one login out at once, three times an hour', async () => {
    const world = openInstances();
    await refuseAll(world, 130);
    for (let press = 0; press < 3; press++) {
      expect(await world.instances[1]!.grant('vm', login)).toBe('granted');
      await (await world.enter()).refused(CODED);
      await expect(world.enter()).rejects.toThrow(AccountError);
      world.later(MINUTE);
    }
    await expect(world.instances[1]!.grant('vm', login)).rejects.toMatchObject({ retryAfterMs: HOUR - 3 * MINUTE });
    world.later(HOUR);
    expect(await world.instances[1]!.grant('vm', login)).toBe('granted');
  });

  test('grants nothing where nothing is refused', async () => {
    const world = openInstances();
    await (await world.enter()).accepted();
    expect(await world.instances[0]!.grant('vm', login)).toBe('not-needed');
    expect(world.row()).not.toContain('any');
  });
});
