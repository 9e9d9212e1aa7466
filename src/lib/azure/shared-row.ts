import type { TableClient } from '@azure/data-tables';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../errors.ts';
import { dateOf, skewOf } from './storage-clock.ts';
import { attempt, unlessBeaten } from './storage-errors.ts';
import { getEntity, putEntity } from './table-entities.ts';

/** A row of the limits, which all instances share. Its methods throw RetryableError when the storage fails. */
export interface SharedRow<T> {
  /** The time that all instances go by, in epoch milliseconds. */
  readonly now: () => number;
  /** The state as it was at most so many milliseconds ago. */
  readonly read: (mostAgeMs: number) => Promise<T>;
  /**
   * Changes the row under its ETag; one change at a time in this process, made anew when another instance was faster.
   * @returns the state as it is then.
   */
  readonly write: (change: (state: T) => T) => Promise<T>;
}

const MAX_TRIES = 20;

/**
 * Opens a row; nothing is read before it is needed. What a newer release has added to its state stays in it. Its times are by the clock of
 * the storage service: by its own, an instance whose clock is days ahead would stop all the others for days.
 * @param empty the state of a row that is not there.
 * @param bound gives each state that is read with its times as far ahead as they can be.
 */
export function openSharedRow<T extends object>(
  open: () => Promise<TableClient>,
  key: string,
  empty: T,
  bound: (state: T, now: number) => T = (state) => state,
): SharedRow<T> {
  let [known, readAt, skewMs] = [empty, 0, 0];
  let writing: Promise<unknown> = Promise.resolve();
  const now = (): number => Date.now() + skewMs;

  const read = (): Promise<{ readonly stored: T; readonly etag: string | undefined }> =>
    attempt('reading the limits', async () => {
      const table = await open();
      const sentAt = Date.now();
      let date: Date | undefined;
      const entity = await getEntity(table, 'limits', key, { onResponse: (answer) => void (date = dateOf(answer)) });
      skewMs = skewOf(date, sentAt, Date.now());
      const stored = { ...empty, ...(JSON.parse((entity?.state as string | undefined) ?? '{}') as T) };
      return { stored, etag: entity?.etag };
    });
  const store = (state: T, etag: string | undefined): Promise<string | undefined> =>
    attempt('changing the limits', async () => {
      const entity = { partitionKey: 'limits', rowKey: key, state: JSON.stringify(state) };
      return unlessBeaten(putEntity(await open(), entity, etag));
    });
  const take = (state: T): T => {
    readAt = Date.now();
    return (known = bound(state, now()));
  };
  const tryToWrite = async (change: (state: T) => T): Promise<T> => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { stored, etag } = await read();
      const next = change(bound(stored, now()));
      if (isDeepStrictEqual(next, stored) || (await store(next, etag)) !== undefined) return take(next);
      await sleep(Math.random() * 30 * (tries + 1));
    }
    throw new RetryableError('storage failed changing the limits: too many instances at once', { scope: 'storage' });
  };
  return {
    now,
    read: async (mostAgeMs) => {
      const ageMs = Date.now() - readAt;
      // A clock that was put back makes it the future: then the row is read as well.
      return ageMs >= 0 && ageMs < mostAgeMs ? known : take((await read()).stored);
    },
    write: (change) => {
      const turn = writing.then(() => tryToWrite(change));
      writing = turn.catch(() => undefined);
      return turn;
    },
  };
}
