import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { TABLE_NAMES } from './names.ts';
import type { Storage } from './storage.ts';
import { getEntity, openTable } from './table-entities.ts';

/** An entity that nobody writes: what counts is the head of the answer. */
const NOBODY = 'clock';
/** `Date` tells whole seconds. */
const RESOLUTION_MS = 1000;
/** Clocks that are kept in step differ by less. */
const TOLERANCE_MS = 1000;

/**
 * Reads the clock of the storage service, which all instances share, from the `Date` of an answer; undefined when it tells none.
 * @throws RetryableError when the storage fails.
 */
export function createStorageClock(storage: Storage): () => Promise<Date | undefined> {
  const inTable = openTable(storage, TABLE_NAMES.watermarks);
  return () =>
    inTable('reading its clock', async (table) => {
      let date: Date | undefined;
      await getEntity(table, NOBODY, NOBODY, { onResponse: (answer) => void (date = dateOf(answer)) });
      return date;
    });
}

/** The time at which the storage answered, where it says so. */
export function dateOf({ headers }: Pick<PipelineResponse, 'headers'>): Date | undefined {
  const date = new Date(headers.get('date') ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/**
 * How far the storage's clock is ahead of ours, in milliseconds: as little as fits with its time, told at some moment between our two.
 * 0 where clocks are in step, so that times within a second stay exact.
 */
export function skewOf(date: Date | undefined, sentAt: number, receivedAt: number): number {
  if (date === undefined) return 0;
  const least = date.getTime() - receivedAt;
  const most = date.getTime() + RESOLUTION_MS - sentAt;
  if (least > TOLERANCE_MS) return least;
  return most < -TOLERANCE_MS ? most : 0;
}
