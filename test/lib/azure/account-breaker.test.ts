import { describe, expect, test } from 'vitest';
import { createAccountBreaker, type AccountBreaker } from '../../../src/lib/azure/account-breaker.ts';
import type { AccountRow } from '../../../src/lib/azure/account-row.ts';
import { emptyAccountState, LEASE_MS } from '../../../src/lib/azure/account-state.ts';
import { AccountError, RetryableError, WaitError } from '../../../src/lib/errors.ts';
import type { Login, LoginTurn } from '../../../src/lib/pipeline/account.ts';
import type { ApiName } from '../../../src/lib/pipeline/stream.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-05-01T12:00:00Z');
const CODED = { error: 'Qualys refuses the account (HTTP 401, code 2000)', isBare: false };
const BARE = { error: 'Qualys refuses the account (HTTP 401)', isBare: true };

function loginWith(secret = 'hunter2-secret'): Login {
  return {
    user: 'reader',
    digest: `digest of ${secret.slice(0, 3)}`,
    settings: ['QUALYS_USERNAME', 'QUALYS_PASSWORD'],
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
  const row: AccountRow = {
    now: () => time,
    read: (ageMs) => Promise.resolve(state).finally(() => (ageMs === Number.POSITIVE_INFINITY ? undefined : guard())),
    write: (change) => Promise.resolve().then(() => (guard(), (state = change(state)))),
  };
  const open = (place: number): AccountBreaker =>
    createAccountBreaker({
      row,
      holders: () => 1,
      freshMs: 0,
      patienceMs: 0,
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
    const both = await Promise.all([world.enter('vm', 0), world.enter('vm', 1)]);
    expect(both).toHaveLength(2);
  });

  test('is tried again when the call that tried it told nothing', async () => {
    const world = openInstances();
    await (await world.enter()).ended();
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
    await refuseAll(world, 20, ['edr']);
    world.later(30 * MINUTE);
    await (await world.enter('vm')).accepted();
    expect(world.recovered).toEqual([]);
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
  const [early, other] = [await world.enter('vm', 0), await world.enter('vm', 1)];
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
