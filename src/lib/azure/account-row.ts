import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../errors.ts';
import { boundAccountTimes, emptyAccountState, type AccountState } from './account-state.ts';
import { openStateRow } from './state-row.ts';
import type { TableClient } from '@azure/data-tables';

/** The row of the account, which all instances share. Methods throw RetryableError when the storage fails. */
export interface AccountRow {
  /** The time that all instances go by, in epoch milliseconds. */
  readonly now: () => number;
  /** The state as it was at most so many milliseconds ago. */
  readonly read: (mostAgeMs: number) => Promise<AccountState>;
  /** Changes the row under its ETag. @returns the state as it is then. */
  readonly write: (change: (state: AccountState) => AccountState) => Promise<AccountState>;
}

/** Apart from the rows of the limits: an older release knows nothing of it, and has no part in it. */
const ROW = 'account';
const MAX_TRIES = 20;

/** Opens the row; nothing is read before it is needed. */
export function openAccountRow(table: () => Promise<TableClient>): AccountRow {
  const row = openStateRow(ROW, emptyAccountState(), table);
  let [known, readAt, skewMs] = [emptyAccountState(), 0, 0];
  let writing: Promise<unknown> = Promise.resolve();
  const now = (): number => Date.now() + skewMs;
  const take = (state: AccountState, skew: number): AccountState => {
    skewMs = skew;
    readAt = Date.now();
    return (known = boundAccountTimes(state, now()));
  };
  const tryToWrite = async (change: (state: AccountState) => AccountState): Promise<AccountState> => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { state, etag, skewMs: skew } = await row.read();
      const before = take(state, skew);
      const next = change(before);
      if (next === before || (await row.store(next, etag))) return take(next, skew);
      await sleep(Math.random() * 30 * (tries + 1));
    }
    throw new RetryableError('storage failed changing the account: too many instances at once', { scope: 'storage' });
  };
  return {
    now,
    read: async (mostAgeMs) => {
      const ageMs = Date.now() - readAt;
      if (ageMs >= 0 && ageMs < mostAgeMs) return known;
      const { state, skewMs: skew } = await row.read();
      return take(state, skew);
    },
    write: (change) => {
      const turn = writing.then(() => tryToWrite(change));
      writing = turn.catch(() => undefined);
      return turn;
    },
  };
}
